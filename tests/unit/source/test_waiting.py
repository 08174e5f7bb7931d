"""Gates: which new versions wait, and what lets them through."""

import json
from typing import Any

import pytest

from bot.lock import Adopted, Lock, parse_lock, render_lock
from bot.records import Record, Verdict
from bot.replies import render_changed_bytes
from bot.source.allowed import closed_code, was_listed
from bot.source.changed import keep_removed
from bot.source.plan import Commit, Unchanged, plan_publish
from bot.source.waiting import APPROVAL, COOLDOWN, call_up
from tests.unit.source.test_plan import LOCK, World
from tests.unit.source.values import CAUSE, NO_DECISIONS, NOW, catalog, decided, record, site

HOUR = 3_600.0
ADDS = {"entitlements": ("a", "b")}
PLAIN = {"entitlements": ("a",)}
CAMERA = {"NSCameraUsageDescription": "To see."}
MISMATCH = {"bundle_identifier": "com.evil"}


class Clock(World):
    """A branch, and the time that it is."""

    def __init__(self, app: str = "", top: str = "") -> None:
        super().__init__(app=app, top=top)
        self.now = NOW

    def plan(self, *records: Any, causes=(CAUSE,), decisions=NO_DECISIONS, by_sha: bool = False):
        return plan_publish(
            site=site(), catalog=self.catalog, decisions=decisions, records=records, current=self.files,
            lock=self.lock(), icons={}, causes=causes, now=self.now,
        )  # fmt: skip

    def lock(self) -> Lock | None:
        return parse_lock(self.files[LOCK]) if LOCK in self.files else None

    def codes(self) -> dict[str, str | None]:
        lock = self.lock()
        assert lock is not None
        return {r.facts.version: r.verdict.code for r in lock.records if r.facts}


def uploaded(number: int) -> str:
    return f"2026-01-{number:02d}T12:00:00Z"


def approval(version: str, at: str = "2026-12-01T00:00:00Z", **more: str) -> dict[str, str]:
    return {"kind": "approve", "app": "app", "version": version, "at": at, **more}


@pytest.mark.parametrize(
    ("gate", "before", "after", "waits"),
    [
        ("", PLAIN, ADDS, False),
        ("approve: permissions", PLAIN, PLAIN, False),
        ("approve: permissions", PLAIN, ADDS, True),
        ("approve: permissions", ADDS, PLAIN, False),
        ("approve: permissions", {}, {"privacy": CAMERA}, True),
        ("approve: permissions", {"privacy": CAMERA}, {"privacy": {"NSCameraUsageDescription": "x"}}, False),
        ("approve: permissions", None, ADDS, False),
        ("approve: always", PLAIN, PLAIN, True),
        ("approve: always", None, PLAIN, True),
    ],
)
def test_which_new_version_waits_for_approval(gate, before, after, waits):
    world = Clock(gate if before is None else "")
    known = [] if before is None else [record(1, "1.0", inside=before)]
    if known:
        world.publish(*known)
        world.catalog = catalog(gate)  # what is accepted already stays so
    world.publish(*known, record(2, "1.1", inside=after))
    assert world.codes()["1.1"] == (APPROVAL if waits else None)
    listed = ["com.acme.app 1.1"] if not waits else []
    assert (world.listed() if "apps.json" in world.files else []) == listed + ["com.acme.app 1.0"] * len(
        known
    )


def test_the_order_of_arrival_changes_nothing():
    versions = [record(1, "1.0", inside=PLAIN), record(2, "1.1", inside=ADDS), record(3, "1.2", inside=PLAIN)]
    together = Clock("approve: permissions")
    together.publish(*versions)
    one_by_one = Clock("approve: permissions")
    for count in (1, 2, 3):
        one_by_one.publish(*versions[:count])
    assert together.files == one_by_one.files
    assert together.codes() == {"1.0": None, "1.1": APPROVAL, "1.2": None}


def test_a_waiting_version_is_no_rejection_and_is_told_once():
    world = Clock("approve: permissions")
    world.publish(record(1, "1.0", inside=PLAIN))
    new = record(2, "1.1", inside={**ADDS, "privacy": CAMERA})
    commit = world.publish(record(1, "1.0", inside=PLAIN), new)
    [wait] = commit.waiting
    assert (wait.before, wait.entitlements, wait.privacy, wait.until) == ("1.0", ("b",), CAMERA, None)
    assert (commit.rejected, commit.subject) == ((), "Wait with app 1.1")
    assert "Not published yet:\n- app 1.1 waits for approval: it asks for more than 1.0" in commit.body
    assert "the entitlement b and the privacy key NSCameraUsageDescription" in wait.record.verdict.reason
    again = world.plan(*parse_lock(world.files[LOCK]).records)
    assert isinstance(again, Unchanged)
    assert again.waiting == ()


