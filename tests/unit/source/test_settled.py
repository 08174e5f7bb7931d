"""A plan leaves nothing to do for the next one: no commit follows from a commit."""

from bot.source.plan import Unchanged
from bot.source.waiting import APPROVAL
from tests.unit.source.test_waiting import Clock, approval
from tests.unit.source.values import decided, record


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
