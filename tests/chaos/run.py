"""One seed: build the world, let the storm blow, wait for calm, look from outside."""

import math
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos import outside
from tests.chaos.outside import Findings
from tests.chaos.plan import SHARES, TARGETS, Release, Site, plan_releases, plan_sites
from tests.chaos.rebuilt import check_rebuild
from tests.chaos.stage import Stage, build_world, run_stage
from tests.chaos.storm import Storm

PATIENCE = 180.0  # seconds for everything to settle after the storm
STANDSTILL = 60.0  # seconds without any progress, after which patience ends: slow is not lost
LONGEST = 600.0  # seconds that progress is waited for
Say = Callable[[str], object]


@dataclass(frozen=True)
class Outcome:
    """`counts` is what the last line tells; `broken` the promises that were not kept."""

    counts: dict[str, Any]
    broken: list[str]


def run_seed(
    seed: int, releases: int, *, say: Say, pace: float = 4.0, sites: tuple[Site, ...] = (),
    calm: tuple[float, float] = (1.5, 4.0), targets: Sequence[str] = TARGETS, keep: Path | None = None,
) -> Outcome:  # fmt: skip
    """Everything in a folder of its own, which is kept under `keep` when a promise was broken."""
    sites = sites or plan_sites()
    wanted = plan_releases(seed, releases, sites)
    started = time.monotonic()
    place = Path(tempfile.mkdtemp(prefix="chaos-"))
    try:
        with run_stage(place / "data") as stage:
            with stage.client() as client:
                build_world(client, sites)
                client.set_faults(seed, **SHARES)
            storm = Storm(stage, sites, seed, pace=pace, calm=calm, targets=targets)
            storm.blow(wanted)
            say(
                f"seed {seed}: {releases} releases in {time.monotonic() - started:.0f} s, kills {stage.kills}"
            )
            with stage.client() as client:
                shares_done = client.faults()["done"]
                client.set_faults(seed)
            settled = time.monotonic()
            found = _settle(stage, sites, wanted, place, say)
            found.counts["settled_after"] = round(time.monotonic() - settled)
            if not found.broken:
                began = time.monotonic()
                check_rebuild(stage.data, sites, found)
                say(f"seed {seed}: rebuilt from git in {time.monotonic() - began:.0f} s")
        counts = _tell(found, stage, storm, wanted, shares_done)
        counts["seconds"] = round(time.monotonic() - started)
        if found.broken and keep is not None:
            shutil.copytree(place, keep / f"seed-{seed}", dirs_exist_ok=True, ignore_dangling_symlinks=True,
                            ignore=shutil.ignore_patterns("*.sock"))  # fmt: skip
        return Outcome({"seed": seed, **counts}, found.broken)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _settle(
    stage: Stage, sites: Sequence[Site], wanted: Sequence[Release], place: Path, say: Say
) -> Findings:
    """Look until every promise is kept, or patience ends; the last look counts.

    A machine with other work may be slow: while what is left grows less, patience goes on.
    """
    began = moved = time.monotonic()
    least = math.inf
    while True:
        found = _look(stage, sites, wanted, place)
        now, left = time.monotonic(), found.counts["lost"] + found.counts["unfinished"]
        if 0 < left < least:
            least, moved = left, now
        if not found.broken or now > min(max(began + PATIENCE, moved + STANDSTILL), began + LONGEST):
            return found
        say(f"  not yet: {found.broken[0][:150]}")
        time.sleep(3)


def _look(stage: Stage, sites: Sequence[Site], wanted: Sequence[Release], place: Path) -> Findings:
    found = Findings()
    clones = {}
    try:
        with stage.client() as client:
            outside.count_github(client, found)
            for site in sites:
                mine = [release for release in wanted if release.app in site.apps]
                there = outside.released(client.info()["api_url"], site)
                missing = {(r.app.bundle_identifier, r.version) for r in mine} ^ there
                found.expect(not missing, f"GitHub itself has other releases: {sorted(missing)[:3]}")
                clones[site.repository] = outside.clone(client, site, place)
                outside.check_site(clones[site.repository], site, mine, found)
                outside.check_hands(clones[site.repository], site, found)
        outside.check_ledger(stage.data, found)
        outside.check_records(stage.data, clones, found)
    except (OSError, KeyError, ValueError) as error:  # no apps.json yet, say
        found.broken.append(f"not readable: {type(error).__name__}: {error}")
    return found


def _tell(
    found: Findings, stage: Stage, storm: Storm, wanted: Sequence[Release], faults: dict[str, int]
) -> dict[str, Any]:
    names = (
        "deliveries",
        "attempts",
        "accepted",
        "commits",
        "lost",
        "doubled",
        "unfinished",
        "rebuilt",
        "settled_after",
    )
    return {
        "releases": len(wanted),
        **{name: found.counts[name] for name in names},
        "kills": sum(stage.kills.values()),
        "killed": dict(sorted(stage.kills.items())),
        "faults": sum(faults.values()),
        "faults_by_kind": dict(sorted(faults.items())),
        "hand_commits": storm.hand_commits,
        "settled_after": found.counts["settled_after"],
        "broken": len(found.broken),
    }