def test_many_and_hostile_names_make_a_short_reason():
    world = Clock("approve: permissions")
    world.publish(record(1, "1.0"))
    names = tuple(f"{'x' * 500}\n{n:03}" for n in range(200))
    [wait] = world.publish(record(1, "1.0"), record(2, "1.1", inside={"entitlements": names})).waiting
    assert len(wait.record.verdict.reason) < 1_000
    assert "and 195 more" in wait.record.verdict.reason
    assert "\n" not in wait.record.verdict.reason


def test_an_approval_lets_it_through_for_good():
    world = Clock("approve: always")
    world.publish(record(1, "1.0"))
    commit = world.publish(record(1, "1.0"), decisions=decided(approval("1.0")))
    assert commit.subject == "Publish Acme 1.0"
    assert world.listed() == ["com.acme.app 1.0"]
    assert isinstance(world.plan(*parse_lock(world.files[LOCK]).records), Unchanged), "the lock remembers"


@pytest.mark.parametrize(
    ("decision", "passes"),
    [
        (approval("1.0"), True),
        (approval("1.0 (1)"), True),
        (approval("v1.0"), True),
        (approval("1.1"), False),
        (approval("1.0", at=uploaded(2)), True),
        (approval("1.0", at=uploaded(1)), False),  # before the file was there
        (approval("1.0", seen=uploaded(2)), True),
        (approval("1.0", seen=uploaded(1)), False),  # a file that was replaced just before
        (approval("1.0", until="2026-12-02T00:00:00Z"), False),  # out of force
        ({**approval("1.0"), "kind": "pin"}, False),
    ],
)  # fmt: skip
def test_which_decision_lets_a_version_through(decision, passes):
    for gate in ("approve: always", "cooldown: 365d\napprove: always"):
        world = Clock(gate)
        world.publish(record(2, "1.0"), decisions=decided(decision))
        assert world.codes() == {"1.0": None if passes else APPROVAL}


def test_replaced_bytes_of_an_approved_version_wait_again():
    world = Clock("approve: permissions")
    old, first = record(1, "1.0", inside=PLAIN), record(2, "1.1", inside=ADDS, sha256="a" * 64)
    world.publish(old, first, decisions=decided(approval("1.1", at=uploaded(3))))
    assert world.codes() == {"1.0": None, "1.1": None}
    again = record(4, "1.1", inside={"entitlements": ("a", "b", "c")}, sha256="b" * 64)
    [alarm] = world.publish(old, again, decisions=decided(approval("1.1", at=uploaded(3)))).changed_bytes
    assert (alarm.refused, alarm.waits) == (False, True)
    assert "It waits at the app's gate" in render_changed_bytes(alarm, "")
    assert world.codes() == {"1.0": None, "1.1": APPROVAL}
    world.publish(old, again, decisions=decided(approval("1.1", at=uploaded(5))))
    assert world.codes() == {"1.0": None, "1.1": None}


def test_the_same_asset_with_other_bytes_is_another_file():
    world = Clock("approve: always")
    world.publish(record(1, "1.0", sha256="a" * 64), decisions=decided(approval("1.0")))
    world.publish(record(1, "1.0", sha256="b" * 64))
    assert world.codes() == {"1.0": APPROVAL}


def test_replaced_bytes_of_a_waiting_version_are_judged_again():
    world = Clock("approve: permissions\nchanged-files: refuse")
    old = record(1, "1.0", inside=PLAIN)
    world.publish(old, record(2, "1.1", inside=ADDS))
    commit = world.publish(old, record(3, "1.1", inside=PLAIN, sha256="b" * 64))
    assert world.codes() == {"1.0": None, "1.1": None}
    assert commit.changed_bytes == (), "it was never published"


def test_a_cooldown_ends_by_itself():
    world = Clock("cooldown: 6h")
    new = record(1, "1.0")
    at = NOW - HOUR
    times = {"updated_at": "2027-01-15T07:00:00Z"}  # an hour before NOW, long after its release
    commit = world.publish(new.model_copy(update=times))
    assert world.codes() == {"1.0": COOLDOWN}
    assert commit.due == at + 6 * HOUR
    [wait] = commit.waiting
    assert wait.until == commit.due
    assert (
        wait.record.verdict.reason
        == "app 1.0 cools down until 2027-01-15 13:00 UTC, 6 hours after its upload."
    )
    world.now = commit.due - 1
    assert isinstance(world.plan(wait.record), Unchanged)
    world.now = commit.due
    commit = world.publish(wait.record)
    assert (world.codes(), commit.due) == ({"1.0": None}, None)


def test_a_version_needs_its_approval_however_long_it_has_cooled():
    world = Clock("cooldown: 6h\napprove: permissions")
    world.publish(record(1, "1.0", inside=PLAIN))
    commit = world.publish(record(1, "1.0", inside=PLAIN), record(2, "1.1", inside=ADDS))
    assert (world.codes()["1.1"], commit.due) == (APPROVAL, None)


