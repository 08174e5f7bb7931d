"""What `recovery.py` loses and gets back: a site in the sandbox, and a ledger in the embedded MongoDB."""

import json
import os
import random
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.source import make_world
from bot.embedded.urls import mongo_url, redis_url
from bot.lock import PATH, Lock, render_lock
from bot.records import Cause, CauseKind, DeliveryState, Publication, Record
from bot.store import NewDelivery, Store, connect
from config.settings import load_settings
from tests.installation import Hub
from tests.sandboxes import Sandbox, run_git

SITE, KEY = "acme/source", "acme/source@main"
DAY_MS = 86_400_000
README = {"README.md": "eA=="}


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
