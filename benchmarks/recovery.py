"""How long a lost database takes to come back: a Markdown table.

`python -m benchmarks.recovery [--apps 1000] [--versions 50] [--deliveries 100000]`

A sandbox holds the site (catalog, lock with a record of every version, outputs, committed by altpress itself)
and a repository for each app. The embedded MongoDB holds a ledger of so many deliveries with the payloads of
releases, and their publications. Then it is lost, and comes back from a backup, and from git alone: each step
is the real command in a process of its own, whose peak memory is what the system says of it.
"""

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from benchmarks.source import make_world
from bot.context import open_context
from bot.embedded.urls import mongo_url, redis_url
from bot.lock import PATH, Lock, render_lock
from bot.records import Cause, CauseKind, DeliveryState, Publication, Record
from bot.store import NewDelivery, Store, connect
from config.settings import load_settings
from jobs.publish import publish_site
from tests.installation import Hub
from tests.processes import altpress, free_port
from tests.sandboxes import Sandbox, run_git, run_sandbox
from tests.stores import mongo_server, redis_server, short_dir

ROOT = Path(__file__).resolve().parents[1]
SITE, KEY = "acme/source", "acme/source@main"
DAY_MS = 86_400_000
README = {"README.md": "eA=="}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--apps", type=int, default=1000)
    parser.add_argument("--versions", type=int, default=50)
    parser.add_argument("--deliveries", type=int, default=100_000)
    options = parser.parse_args()
    with short_dir() as place, run_sandbox(place / "sandbox") as sandbox, redis_server(place):
        with mongo_server(place):
            settings = set_up(sandbox, place)
            records = build_site(sandbox, options.apps, options.versions)
            tell(f"the site holds {len(records):,} records")
            run("rebuild-state")
            publish()
            fill_ledger(place, options.deliveries)
        measure(place, settings, len(records))


def measure(place: Path, settings: Mapping[str, str], records: int) -> None:
    print("| what | time | peak memory | |\n|---|---:|---:|---|", flush=True)
    backups = place / "backups"
    with mongo_server(place):
        made = row("backup", "backup", "--to", str(backups), "--json")
    size = f"{made['documents']:,} documents, {made['bytes'] / 2**20:.0f} MiB"
    tell(f"{size}: {made['collections']}")
    row("verify", "restore", str(backups), "--verify-only", "--json")
    with lost(place):
        said = row("restore, sites and records from git", "restore", str(backups), "--json")
        assert said["sites"][0]["records"] == records
        ready(place, settings)
        unchanged()
    with lost(place):
        row("the ledger alone (`--no-refill`)", "restore", str(backups), "--no-refill", "--json")
    with lost(place):
        said = row("git alone: `rebuild-state`", "rebuild-state", "--json")
        assert said["sites"][0]["added"] == records
        ready(place, settings)
        unchanged()
        row("git again: `rebuild-state --replace`", "rebuild-state", "--replace", "--json")
    print(f"\nThe backup: {size}.")


@contextmanager
def lost(place: Path) -> Iterator[None]:
    """A database that holds nothing."""
    shutil.rmtree(place / "mongo")
    with mongo_server(place):
        yield


def ready(place: Path, settings: Mapping[str, str]) -> None:
    """From the start of web and worker until the web process says that it is ready."""
    port = free_port()
    given = {**settings, "PORT": str(port), "PUBLIC_URL": ""}
    given = {name.lower(): value for name, value in given.items()}
    began = time.perf_counter()
    with (
        altpress("worker", output=place / "worker.log", **given),
        altpress("web", output=place / "web.log", **given),
    ):
        while not is_ready(port):
            assert time.perf_counter() - began < 120
            time.sleep(0.05)
        print(f"| start until ready | {time.perf_counter() - began:.1f} s | | |", flush=True)


def is_ready(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=5).ok
    except requests.RequestException:
        return False


def unchanged() -> None:
    """What a publish would commit now: nothing, byte for byte."""
    with open_context() as context:
        before = context.github.fetch_head(context.store.sites.all()[0].site)
        publish()
        assert context.github.fetch_head(context.store.sites.all()[0].site) == before


def row(name: str, *words: str) -> dict[str, Any]:
    seconds, peak, said = run(*words)
    print(f"| {name} | {seconds:.1f} s | {peak / 2**20:.0f} MiB | |", flush=True)
    return said


def run(*words: str) -> tuple[float, int, dict[str, Any]]:
    """Seconds, bytes, what it said."""
    began, peak = time.perf_counter(), 0
    command = [sys.executable, "-m", "bot", *words, *(() if "--json" in words else ("--json",))]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output)
        while process.poll() is None:
            peak = max(peak, peak_of(process.pid))
            time.sleep(0.05)
        output.seek(0)
        said = json.loads(output.read())
    assert process.returncode == 0, said
    return time.perf_counter() - began, peak, said