def test_the_end_of_a_decision_is_due_too():
    hold = {"kind": "hold", "app": "app", "at": uploaded(1), "until": "2027-01-15T09:00:00Z"}
    assert Clock().plan(record(2, "1.0"), decisions=decided(hold)).due == NOW + HOUR
    over = {**hold, "until": "2027-01-15T07:00:00Z"}
    assert Clock().plan(record(2, "1.0"), decisions=decided(over)).due is None


@pytest.mark.parametrize(
    ("declared", "waits"),
    [
        (None, False),
        ({"entitlements": ["a"]}, True),
        ({"entitlements": ["a", "b"], "privacy": {}}, False),
        ({"entitlements": [{"name": "a"}, {"name": "b"}]}, False),
        ("nonsense", False),
    ],
)
def test_the_first_release_is_compared_with_what_was_declared_by_hand(declared, waits):
    entry: dict[str, Any] = {"name": "Acme", "bundleIdentifier": "com.acme.app"}
    entry |= {"appPermissions": declared} if declared is not None else {}
    line = Adopted(scope="app", app="app", bundle_identifier="com.acme.app", entry=entry)
    world = Clock("approve: permissions")
    world.files[LOCK] = render_lock(Lock(adopted=(line,)))
    world.publish(record(1, "1.0", inside=ADDS))
    assert world.codes() == {"1.0": APPROVAL if waits else None}


def test_a_yanked_version_is_no_measure():
    world = Clock()
    records = record(1, "1.0", inside=PLAIN), record(2, "1.1", inside=ADDS), record(3, "1.2", inside=ADDS)
    world.publish(*records[:2])
    world.catalog = catalog("approve: permissions")
    world.publish(*records, decisions=decided({"kind": "yank", "app": "app", "version": "1.1"}))
    assert world.codes() == {"1.0": None, "1.1": None, "1.2": APPROVAL}


def test_a_file_of_another_app_is_rejected_and_never_decides_the_bundle_id():
    world = Clock("approve: always")
    evil = record(2, "1.1", inside=MISMATCH)
    world.publish(record(1, "1.0"), evil)
    assert world.codes() == {"1.0": APPROVAL, "1.1": "bundle_id_mismatch"}
    world.publish(record(1, "1.0"), evil, decisions=decided(approval("1.1"), approval("1.0")))
    assert world.codes() == {"1.0": None, "1.1": "bundle_id_mismatch"}


def test_a_client_still_refuses_what_is_approved():
    world = Clock("approve: always")
    crash = record(1, "1.0", size=2**63)
    world.publish(crash)
    assert world.codes() == {"1.0": APPROVAL}
    [refused] = world.publish(crash, decisions=decided(approval("1.0"))).rejected
    assert (refused.verdict.code or "").startswith("client.")
    again = world.plan(refused)
    assert isinstance(again, Unchanged), "it was let through, and does not wait again"


def test_hiding_a_repository_is_no_way_past_a_gate():
    world = Clock("approve: always")
    world.publish(record(1, "1.0"), record(2, "1.1"), decisions=decided(approval("1.0")))
    listed, waiting = parse_lock(world.files[LOCK]).records
    hidden = [hide(listed), hide(waiting)]
    assert [was_listed(r.verdict) for r in hidden] == [True, False]
    world.publish(*hidden)
    assert keep_removed(world.catalog, world.lock(), []) != ()
    assert [line.version for line in keep_removed(world.catalog, world.lock(), [])] == ["1.0"]
    world.publish(record(1, "1.0"), record(2, "1.1"))  # it is back
    assert world.codes() == {"1.0": None, "1.1": APPROVAL}


def hide(line: Record) -> Record:
    verdict = Verdict(accepted=False, code=closed_code("private", line.verdict), reason="hidden")
    return line.model_copy(update={"verdict": verdict})


def test_a_version_that_no_app_takes_any_more_waits_on():
    world = Clock("approve: always\ntags: v1.*")
    world.publish(record(1, "1.0"))
    world.catalog = catalog("approve: always\ntags: v2.*")
    commit = world.plan(*parse_lock(world.files[LOCK]).records)
    assert isinstance(commit, Unchanged | Commit)
    kept = parse_lock(
        world.files[LOCK] if isinstance(commit, Unchanged) else commit.files.get(LOCK, world.files[LOCK])
    )
    assert [r.verdict.code for r in kept.records] == [APPROVAL]


def test_a_gate_that_is_taken_away_lets_everything_through():
    world = Clock("approve: always")
    world.publish(record(1, "1.0"))
    world.catalog = catalog()
    world.publish(*parse_lock(world.files[LOCK]).records)
    assert world.codes() == {"1.0": None}


def test_other_verdicts_are_not_called_up():
    refused = record().model_copy(update={"verdict": Verdict(accepted=False, code="changed_bytes")})
    assert call_up(refused) is refused
    assert json.loads(record().model_dump_json())["staged_at"] is None
