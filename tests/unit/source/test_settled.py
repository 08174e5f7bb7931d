"""A plan leaves nothing to do for the next one: no commit follows from a commit."""

from bot.catalog import parse_catalog
from bot.lock import parse_lock
from bot.source.plan import Unchanged
from bot.source.waiting import APPROVAL
from tests.unit.source.test_plan import LOCK
from tests.unit.source.test_waiting import Clock, approval
from tests.unit.source.values import NOW, decided, record

TWINS = """name: Acme Source
outputs: [{path: apps.json}, {path: staging.json, stage: true}]
apps:
  - {id: app, repository: acme/app, assets: [App.ipa]}
  - {id: lite, repository: acme/app, assets: [Lite.ipa]}
"""
HOUR = 3_600


def inside(*entitlements: str) -> dict[str, tuple[str, ...]]:
    return {"entitlements": entitlements}


def check_settled(world: Clock, *records, **more) -> None:
    plan = world.plan(*records, **more)
    assert isinstance(plan, Unchanged), plan.changes or plan.files


def test_what_passes_is_compared_with_at_once():
    """Of an app whose releases were all deleted, one that is approved and another that asks for the same."""
    world = Clock("approve: permissions")
    world.publish(record(1, "1.0", inside=inside("a")))
    new = record(2, "1.1", inside=inside("b")), record(3, "1.2", inside=inside("b"))
    decisions = decided(approval("1.2"))
    world.publish(*new, decisions=decisions)
    check_settled(world, *new, decisions=decisions)
    assert world.codes() == {"1.1": None, "1.2": None}


def test_a_new_app_is_judged_as_it_is_once_it_is_known():
    world = Clock("approve: permissions\ncooldown: 6h")
    young = record(
        1, "1.0", inside=inside("a"), published_at="2027-01-15T07:00:00Z", updated_at="2027-01-15T07:00:00Z"
    )
    old = record(2, "1.1")
    world.publish(young, old)
    check_settled(world, young, old)
    assert world.codes() == {"1.0": APPROVAL, "1.1": None}


def test_a_file_is_judged_as_that_of_todays_app():
    """The catalog gave it to another app after it was read, which no stage lists."""
    world = Clock()
    world.catalog = parse_catalog(TWINS.replace("stage: true", "stage: true, apps: [app]"))
    world.publish(record(1, "1.0", asset_name="Lite.ipa", app="app"))
    [line] = parse_lock(world.files[LOCK]).records
    assert (line.app, line.staged_at) == ("lite", None)
    assert world.listed() == ["com.acme.app 1.0"]
    check_settled(world, line)


def test_a_clock_that_is_set_back_moves_nothing_out_of_the_stage():
    """A refused file stays where it was, also before the time of a promotion."""
    world = Clock()
    world.catalog = parse_catalog(TWINS)
    twin = record(2, "1.1", asset_name="Lite.ipa", app="lite", tag="v1.1")
    decisions = decided({"kind": "promote", "at": "2027-01-15T07:00:00Z"})
    world.publish(record(1, "1.0"), twin, decisions=decisions)
    lines = {line.asset_id: line for line in parse_lock(world.files[LOCK]).records}
    assert (lines[2].verdict.accepted, lines[2].staged_at) == (False, "2027-01-15T08:00:00Z")
    world.now = NOW - 2 * HOUR
    check_settled(world, *lines.values(), decisions=decisions)
