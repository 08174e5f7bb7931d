"""The stage: which outputs list a new version, and when the others do."""

import json
from typing import Any

import pytest

from bot.catalog import parse_catalog
from bot.lock import parse_lock
from bot.records import Record
from bot.source.plan import Unchanged
from tests.unit.source.test_plan import LOCK
from tests.unit.source.test_waiting import Clock, approval, hide
from tests.unit.source.values import NOW, decided, record

DAY = 86_400.0
PUBLIC, STAGE = "apps.json", "staging.json"
HEAD = "name: Acme\noutputs:\n  - path: apps.json\n"
APPS = "apps:\n  - id: app\n    repository: acme/app\n"


class Staged(Clock):
    """A site with a stage; 1.0 was public before there was one."""

    def __init__(self, top: str = "", app: str = "") -> None:
        super().__init__()
        self.records: tuple[Record, ...] = (record(1, "1.0"),)
        self.publish(*self.records)
        self.configure(top, app)

    def configure(self, top: str = "", app: str = "", *, stage: bool = True) -> None:
        added = f"  - path: {STAGE}\n    stage: true\n" if stage else ""
        self.catalog = parse_catalog(f"{HEAD}{added}{top}{APPS}{app}")

    def step(self, *new: Record, **more: Any) -> None:
        """A publish of everything so far, as the lock tells it, and what is new."""
        lock = self.lock()
        self.records = ((*lock.records, *new)) if lock else new
        plan = self.plan(*self.records, **more)
        for path, data in getattr(plan, "files", {}).items():
            if data is not None:
                self.files[path] = data
        self.due = plan.due

    def versions(self, path: str) -> list[str]:
        apps = json.loads(self.files[path])["apps"]
        return [version["version"] for app in apps for version in app["versions"]]

    def where(self) -> tuple[list[str], list[str]]:
        return self.versions(PUBLIC), self.versions(STAGE)


def promote(at: str, **more: str) -> dict[str, str]:
    return {"kind": "promote", "at": at, **more}


def test_a_new_version_is_in_the_stage_alone():
    world = Staged()
    world.step(record(2, "1.1"))
    assert world.where() == (["1.0"], ["1.1", "1.0"])
    assert [line.staged_at for line in parse_lock(world.files[LOCK]).records] == [
        None,
        "2027-01-15T08:00:00Z",
    ]
    assert world.due is None
    before = dict(world.files)
    world.now += 100 * DAY
    world.step()
    assert world.files == before, "until somebody promotes it"


def test_promote_after_is_due_by_itself():
    world = Staged("promote-after: 24h\n")
    world.step(record(2, "1.1"))
    assert world.due == NOW + DAY
    world.now = NOW + DAY - 1
    world.step()
    assert world.where() == (["1.0"], ["1.1", "1.0"])
    world.now = NOW + DAY
    world.step()
    assert world.where() == (["1.1", "1.0"], ["1.1", "1.0"])
    assert (world.due, b"staged_at" in world.files[LOCK]) == (None, False)


@pytest.mark.parametrize(
    ("decision", "public"),
    [
        (promote("2027-01-15T08:00:00Z"), True),
        (promote("2027-01-15T09:00:00+01:00"), True),
        (promote("2027-01-15T09:00:00Z", app="APP"), True),
        (promote("2027-01-15T09:00:00Z", app="other"), False),
        (promote("2027-01-15T07:59:59Z"), False),
        (promote("2027-01-15T09:00:00Z", until="2027-01-15T09:30:00Z"), False),
    ],
)
def test_which_decision_promotes(decision, public):
    world = Staged()
    world.step(record(2, "1.1"))
    world.now += 7_200
    world.step(decisions=decided(decision))
    assert world.where()[0] == (["1.1", "1.0"] if public else ["1.0"])


def test_what_is_public_once_stays_public():
    world = Staged("promote-after: 24h\n")
    world.step(record(2, "1.1"))
    world.step(decisions=decided(promote("2027-01-15T08:00:00Z")))
    world.step()  # the decision is deleted
    assert world.where()[0] == ["1.1", "1.0"]
    world.configure("promote-after: 100d\n")
    world.step()
    assert world.where()[0] == ["1.1", "1.0"]


def test_a_promotion_is_for_what_was_there():
    world = Staged()
    decisions = decided(promote("2027-01-15T08:00:00Z"))
    world.step(record(2, "1.1"))
    world.now += 60
    world.step(record(3, "1.2"), decisions=decisions)
    assert world.where() == (["1.1", "1.0"], ["1.2", "1.1", "1.0"])


