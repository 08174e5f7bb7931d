"""Several of each: `python -m benchmarks.fleet [--releases 1000] [--delay 0.1] [--together]`, as Markdown.

Two web processes behind a balancer, one scheduler that leads and one that waits, one to three workers, one
Redis (a real redis-server with a password, over TCP), one MongoDB (the built-in engine, over TCP), and the
sandbox as GitHub: each on a machine of its own, which is a network namespace (as root with iproute2), or,
with `--together` or without those, this machine.

First the releases are made, and their webhooks go to both web processes. Then the work is done from the same
state by one, two and three workers in turn. `--delay` is what each answer of GitHub takes beside its work.
"""

import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.fleet_hub import plan
from benchmarks.fleet_look import Seen, look, published, total_done, unfinished
from benchmarks.fleet_parts import MACHINES, SCHEDULERS, WEBS, WORKERS, Fleet, wait_for
from benchmarks.machines import HUB, can_be_apart, lay_out
from tests.chaos.plan import Site, plan_sites

SITES, APPS = 5, 4
CROWDS = (1, 2, 3)
HEAD = (
    "| workers | seconds | releases/s | jobs/s | of one's | jobs of each | twice | lost | processor seconds |"
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--releases", type=int, default=1000)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds that GitHub takes besides")
    parser.add_argument("--together", action="store_true", help="no network namespaces")
    parser.add_argument("--crowds", type=int, nargs="+", default=CROWDS, help="numbers of workers")
    parser.add_argument("--nice", type=int, default=0, help="of all that is measured, on a shared machine")
    parser.add_argument("--keep", action="store_true", help="leave the folder with logs and stores")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    apart = not options.together and can_be_apart()
    place = Path(tempfile.mkdtemp(prefix="ap-fleet-", dir="/tmp"))
    try:
        with lay_out(MACHINES, apart=apart) as machines:
            fleet = Fleet(place, machines, delay=options.delay, niceness=options.nice)
            try:
                run(fleet, options.releases, options.crowds, apart)
            finally:
                fleet.stop_all()
    finally:
        print(f"\n{place}") if options.keep else shutil.rmtree(place, ignore_errors=True)


def run(fleet: Fleet, releases: int, crowds: list[int], apart: bool) -> None:
    sites = plan_sites(SITES, APPS)
    where = "network namespaces" if apart else "processes of one machine"
    print(
        f"{releases} releases of {SITES * APPS} apps, {SITES} sites; {where}; GitHub takes {fleet.delay} s\n"
    )
    prepare(fleet, releases)
    snapshot = fleet.place / "snapshot"
    shutil.copytree(fleet.data, snapshot, symlinks=True, ignore_dangling_symlinks=True)
    print(HEAD)
    print("|---|---:|---:|---:|---:|---|---:|---:|---|", flush=True)
    first = 0.0
    for crowd in crowds:
        shutil.rmtree(fleet.data)
        shutil.copytree(snapshot, fleet.data, symlinks=True)
        for name in (*WORKERS, *SCHEDULERS):
            fleet.log(name).unlink(missing_ok=True)
        seconds, cpu = work(fleet, sites, releases, WORKERS[:crowd])
        seen = look(fleet, sites, plan(sites, 0, releases))
        fleet.stop_all()
        first = first or seconds
        tell(crowd, releases, (seconds, first / seconds), seen, cpu)


def start_world(fleet: Fleet) -> None:
    """The stores, both web processes, a scheduler and a worker; the sites are known."""
    fleet.start_stores()
    for name in (*WEBS, "balancer", SCHEDULERS[0], WORKERS[0]):
        fleet.start(name)
    wait_for(lambda: len(fleet.lines(SCHEDULERS[0], "scheduler_leads")) == 1, "the scheduler")
    fleet.hub("world", str(SITES), str(APPS))
    with fleet.mongo() as client:
        found = client["altpress"]["sites"]
        wait_for(lambda: len(list(found.find({}, {"_id": 1}))) > SITES, "all sites", 180)
    for _ in range(2):
        wait_for(lambda: unfinished(fleet) == 0, "the sites' own work", 120)
        time.sleep(1)


def prepare(fleet: Fleet, releases: int) -> None:
    """The sites are known, and all webhooks of the releases are in the ledger."""
    delay, fleet.delay = fleet.delay, 0.0
    start_world(fleet)
    for name in (SCHEDULERS[0], WORKERS[0]):
        fleet.stop(name)
    before = {web: len(fleet.lines(web, "webhook_stored")) for web in WEBS}
    began = time.monotonic()
    fleet.hub("release", str(SITES), str(APPS), "0", str(releases), "0")
    told = json.loads(fleet.hub("settle"))
    seconds = time.monotonic() - began
    stored = {web: len(fleet.lines(web, "webhook_stored")) - before[web] for web in WEBS}
    print(f"made in {seconds:.0f} s; webhooks answered {told['answered']}; stored by {stored}\n", flush=True)
    fleet.stop_all()
    fleet.delay = delay


def work(
    fleet: Fleet, sites: tuple[Site, ...], releases: int, workers: tuple[str, ...]
) -> tuple[float, dict[str, float]]:
    """Seconds from the first routed delivery until the last release is published, and processor seconds."""
    fleet.start_stores()
    for name in workers:
        fleet.start(name)
    wait_for(lambda: fleet.redis().scard("rq:workers") == len(workers), "the workers")
    for name in SCHEDULERS:
        fleet.start(name)
    wait_for(lambda: any(fleet.lines(name, "delivery_routed") for name in SCHEDULERS), "the first delivery")
    began, idle = time.monotonic(), {name: fleet.cpu(name) for name in fleet.running}
    deadline = began + 1800
    while published(fleet, sites) < releases:
        if time.monotonic() > deadline:
            raise SystemExit(f"only {published(fleet, sites)} were published")
        time.sleep(0.5)
    seconds = time.monotonic() - began
    cpu = {name: fleet.cpu(name) - idle[name] for name in fleet.running}
    wait_for(lambda: unfinished(fleet) == 0, "the end of the work", 900)
    return seconds, cpu


def tell(crowd: int, releases: int, took: tuple[float, float], seen: Seen, cpu: dict[str, float]) -> None:
    seconds, ratio = took
    jobs = total_done(seen)
    each = " ".join(str(seen.done[name]) for name in WORKERS[:crowd])
    used = {name: cpu[name] for name in (HUB, "mongo", "redis")}
    used["scheduler"] = sum(cpu.get(name, 0.0) for name in SCHEDULERS)
    used["workers"] = sum(cpu.get(name, 0.0) for name in WORKERS)
    words = ", ".join(f"{name} {value:.0f}" for name, value in used.items())
    counts = seen.findings.counts
    twice = counts["doubled"] + len(seen.twice)
    print(
        f"| {crowd} | {seconds:.0f} | {releases / seconds:.1f} | {jobs / seconds:.1f} | {ratio:.2f} | {each} "
        f"| {twice} | {counts['lost']} | {words} |",
        flush=True,
    )
    for sentence in seen.findings.broken:
        print(f"\n**{sentence}**")


if __name__ == "__main__":
    main()
