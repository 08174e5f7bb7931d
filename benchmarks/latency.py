"""From webhook accepted to commit visible: `python benchmarks/latency.py [--releases 20]`.

Starts a whole altpress with its sandbox, publishes releases of a made IPA one after the other, and measures
from outside: the start is the moment at which the webhook was stored (altpress's own log line, written before
the 202), the end is the first time that GitHub's answer to `GET git/ref/heads/main` names a commit with the
release's trailer. The quiet period and the publish interval are 0: they are waits on purpose, not work.
"""

import argparse
import statistics
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import requests
from rich.console import Console

from bot.cli.demo_log import find_event
from bot.cli.demo_world import World
from bot.sandbox.make_ipa import make_ipa


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=20)
    count = parser.parse_args().releases
    with tempfile.TemporaryDirectory(prefix="altpress-") as folder, World(Path(folder), Console()) as world:
        world.start()
        times = [measure(world, number) for number in range(1, count + 1)]
    print("| releases | median | fastest | slowest |")
    print("|---|---|---|---|")
    print(f"| {count} | {statistics.median(times):.2f} s | {min(times):.2f} s | {max(times):.2f} s |")
    return 0


def measure(world: World, number: int) -> float:
    """Publish one release; the seconds from `stored` to `visible`."""
    tag = f"v1.0.{number}"
    ipa = world.folder / f"{tag}.ipa"
    ipa.write_bytes(make_ipa(version=tag[1:], build_version=str(number)))
    address = f"{world.info()['api_url']}/repos/acme/source"
    before = head(address)
    world.send_release("acme/app", tag, ipa)
    while head(address) == before:
        time.sleep(0.005)
    seen = time.time()
    message = requests.get(f"{address}/git/commits/{head(address)}", timeout=5).json()["message"]
    assert f"Altpress-Release: acme/app@{tag}" in message, message
    line = find_event(world.log, "webhook_stored", github_event="release", action="published")
    assert line is not None
    return seen - datetime.fromisoformat(line["time"]).timestamp()


def head(address: str) -> str:
    return str(requests.get(f"{address}/git/ref/heads/main", timeout=5).json()["object"]["sha"])


if __name__ == "__main__":
    sys.exit(main())
