"""What came of it, seen from outside: the sites' repositories, the ledger's rows, and the programs' logs."""

import re
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.fleet_parts import WEBS, WORKERS, Fleet
from benchmarks.machines import HUB
from tests.chaos.outside import Findings, check_site, read_entries
from tests.chaos.plan import Release, Site

RELEASE = re.compile(r"^Altpress-Release: (\S+)$", re.MULTILINE)
MOST_TRAILERS = 100


@dataclass
class Seen:
    """Counts, by what they count."""

    findings: Findings = field(default_factory=Findings)
    done: Counter[str] = field(default_factory=Counter)  # ends of jobs, by job and by worker
    twice: dict[str, list[str]] = field(default_factory=dict)  # jobs that ended more than once, and where
    handed: set[str] = field(default_factory=set)  # jobs that were handed back
    releases_named: int = 0
    webs: Counter[str] = field(default_factory=Counter)


def published(fleet: Fleet, sites: Sequence[Site]) -> int:
    """How many versions all sites list now."""
    total = 0
    for site in sites:
        shown = _git(fleet, site, "show", "main:apps.json", check=False)
        total += sum(read_entries(shown).values()) if shown else 0
    return total


def unfinished(fleet: Fleet) -> int:
    """Deliveries whose work is not through."""
    with fleet.mongo() as client:
        rows = client["altpress"]["deliveries"].aggregate(
            [{"$group": {"_id": "$state", "count": {"$sum": 1}}}]
        )
        return sum(row["count"] for row in rows if row["_id"] not in {"done", "ignored"})


def look(fleet: Fleet, sites: Sequence[Site], wanted: Sequence[Release]) -> Seen:
    seen = Seen()
    for site in sites:
        mine = [release for release in wanted if release.app in site.apps]
        clone = fleet.place / "clones" / site.repository.replace("/", "-")
        subprocess.run(["rm", "-rf", str(clone)], check=True)
        _run("git", "clone", "--quiet", str(_bare(fleet, site)), str(clone))
        check_site(clone, site, mine, seen.findings)
        _check_causes(clone, site, seen)
    seen.findings.expect(not unfinished(fleet), "deliveries are unfinished")
    _count_jobs(fleet, seen)
    for web in WEBS:
        if fleet.log(web).exists():
            seen.webs[web] = len(fleet.lines(web, "webhook_stored"))
    return seen


def _check_causes(clone: Path, site: Site, seen: Seen) -> None:
    """Each commit names the releases that it publishes, as far as it names any (a hundred at most)."""
    names = {app.bundle_identifier: app.repository for app in site.apps}
    before: set[tuple[str, str]] = set()
    for commit in _run("git", "-C", str(clone), "log", "--reverse", "--format=%H").split():
        document = _run("git", "-C", str(clone), "show", f"{commit}:apps.json", check=False)
        now = set(read_entries(document)) if document else set()
        told = RELEASE.findall(_run("git", "-C", str(clone), "log", "-1", "--format=%B", commit))
        added = {f"{names[bundle]}@v{version}" for bundle, version in now - before}
        missing = added - set(told)
        seen.releases_named += len(added & set(told))
        seen.findings.expect(
            not missing or len(told) >= MOST_TRAILERS, f"{commit[:8]} does not name {sorted(missing)[:3]}"
        )
        before = now


def _count_jobs(fleet: Fleet, seen: Seen) -> None:
    ends: dict[str, list[str]] = {}
    for worker in WORKERS:
        if not fleet.log(worker).exists():
            continue
        seen.handed |= {line["job_id"] for line in fleet.lines(worker, "job_handed_back")}
        for line in fleet.lines(worker, "job_done"):
            seen.done[worker] += 1
            seen.done[line["job"]] += 1
            if line.get("delivery") and line["job"] != "report":  # a site's; that and others' ids come again
                told = f"{line['job']} by {worker} at {line['time']}"
                ends.setdefault(line["job_id"], []).append(told)
    seen.twice = {job_id: told for job_id, told in ends.items() if len(told) > 1}


def _bare(fleet: Fleet, site: Site) -> Path:
    return fleet.data / HUB / "git" / f"{site.repository}.git"


def _git(fleet: Fleet, site: Site, *words: str, check: bool = True) -> str:
    return _run("git", "-C", str(_bare(fleet, site)), *words, check=check)


def _run(*words: str, check: bool = True) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise SystemExit(f"{' '.join(words)}: {done.stderr}")
    return done.stdout if not done.returncode else ""


def total_done(seen: Seen) -> int:
    return sum(count for name, count in seen.done.items() if name in WORKERS)
