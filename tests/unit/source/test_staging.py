"""The stage: which outputs list a new version, and when the others do."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


@pytest.mark.parametrize(
    ("at", "where"),
    [
        ("2027-01-15T07:59:59Z", (["1.0"], ["1.1", "1.0"])),
        ("2027-01-15T08:00:00Z", (["1.0"], ["1.1", "1.0"])),  # nobody had seen it
        ("2027-01-15T08:00:01Z", (["1.1", "1.0"], ["1.1", "1.0"])),  # decided in advance
    ],
)
def test_a_promotion_that_comes_with_the_version(at, where):
    world = Staged()
    decisions = decided(promote(at))
    world.step(record(2, "1.1"), decisions=decisions)
    assert world.where() == where
    assert isinstance(world.plan(*parse_lock(world.files[LOCK]).records, decisions=decisions), Unchanged)


CRASHES = 2**31  # bytes: SideStore would crash on a first version of that size


def clients(world: Staged, public: str, stage: str) -> None:
    chosen = zip(world.catalog.outputs, (public, stage), strict=True)
    outputs = tuple(output.model_copy(update={"clients": (client,)}) for output, client in chosen)
    world.catalog = world.catalog.model_copy(update={"outputs": outputs})


def test_a_version_that_a_public_output_refuses_is_not_staged_again():
    """Its clients are others than those of the stage."""
    world = Staged("promote-after: 24h\n")
    clients(world, "sidestore", "altstore")
    world.step(record(2, "1.1", size=CRASHES))
    assert world.where() == (["1.0"], ["1.1", "1.0"])
    world.now += DAY
    world.step()
    assert world.where() == (["1.0"], ["1.0"])
    assert world.codes()["1.1"] == "client.sidestore.sizeCrash"
    before = dict(world.files)
    world.now += DAY
    world.step()
    assert (world.files, world.due) == (before, None)


def test_a_version_that_is_mended_begins_in_the_stage():
    world = Staged("promote-after: 24h\n")
    world.step(record(2, "1.1", size=CRASHES))
    assert (world.codes()["1.1"], world.due) == ("client.sidestore.sizeCrash", None)
    world.now += 2 * DAY
    clients(world, "altstore", "altstore")
    world.step()
    assert world.where() == (["1.0"], ["1.1", "1.0"])
    assert parse_lock(world.files[LOCK]).records[1].staged_at == "2027-01-17T08:00:00Z"


VERSIONS = ("1.0", "1.1", "1.1", "2.0", "nightly")
TIMES = st.integers(0, 60).map(lambda hours: NOW + hours * 3_600.0)


@st.composite
def histories(draw: st.DrawFn) -> tuple[str, str, list[tuple[float, list[Record], list[dict[str, str]]]]]:
    app = draw(st.sampled_from(["", "    approve: permissions\n", "    approve: always\n"]))
    app += draw(st.sampled_from(["", "    cooldown: 6h\n"])) + draw(st.sampled_from(["", "    keep: 1\n"]))
    top = draw(st.sampled_from(["", "promote-after: 24h\n"]))
    steps = []
    for now in sorted(draw(st.lists(TIMES, min_size=1, max_size=4))):
        ids = draw(st.lists(st.integers(2, 28), max_size=3, unique=True))
        new = [_any_record(draw, number, now) for number in ids]
        decisions = draw(st.lists(st.tuples(st.sampled_from(VERSIONS), TIMES), max_size=3))
        kinds = draw(st.lists(st.sampled_from(["approve", "promote", "yank"]), min_size=3, max_size=3))
        made = [_any_decision(kind, *one) for kind, one in zip(kinds, decisions, strict=False)]
        steps.append((now, new, made))
    return top, app, steps


def _any_record(draw: st.DrawFn, number: int, now: float) -> Record:
    uploaded = datetime.fromtimestamp(now - draw(st.integers(0, 10)) * 3_600, UTC)
    asked = draw(st.sets(st.sampled_from("abc")))
    return record(
        number, draw(st.sampled_from(VERSIONS)), draw(st.sampled_from("12")),
        inside={"entitlements": tuple(sorted(asked))}, updated_at=f"{uploaded:%Y-%m-%dT%H:%M:%SZ}",
        size=draw(st.sampled_from([1000, CRASHES])), sha256=draw(st.sampled_from(["a" * 64, "b" * 64])),
    )  # fmt: skip


def _any_decision(kind: str, version: str, at: float) -> dict[str, str]:
    named = {} if kind == "promote" else {"version": version}
    return {
        "kind": kind,
        "app": "app",
        "at": f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}",
        **named,
    }


@settings(max_examples=40, deadline=None)
@given(histories())
def test_a_plan_made_again_from_git_alone_finds_nothing_to_do(history):
    """Whatever gates, stage, decisions and time: the lock holds all that the next plan goes by."""
    top, app, steps = history
    world = Staged(top, app)
    listed: set[str] = set()
    for now, new, made in steps:
        world.now = now
        decisions = decided(*made)
        known = {line.key: line for line in parse_lock(world.files[LOCK]).records}
        fresh = {r.key: r for r in new}
        plan = world.plan(*{**known, **fresh}.values(), decisions=decisions)
        world.files |= {path: data for path, data in getattr(plan, "files", {}).items() if data}
        lines = parse_lock(world.files[LOCK]).records
        again = world.plan(*lines, decisions=decisions)
        assert isinstance(again, Unchanged)
        assert (again.rejected, again.waiting, again.due) == ((), (), plan.due)
        assert plan.due is None or plan.due > now
        kept = {r.key: r.verdict.code or "" for r in lines if not r.staged_at and r.facts}
        assert all(kept[key] == "" or kept[key].startswith("client.") for key in listed - set(fresh))
        listed = {r.key for r in lines if r.verdict.accepted and not r.staged_at}


def test_another_id_of_its_app_makes_no_version_public() -> None:
    site = Staged()
    site.step(record(2, "1.1"))
    assert site.where() == (["1.0"], ["1.1", "1.0"])
    site.catalog = parse_catalog(
        f"{HEAD}  - path: {STAGE}\n    stage: true\napps:\n  - id: renamed\n    repository: acme/app\n"
    )
    site.step()
    assert site.where() == (["1.0"], ["1.1", "1.0"])
    site.step()
    assert site.where() == (["1.0"], ["1.1", "1.0"])
