"""Decisions are added and removed; the same edit again changes nothing."""

from typing import Any

import pytest

from bot.decisions import AddDecision, Decision, Decisions, Kind, RemoveDecisions, apply_edits
from bot.decisions import render_decisions as render

AT = "2026-11-22T21:48:16Z"
LATER = "2026-11-23T21:48:16Z"
NOW = 1_795_430_000.0  # 2026-11-23T10:33:20Z


def decide(
    kind: str = "yank", app: str | None = "acme", version: str | None = "1.0", **more: Any
) -> Decision:
    return Decision.model_validate(
        {"kind": kind, "app": app, "version": version, "actor": "o", "at": AT, **more}
    )


def hold(app: str | None = None, **more: Any) -> Decision:
    return decide("hold", app, None, **more)


def apply(known: list[Decision], *edits: AddDecision | RemoveDecisions) -> list[Decision]:
    """Twice is the same as once, for every edit here."""
    decisions = Decisions(decisions=tuple(known))
    once = apply_edits(decisions, edits, NOW)
    assert render(apply_edits(once, edits, NOW)) == render(once)
    return list(once.decisions)


def add(decision: Decision) -> AddDecision:
    return AddDecision(decision=decision)


@pytest.mark.parametrize(
    ("known", "new", "after"),
    [
        ([], decide(), [decide()]),
        ([decide()], decide(actor="somebody else", reason="why", at=LATER), [decide()]),
        ([decide(app="ACME")], decide(), [decide(app="ACME")]),
        ([decide()], decide(version="1.1"), [decide(), decide(version="1.1")]),
        ([decide()], decide("approve"), [decide(), decide("approve")]),
        ([decide("approve")], decide("approve", at=LATER), [decide("approve", at=LATER)]),
        ([decide("approve", at=LATER)], decide("approve"), [decide("approve", at=LATER)]),
        ([decide("approve")], decide("approve", at=LATER, seen=AT), [decide("approve")]),
        ([decide("approve", at=LATER, seen=AT)], decide("approve", at=LATER), [decide("approve", at=LATER)]),
        ([decide(until="2027-01-01T00:00:00Z")], decide(), [decide()]),
        ([decide(until="2027-01-01T00:00:00Z")], decide(until="2026-12-01T00:00:00Z"),
         [decide(until="2027-01-01T00:00:00Z")]),
        ([decide("pin"), decide()], decide("pin", version="2.0"), [decide(), decide("pin", version="2.0")]),
        ([decide("pin")], decide("pin", at=LATER), [decide("pin")]),
        ([decide("pin")], decide("pin", until=LATER), [decide("pin", until=LATER)]),
        ([decide("pin", app="other")], decide("pin"), [decide("pin", app="other"), decide("pin")]),
        ([hold()], hold("acme"), [hold(), hold("acme")]),
        ([hold("acme")], hold("acme", at=LATER), [hold("acme")]),
        ([hold("acme")], hold("acme", at=LATER, reason="again"), [hold("acme", reason="again")]),
        ([hold(reason="a")], hold(at=LATER), [hold(reason="a")]),
        ([hold(reason="a")], hold(at=LATER, until=LATER), [hold(reason="a", until=LATER)]),
        ([hold(until=LATER)], hold(at="2026-11-23T01:00:00Z"), [hold()]),
        ([decide("promote", version=None)], decide("promote", version=None, at=LATER),
         [decide("promote", version=None, at=LATER)]),
        ([decide("promote", None, None, at=LATER)], decide("promote", None, None),
         [decide("promote", None, None, at=LATER)]),
    ],
)  # fmt: skip
def test_added(known, new, after):
    assert apply(known, add(new)) == after


@pytest.mark.parametrize(
    ("edit", "left"),
    [
        (
            RemoveDecisions(kind=Kind.YANK, app="Acme", versions=("v1.0", "1.0")),
            ["1.1", "pin", "hold", "site"],
        ),
        (RemoveDecisions(kind=Kind.YANK, app="acme"), ["pin", "hold", "site"]),
        (RemoveDecisions(kind=Kind.YANK, app="other"), ["1.0", "1.1", "pin", "hold", "site"]),
        (RemoveDecisions(kind=Kind.PIN, app="acme"), ["1.0", "1.1", "hold", "site"]),
        (RemoveDecisions(kind=Kind.HOLD), ["1.0", "1.1", "pin", "hold"]),
        (RemoveDecisions(kind=Kind.HOLD, app="acme"), ["1.0", "1.1", "pin", "site"]),
    ],
)
def test_removed(edit, left):
    known = {
        "1.0": decide(), "1.1": decide(version="1.1"), "pin": decide("pin"), "hold": hold("acme"),
        "site": hold(),
    }  # fmt: skip
    assert apply(list(known.values()), edit) == [known[name] for name in left]


def test_what_has_run_out_goes_with_the_first_change():
    old = decide(version="0.9", until="2026-11-23T00:00:00Z")
    same = Decisions(decisions=(old, decide()))
    assert apply_edits(same, [add(decide())], NOW) is same
    assert apply([old, decide()], add(decide(version="1.1"))) == [decide(), decide(version="1.1")]
    assert apply([old], add(decide(version="0.9"))) == [decide(version="0.9")], "it counts as not there"


def test_in_their_order():
    undo = RemoveDecisions(kind=Kind.YANK, app="acme", versions=("1.0",))
    known = Decisions()
    assert apply_edits(known, [add(decide()), undo], NOW) is known
    assert apply_edits(known, [undo, add(decide())], NOW).decisions == (decide(),)