def peak_of(pid: int) -> int:
    """Bytes; 0 for a process that has just ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


def set_up(sandbox: Sandbox, place: Path) -> dict[str, str]:
    values = {
        "GITHUB_API_URL": sandbox.api,
        "GITHUB_APP_ID": str(sandbox.keys.app_id),
        "GITHUB_APP_PRIVATE_KEY_FILE": str(sandbox.keys.private_key_file),
        "WEBHOOK_SECRETS_FILE": str(sandbox.keys.webhook_secret_file),
        "ASSET_HOSTS": "127.0.0.1", "PUBLISH_INTERVAL": "0", "LIVE_TIMEOUT": "0",
        "MONGO_URL": mongo_url(place), "REDIS_URL": redis_url(place), "DATA_DIR": str(place),
    }  # fmt: skip
    for name, value in values.items():
        os.environ[f"ALTPRESS_{name}"] = value
    return values


def build_site(sandbox: Sandbox, apps: int, versions: int) -> list[Record]:
    """A repository an app, then catalog and lock in one push."""
    began = time.perf_counter()
    names = [f"acme/app-{number}" for number in range(apps)]

    def create(name: str) -> int:
        with_hub = Hub(sandbox)
        try:
            return int(with_hub.ask("POST", "repositories", json={"repository": name, "files": README})["id"])
        finally:
            with_hub.close()

    with ThreadPoolExecutor(4) as pool:
        numbers = dict(zip(names, pool.map(create, names), strict=True))
    tell(f"{apps} repositories in {time.perf_counter() - began:.0f} s")
    world = make_world(apps, versions)
    records = [
        record.model_copy(update={
            "repository_id": numbers[record.repository],
            "facts": record.facts.model_copy(update={"icon": None}),
        })
        for record in world.records if record.facts is not None
    ]  # fmt: skip
    entries = "".join(f"  - repository: {name}\n    subtitle: One line\n" for name in names)
    catalog = (
        f"name: Acme\noutputs:\n  - path: apps.json\n    clients: [altstore, sidestore]\napps:\n{entries}"
    )
    lock = render_lock(Lock(records=tuple(records)))
    tell(f"the lock has {len(lock) / 2**20:.0f} MiB")
    push(sandbox, {"altpress.yml": catalog.encode(), PATH: lock})
    return records


def push(sandbox: Sandbox, files: Mapping[str, bytes]) -> None:
    """Into the sandbox's own repository: its interface takes no file of this size."""
    bare, copy = sandbox.data / "git" / f"{SITE}.git", sandbox.data / "copy"
    run_git("clone", "-q", bare, copy)
    for path, data in files.items():
        (copy / path).parent.mkdir(exist_ok=True)
        (copy / path).write_bytes(data)
    for words in (("add", "-A"), ("commit", "-qm", "Start"), ("push", "-q", "origin", "HEAD:main")):
        done = run_git(*words, cwd=copy)
        assert done.returncode == 0, done.stderr


def publish() -> None:
    with open_context() as context:
        context.store.sites.trigger(KEY, Cause(kind=CauseKind.SWEEP))
        began = time.perf_counter()
        publish_site.work(context, KEY, "0")
        tell(f"published in {time.perf_counter() - began:.1f} s")


def fill_ledger(place: Path, deliveries: int) -> None:
    """Copies of what the store writes itself, with other names, times and payloads."""
    began = time.perf_counter()
    with connect(mongo_url(place)) as client:
        store = Store(client[load_settings().mongo_database])
        database, now_ms, dice = store.database, int(time.time() * 1000), random.Random(1)
        words = [f"{dice.getrandbits(40):x}" for _ in range(2000)]

        def body() -> bytes:
            return json.dumps({"action": "published", "text": dice.choices(words, k=700)}).encode()

        for start in range(0, deliveries, 500):
            fresh = [
                NewDelivery(
                    f"{dice.getrandbits(128):032x}", "release", "published", "acme/app-1", {"a": "b"}, body(),
                    now_ms - dice.randrange(30 * DAY_MS),
                )
                for _ in range(min(500, deliveries - start))
            ]  # fmt: skip
            rows = [store.deliveries._row(new) for new in fresh]  # noqa: SLF001 - as it writes them
            for entry in rows:
                del entry["pending"]
                done, ended_ms = DeliveryState.DONE.value, entry["received_ms"] + 900
                entry |= {
                    "state": done, "state_ms": f"{done}|{entry['received_ms']:015d}", "schema_version": 2,
                    "history": [["pending", entry["received_ms"]], ["done", ended_ms]],
                    "publications": [f"{dice.getrandbits(160):040x}"], "settled_ms": ended_ms,
                }  # fmt: skip
            database["deliveries"].insert_many(rows, ordered=False)
            told = [published(entry) for entry in rows[::5]]
            database["publications"].insert_many([publication for publication, _ in told])
            database["publication_causes"].insert_many([cause for _, cause in told])
            store.notices.claim_all((f"notice:{entry['_id']}" for entry in rows[::5]), now_ms)
    tell(f"a ledger of {deliveries:,} in {time.perf_counter() - began:.0f} s")


def published(entry: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The rows of the commit that a delivery led to, as `Publications.add` writes them."""
    commit, at_ms = entry["publications"][0], entry["settled_ms"]
    cause = Cause(kind=CauseKind.RELEASE, delivery=entry["_id"], repository="acme/app-1", tag="v1")
    publication = Publication(
        site=KEY, commit=commit, parent="0" * 40, subject="Publish v1", causes=(cause,),
        changes=("acme: 1.0 is new",), at_ms=at_ms,
    )  # fmt: skip
    key, stamp = f"{KEY}|{commit}", {"schema_version": 2}
    row = {"_id": key, "at_ms": at_ms, "site_ms": f"{KEY}|{at_ms:015d}", **stamp}
    link = {"_id": f"{entry['_id']}|{key}", "delivery": entry["_id"], "publication": key, "schema_version": 1}
    return {**row, "publication": publication.model_dump_json()}, link


def tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
