"""Decisions that are in force, and versions that are kept back, as `/status` tells them. No I/O."""

from collections.abc import Iterator, Sequence

from bot.decisions import Decision, Kind, seconds
from bot.replies.ages import render_age, render_moment
from bot.replies.text import code, count, inline, link
from bot.source.preview import Waiting

MOST_LISTED = 10  # of an app, of each
_WORDS = {
    Kind.YANK: "yanked: {version}",
    Kind.PIN: "pinned at {version}",
    Kind.HOLD: "on hold",
    Kind.PROMOTE: "promoted",
    Kind.APPROVE: "approved: {version}",
}


def render_decisions(decisions: Sequence[Decision], now_ms: int, *, links: bool) -> Iterator[str]:
    """A line each, the newest first: what, by whom, since when, until when, and why.

    `links`: everybody who reads this may follow to the comments that asked for it; else by whom and why is
    not for them, either.
    """
    newest = sorted(decisions, key=lambda decision: seconds(decision.at), reverse=True)
    yield from (_say(decision, now_ms, links=links) for decision in newest[:MOST_LISTED])
    if len(newest) > MOST_LISTED:
        yield f"… and {count(len(newest) - MOST_LISTED, 'more decision')}, in the decisions file"


def _say(decision: Decision, now_ms: int, *, links: bool) -> str:
    what = _WORDS[decision.kind].format(version=inline(decision.version or "", 80))
    at = render_age(int(seconds(decision.at) * 1000), now_ms)
    until = f", until {render_moment(int(seconds(decision.until) * 1000))}" if decision.until else ""
    if not links:
        return f"{what}, {at}{until}"
    when = link(at, decision.link) if decision.link else at
    why = f": {inline(decision.reason)}" if decision.reason else ""
    return f"{what}, by {inline(decision.actor, 60)}, {when}{until}{why}"


def render_kept_back(kept: Sequence[Waiting]) -> Iterator[str]:
    """Versions at a gate, behind a hold or in the stage; the newest first."""
    for one in kept[:MOST_LISTED]:
        hint = code("/promote " + one.app) if one.staged else code(f"/approve {one.app} {one.version}")
        yield f"waits: {inline(one.version, 80)} of {link(one.tag, one.url)}: {inline(one.reason)} {hint}"
    if len(kept) > MOST_LISTED:
        yield f"… and {len(kept) - MOST_LISTED} more that wait"
