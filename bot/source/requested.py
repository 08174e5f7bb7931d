"""Decisions that were asked for and are not in git yet, made on those that are. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.decisions import Decisions, apply_edits
from bot.records import DecisionRequest


@dataclass(frozen=True, slots=True)
class Requested:
    """The decisions afterwards, and the requests that have a part in it."""

    decisions: Decisions
    made: tuple[DecisionRequest, ...] = ()


def apply_requests(decisions: Decisions, requests: Sequence[DecisionRequest], now: float) -> Requested:
    """Each in its turn; those that find everything as they want it have no part, nor has any when in the end
    nothing is left of them.
    """
    after, made = decisions, []
    for request in requests:
        before = after
        after = apply_edits(before, request.edits, now)
        made += [request] if after is not before else []
    if after.active(now) == decisions.active(now):
        return Requested(decisions)
    return Requested(after, tuple(made))
