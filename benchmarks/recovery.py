"""How long a lost database takes to come back: a Markdown table.

`python -m benchmarks.recovery [--apps 1000] [--versions 50] [--deliveries 100000]`

A sandbox holds the site (catalog, lock with a record of every version, outputs, committed by altpress itself)
and a repository for each app. The embedded MongoDB holds a ledger of so many deliveries with the payloads of
releases, and their publications. Then it is lost, and comes back from a backup, and from git alone: each step
is the real command in a process of its own, whose peak memory is what the system says of it.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from benchmarks.recovery_world import KEY, build_site, fill_ledger, set_up, tell
from bot.context import open_context
from bot.records import Cause, CauseKind
from jobs.publish import publish_site
from tests.processes import altpress, free_port
from tests.sandboxes import run_sandbox
from tests.stores import mongo_server, redis_server, short_dir

ROOT = Path(__file__).resolve().parents[1]


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


def publish() -> None:
    with open_context() as context:
        context.store.sites.trigger(KEY, Cause(kind=CauseKind.SWEEP))
        began = time.perf_counter()
        publish_site.work(context, KEY, "0")
        tell(f"published in {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
