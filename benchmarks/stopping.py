"""SIGTERM under load: `python -m benchmarks.stopping [--seconds 60]`, as Markdown.

Two web processes behind a balancer, two schedulers and two workers, each on a machine of its own (see
`benchmarks/fleet.py`). Releases are made and other signed webhooks sent, while one process after another gets
SIGTERM and is started again when it has ended. The second worker gives its job no time at all: it hands it
back each time.
"""

import argparse
import json
import shutil
import statistics
import tempfile
import threading
import time
import urllib.request
from collections import Counter, defaultdict
from pathlib import Path

from benchmarks.fleet import APPS, SITES, start_world
from benchmarks.fleet_hub import plan
from benchmarks.fleet_look import Seen, look, published, unfinished
from benchmarks.fleet_parts import MACHINES, SCHEDULERS, WEBS, WORKERS, Fleet, wait_for
from benchmarks.machines import can_be_apart, lay_out
from tests.chaos.plan import plan_sites

ROUND = ("web1", "worker1", "scheduler1", "web2", "worker2", "scheduler2")
OWN: dict[str, dict[str, object]] = {
    "worker2": {"stop_grace": 0}, "web1": {"stop_delay": 2}, "web2": {"stop_delay": 2},
}  # fmt: skip


class Restarts:
    """Each in turn, `calm` seconds after the one before is back."""

    def __init__(self, fleet: Fleet, calm: float) -> None:
        self.seconds = defaultdict[str, list[float]](list)
        self._fleet, self._calm = fleet, calm
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        number = 0
        while not self._over.wait(self._calm):
            name = ROUND[number % len(ROUND)]
            self.seconds[name.rstrip("12")].append(self._fleet.stop(name))
            self._fleet.start(name)
            if name in WEBS:
                wait_for(lambda name=name: takes(self._fleet, name), name, 180)
            number += 1


def takes(fleet: Fleet, web: str) -> bool:
    """Whether it is up, for us and for the balancer, which looks four times a second."""
    url = f"http://{fleet.address(web)}/health/receiving"
    with urllib.request.urlopen(url, timeout=2) as answer:
        if answer.status != 200:
            return False
    time.sleep(0.5)
    return True


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--releases", type=float, default=2.0, help="a second")
    parser.add_argument("--webhooks", type=float, default=20.0, help="a second, besides")
    parser.add_argument("--calm", type=float, default=1.0, help="seconds between two restarts")
    parser.add_argument("--delay", type=float, default=0.05, help="seconds that GitHub takes for an answer")
    parser.add_argument("--together", action="store_true", help="no network namespaces")
    parser.add_argument("--keep", action="store_true", help="leave the folder with logs and stores")
    options = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="ap-stop-", dir="/tmp"))
    try:
        with lay_out(MACHINES, apart=not options.together and can_be_apart()) as machines:
            fleet = Fleet(place, machines, delay=options.delay, own=OWN)
            try:
                broken = run(fleet, options)
            finally:
                fleet.stop_all()
    finally:
        print(f"\n{place}") if options.keep else shutil.rmtree(place, ignore_errors=True)
    raise SystemExit(1 if broken else 0)


def run(fleet: Fleet, options: argparse.Namespace) -> list[str]:
    """Prints; the promises that were broken."""
    start_world(fleet)
    for name in (WORKERS[1], SCHEDULERS[1]):
        fleet.start(name)
    count = int(options.releases * options.seconds)
    restarts = Restarts(fleet, options.calm)
    restarts.start()
    releasing = fleet.ask_hub("release", str(SITES), str(APPS), "0", str(count), str(options.releases))
    port = str(fleet.ports["balancer"])
    sending = fleet.ask_hub("send", port, str(options.webhooks), str(options.seconds))
    came = {guid: tuple(told) for guid, told in json.loads(sending()).items()}
    releasing()
    restarts.end()
    settled = json.loads(fleet.hub("settle"))
    sites = plan_sites(SITES, APPS)
    wait_for(lambda: published(fleet, sites) == count, "the last release", 300)
    wait_for(lambda: unfinished(fleet) == 0, "the end of the work", 300)
    seen = look(fleet, sites, plan(sites, 0, count))
    return tell(fleet, restarts, seen, {"sent": settled["sent"], "answered": settled["answered"]}, came)


def tell(
    fleet: Fleet,
    restarts: Restarts,
    seen: Seen,
    github: dict[str, object],
    came: dict[str, tuple[int, float]],
) -> list[str]:
    broken = list(seen.findings.broken)
    balancer = json.loads(fleet.ask_balancer())
    lost = missing(fleet, [guid for guid, (status, _) in came.items() if 200 <= status < 300])
    statuses = Counter(status for status, _ in came.values())
    refused = sum(count for status, count in statuses.items() if not 200 <= status < 300)
    counts = seen.findings.counts
    again = seen.twice.keys() & seen.handed  # cut off between its last word and its end
    twice = seen.twice.keys() - again
    rows = {
        "requests that the balancer passed on": sum(
            sum(answers.values()) for answers in balancer["answers"].values()
        ),
        "of which dropped (sent, and no answer)": balancer.get("dropped", 0),
        "connections refused, sent to the other web process instead": balancer.get("refused", 0),
        "requests that no web process took": balancer.get("nobody", 0),
        "webhooks of releases: sent, answered": f"{github['sent']}, {github['answered']}",
        "other webhooks: sent, answered": f"{len(came)}, {dict(statuses)}",
        "slowest answer": f"{max(seconds for _, seconds in came.values()):.2f} s",
        "answered 2xx and not in the ledger": len(lost),
        "releases lost, published twice": f"{counts['lost']}, {counts['doubled']}",
        "jobs done": sum(seen.done[worker] for worker in WORKERS),
        "jobs handed back (done twice of them)": f"{len(seen.handed)} ({len(again)})",
        "other jobs done twice": len(twice),
    }
    print("| | |\n|---|---:|")
    for name, value in rows.items():
        print(f"| {name} | {value} |")
    print("\n| SIGTERM to | times | median | slowest |\n|---|---:|---:|---:|")
    for kind, seconds in restarts.seconds.items():
        print(f"| {kind} | {len(seconds)} | {statistics.median(seconds):.1f} s | {max(seconds):.1f} s |")
    if balancer.get("dropped") or balancer.get("nobody") or refused or lost or twice:
        broken.append("something was dropped, lost or done twice")
        broken += [f"{job_id}: {', '.join(seen.twice[job_id])}" for job_id in sorted(twice)[:5]]
    for sentence in broken:
        print(f"\n**{sentence}**")
    return broken


def missing(fleet: Fleet, guids: list[str]) -> list[str]:
    with fleet.mongo() as client:
        known = {row["_id"] for row in client["altpress"]["deliveries"].find({}, {"_id": 1})}
    return [guid for guid in guids if guid not in known]


if __name__ == "__main__":
    main()
