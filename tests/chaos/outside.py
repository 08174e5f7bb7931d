"""What came of it, seen from outside: clones of the sites, GitHub's releases, and the rows of the stores."""

import json
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from pymongo import MongoClient

from bot.embedded.urls import mongo_url
from bot.lock import PATH, parse_lock
from bot.sandbox.client import SandboxClient
from tests.chaos.plan import Release, Site
from tests.sandboxes import run_git

FINISHED = {"done", "ignored"}
Entry = tuple[str, str]  # bundle identifier, version


@dataclass
class Findings:
    """Counts, and the promises that were broken, one sentence each."""

    counts: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def expect(self, kept: bool, sentence: str) -> None:
        if not kept:
            self.broken.append(sentence)


def clone(client: SandboxClient, site: Site, place: Path) -> Path:
    """A fresh clone of the site."""
    url = client.info()["repositories"][site.repository]["clone_url"]
    target = place / site.repository.replace("/", "-")
    subprocess.run(["rm", "-rf", str(target)], check=True)
    done = run_git("clone", "--quiet", url, target)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return target


def read_entries(document: str) -> Counter[Entry]:
    """How often each version is listed."""
    apps = json.loads(document)["apps"]
    return Counter((app["bundleIdentifier"], v["version"]) for app in apps for v in app["versions"])


def check_site(clone_: Path, site: Site, wanted: Sequence[Release], found: Findings) -> None:
    """Every release exactly once; no version came twice; no commit without a change."""
    listed = read_entries((clone_ / "apps.json").read_text())
    expected = {(release.app.bundle_identifier, release.version) for release in wanted}
    lost, doubled = expected - listed.keys(), [entry for entry, count in listed.items() if count > 1]
    found.counts["lost"] += len(lost)
    found.counts["doubled"] += len(doubled)
    found.expect(not lost, f"{site.repository}: {len(lost)} releases are not listed: {sorted(lost)[:5]}")
    found.expect(not doubled, f"{site.repository}: listed twice: {doubled[:5]}")
    unknown = listed.keys() - expected
    found.expect(not unknown, f"{site.repository}: nobody released {sorted(unknown)[:5]}")
    _check_history(clone_, site, found)


def _check_history(clone_: Path, site: Site, found: Findings) -> None:
    before: Counter[Entry] = Counter()
    came: Counter[Entry] = Counter()
    for commit, author, parents in _commits(clone_):
        if "altpress" in author:
            found.counts["commits"] += 1
            found.counts["empty_commits"] += _is_empty(clone_, commit, parents)
        shown = run_git("show", f"{commit}:apps.json", cwd=clone_)
        now = read_entries(shown.stdout) if shown.returncode == 0 else Counter[Entry]()
        came.update(now.keys() - before.keys())
        gone = before.keys() - now.keys()
        found.expect(not gone, f"{site.repository}: {commit[:8]} takes out {sorted(gone)[:5]}")
        before = now
    again = [entry for entry, times in came.items() if times > 1]
    found.counts["doubled"] += len(again)
    found.expect(not again, f"{site.repository}: published twice: {again[:5]}")
    found.expect(not found.counts["empty_commits"], f"{site.repository}: a commit without a change")


def _commits(clone_: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Oldest first: id, author, parents."""
    log = run_git("log", "--reverse", "--format=%H%x09%an%x09%P", cwd=clone_).stdout
    for line in log.splitlines():
        commit, author, parents = line.split("\t")
        yield commit, author, parents.split()


def _is_empty(clone_: Path, commit: str, parents: list[str]) -> bool:
    return bool(parents) and not run_git("diff", "--stat", parents[0], commit, cwd=clone_).stdout.strip()


def check_hands(clone_: Path, site: Site, found: Findings) -> None:
    """What people committed beside the outputs is as they left it."""
    log = run_git("log", "--format=%H %an", "--", "notes.md", cwd=clone_).stdout.splitlines()
    meddled = [line for line in log if "altpress" in line]
    found.expect(not meddled, f"{site.repository}: altpress touched notes.md")


def check_ledger(data: Path, found: Findings) -> None:
    """No delivery is left unfinished."""
    with MongoClient[dict[str, Any]](mongo_url(data)) as client:
        states = Counter(row["state"] for row in client["altpress"]["deliveries"].find({}, {"state": 1}))
        reasons = Counter(
            str(row["reason"]) for row in client["altpress"]["deliveries"].find({"state": "failed"})
        )
    found.counts["accepted"] += sum(states.values())
    unfinished = {state: count for state, count in states.items() if state not in FINISHED}
    found.counts["unfinished"] += sum(unfinished.values())
    found.expect(not unfinished, f"deliveries are left: {unfinished} {dict(reasons.most_common(3))}")


def check_records(data: Path, clones: dict[str, Path], found: Findings) -> None:
    """MongoDB says what git says: the lock's lines and the live records are the same."""
    with MongoClient[dict[str, Any]](mongo_url(data)) as client:
        rows = list(client["altpress"]["records"].find({"live": {"$gt": ""}}, {"live": 1, "record": 1}))
    for name, place in clones.items():
        locked = {r.key: r.model_dump() for r in parse_lock((place / PATH).read_bytes()).records}
        stored = {}
        for row in rows:
            if row["live"].startswith(f"{name}@main|"):
                record = json.loads(row["record"])
                stored[f"{record['repository_id']}:{record['asset_id']}"] = record
        different = [k for k in locked if k in stored and not _same(locked[k], stored[k])]
        found.expect(
            locked.keys() == stored.keys() and not different,
            f"{name}: store and lock differ in {sorted(locked.keys() ^ stored.keys())[:3]} {different[:3]}",
        )


def _same(locked: dict[str, Any], stored: dict[str, Any]) -> bool:
    return bool(json.loads(json.dumps(locked, sort_keys=True)) == json.loads(json.dumps(stored)))


def count_github(client: SandboxClient, found: Findings) -> None:
    """What GitHub sent: deliveries by GUID, and attempts."""
    rows = client.deliveries()
    found.counts["deliveries"] = len({row["guid"] for row in rows})
    found.counts["attempts"] = len(rows)
    done = client.faults()["done"]
    found.counts["faults"] = sum(done.values())


def released(api: str, site: Site) -> set[Entry]:
    """What GitHub says was released, asked without a token."""
    found: set[Entry] = set()
    for app in site.apps:
        answer = requests.get(f"{api}/repos/{app.repository}/releases", params={"per_page": 100}, timeout=20)
        answer.raise_for_status()
        found |= {(app.bundle_identifier, row["tag_name"].removeprefix("v")) for row in answer.json()}
    return found
