"""Versions that wait are announced in their site's issue, once for each file and gate."""

from collections.abc import Sequence

from bot.context import Context
from bot.records import SiteState
from bot.replies.approval import render_wait
from bot.source.order import published
from bot.source.waiting import Wait
from jobs.site_issue import say_in_site_issue

MOST = 20  # of one publish, the newest: `/status` and the issue itself list them all


def announce_waits(ctx: Context, state: SiteState, waits: Sequence[Wait]) -> None:
    """`waits` are those that are new; a try that was cut off has them again, and nobody is told twice."""
    newest = sorted(waits, key=lambda wait: published(wait.record), reverse=True)[:MOST]
    for wait in reversed(newest):
        say_in_site_issue(ctx, state, _key(state.site.key, wait), render_wait(wait))


def _key(site_key: str, wait: Wait) -> str:
    record = wait.record
    return f"waits:{site_key}:{record.key}:{record.updated_at}:{record.verdict.code}"
