"""How fast deliveries are taken: `python -m benchmarks.webhook [--count 3000] [--rounds 3]`, as Markdown.

The receiver on the embedded MongoDB (each delivery is on the disk before its 202), beside an endpoint that
only checks the signature and a bare one, served in the same way, in turns. `--burst` is another question: a
whole altpress with its sandbox, 1,000 deliveries in 60 seconds while the work that follows goes on.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests

from benchmarks.webhook_burst import burst
from benchmarks.webhook_load import Taken, Target, send_all
from bot.embedded.urls import mongo_url, redis_url
from tests.fake_store import site_state
from tests.processes import ROOT, altpress, free_port
from tests.stores import mongo_server, opened_store, redis_server, short_dir

SECRET = "a benchmark's secret"
BODY = (ROOT / "tests" / "data" / "events" / "release.published.json").read_bytes()
ROWS = {"bare": "/bare", "signature only": "/signed", "stored before the 202": "/webhooks/github"}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=3000, help="deliveries of each kind and round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--senders", type=int, default=32, help="connections that send at once")
    parser.add_argument("--threads", type=int, default=16, help="ALTPRESS_WEB_THREADS")
    parser.add_argument("--burst", action="store_true", help="the whole altpress instead")
    options = parser.parse_args()
    if options.burst:
        burst()
        return
    with ExitStack() as stack:
        ports = stack.enter_context(_servers(options.threads))
        rounds: dict[str, list[Taken]] = {name: [] for name in ROWS}
        for name in ROWS:
            send_all(_target(ports, name), 200, options.senders)  # warm
        for _ in range(options.rounds):
            for name in ROWS:
                rounds[name].append(send_all(_target(ports, name), options.count, options.senders))
    _print(rounds)


def _target(ports: Mapping[str, int], name: str) -> Target:
    return Target(ports[name], ROWS[name], SECRET, BODY)


def _print(rounds: Mapping[str, list[Taken]]) -> None:
    rates = {name: statistics.median(taken.rate for taken in many) for name, many in rounds.items()}
    print(f"A payload of {len(BODY):,} bytes; medians of {len(rounds['bare'])} rounds\n")
    print("| endpoint | requests/s | of signature only | p50 | p99 |\n|---|---:|---:|---:|---:|")
    for name, many in rounds.items():
        assert not any(taken.others for taken in many), many
        p50, p99 = (statistics.median(taken.quantile(share) for taken in many) for share in (0.5, 0.99))
        ratio = rates[name] / rates["signature only"]
        print(f"| {name} | {rates[name]:,.0f} | {ratio:.2f} | {p50:.1f} ms | {p99:.1f} ms |")


@contextmanager
def _servers(threads: int) -> Iterator[dict[str, int]]:
    """Ports by row."""
    with ExitStack() as stack:
        data = stack.enter_context(short_dir())
        stack.enter_context(mongo_server(data))
        stack.enter_context(redis_server(data))
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="altpress-")))
        database = f"bench-{uuid.uuid4().hex[:8]}"
        settings = {
            "mongo_url": mongo_url(data), "redis_url": redis_url(data), "mongo_database": database,
            "webhook_secrets": SECRET, "web_threads": threads, "github_token": "unused",
            "sites": "acme/source", "github_api_url": "http://127.0.0.1:9/api/v3",
        }  # fmt: skip
        store = stack.enter_context(opened_store(mongo_url(data), database))
        state = site_state()
        store.sites.save(
            state.site, state.repository, head=None, catalog_sha=None, catalog=None, apps=state.apps
        )
        web, floor = free_port(), free_port()
        stack.enter_context(altpress("web", output=logs / "web.log", port=web, **settings))
        stack.enter_context(_floor(floor, threads))
        _wait(f"http://127.0.0.1:{web}/health/live", 200)
        _wait(f"http://127.0.0.1:{floor}/", 404)
        yield {"bare": floor, "signature only": floor, "stored before the 202": web}


@contextmanager
def _floor(port: int, threads: int) -> Iterator[None]:
    environment = {
        "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "ALTPRESS_PORT": str(port),
        "ALTPRESS_WEB_THREADS": str(threads), "ALTPRESS_WEBHOOK_SECRETS": SECRET,
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.webhook_floor"],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _wait(url: str, status: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=2).status_code == status:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")


if __name__ == "__main__":
    main()