def test_other_bytes_begin_anew():
    world = Staged()
    world.step(record(2, "1.1"))
    world.step(decisions=decided(promote("2027-01-15T08:00:00Z")))
    lines = parse_lock(world.files[LOCK]).records
    plan = world.plan(lines[0], record(4, "1.1", sha256="b" * 64))
    world.files |= {path: data for path, data in plan.files.items() if data}
    assert world.where() == (["1.0"], ["1.1", "1.0"])


def test_a_version_behind_a_gate_is_in_no_output():
    world = Staged(app="    approve: always\n")
    world.step(record(2, "1.1"))
    assert world.where() == (["1.0"], ["1.0"])
    assert b"staged_at" not in world.files[LOCK]
    world.now += DAY
    world.step(decisions=decided(approval("1.1", at="2027-01-15T08:00:00Z")))
    assert world.where() == (["1.0"], ["1.1", "1.0"])
    assert parse_lock(world.files[LOCK]).records[1].staged_at == "2027-01-16T08:00:00Z"


def test_a_stage_that_is_taken_away_makes_all_public():
    world = Staged()
    world.step(record(2, "1.1"))
    world.configure(stage=False)
    world.step()
    assert world.versions(PUBLIC) == ["1.1", "1.0"]
    assert b"staged_at" not in world.files[LOCK]


def test_keep_counts_in_each_output():
    world = Staged(app="    keep: 1\n")
    world.step(record(2, "1.1"))
    assert world.where() == (["1.0"], ["1.1"])


def test_a_store_that_lags_behind_the_lock_changes_nothing():
    """A publish died after its commit: the store's record knows of no stage."""
    world = Staged("promote-after: 24h\n")
    new = record(2, "1.1")
    world.step(new)
    world.now += 60
    lagging = world.plan(record(1, "1.0"), new)
    assert isinstance(lagging, Unchanged)
    assert [r.staged_at for r in lagging.records] == ["2027-01-15T08:00:00Z"], "the store learns of it"
    world.now = NOW + DAY
    world.step()
    staged = parse_lock(world.files[LOCK]).records[1].model_copy(update={"staged_at": "2027-01-15T08:00:00Z"})
    assert isinstance(world.plan(record(1, "1.0"), staged), Unchanged), "the lock says that it is public"


def test_a_plan_that_waits_to_be_merged_stays_the_same():
    """With `mode: pull-request` the lock at the head does not know what is proposed; the store does."""
    world = Staged("promote-after: 24h\n")
    [first] = world.plan(record(1, "1.0"), record(2, "1.1")).records
    proposed = world.plan(record(1, "1.0"), first).files
    world.now += 2 * DAY
    assert world.plan(record(1, "1.0"), first).files == proposed


def test_a_hidden_version_is_in_the_stage_when_it_is_back():
    world = Staged()
    world.step(record(2, "1.1"))
    old, staged = parse_lock(world.files[LOCK]).records
    plan = world.plan(old, hide(staged))
    world.files |= {path: data for path, data in plan.files.items() if data}
    assert world.where() == (["1.0"], ["1.0"])
    world.now += DAY
    plan = world.plan(old, staged)
    world.files |= {path: data for path, data in plan.files.items() if data}
    assert world.where() == (["1.0"], ["1.1", "1.0"])
    assert parse_lock(world.files[LOCK]).records[1].staged_at == "2027-01-15T08:00:00Z"


@pytest.mark.parametrize(
    ("chooses", "staged"),
    [
        ("", True),
        ("    channels: [stable]\n", True),
        ("    channels: [beta]\n", False),
        ("    apps: [app]\n", True),
        ("    apps: [other]\n", False),
    ],
)
def test_what_no_stage_would_list_is_public_at_once(chooses, staged):
    world = Staged()
    beta = "    channels: [{channel: beta, prereleases: true}]\n  - id: other\n    repository: acme/tool\n"
    stage = f"  - path: {STAGE}\n    stage: true\n{chooses}"
    outputs = f"{HEAD}    channels: [stable, beta]\n{stage}"
    world.catalog = parse_catalog(f"{outputs}{APPS}{beta}")
    world.step(record(2, "1.1"))
    assert world.versions(PUBLIC) == (["1.0"] if staged else ["1.1", "1.0"])
