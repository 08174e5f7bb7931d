"""A site's report: its notices are told, and its issue is brought up to what is wrong now."""

from bot.context import Context
from bot.errors import BotError, RateLimited, Unavailable
from bot.records import NoticePlace, SiteState
from jobs.notify import raise_later
from jobs.outbox import enqueue_report, tell_due
from jobs.over import close_issues
from jobs.runner import job
from jobs.site_issue import update_issue
from jobs.trace import follow

LEASE_MS = 120_000  # one report of a site at a time; a killed worker's is taken up again after that
BUSY = 5.0  # seconds until the next look where another one is at it
ELSEWHERE = frozenset(NoticePlace) - {NoticePlace.SITE}


@job("report")
def report_site(ctx: Context, site_key: str, when: str | None = None) -> None:
    """Everything that waits to be told for the site; nothing for one that is not there any more.

    `when` keeps one that is put off apart from one that is not.
    """
    del when
    state = ctx.store.sites.find(site_key)
    if state is None:
        return
    follow(ctx, ctx.store.reports.take_asked(site_key))
    ctx.github.learn(state.site)
    now_ms = ctx.now_ms()
    if not ctx.store.reports.take(site_key, now_ms, now_ms + LEASE_MS):
        raise Unavailable(f"{site_key}: another report is under way.", retry_after=BUSY)
    try:
        later = _update(ctx, state)
        later += tell_due(ctx, state, ELSEWHERE, issue=None)
        close_issues(ctx, state)
    finally:
        ctx.store.reports.give_back(site_key)
    raise_later(later)
    if ctx.store.notices.due(site_key, ctx.now_ms()):  # all that was looked at is told, or put off
        enqueue_report(ctx, site_key)


def _update(ctx: Context, state: SiteState) -> list[BotError]:
    """What keeps the issue from being written keeps nobody else from being told."""
    try:
        return update_issue(ctx, state)
    except RateLimited:
        raise
    except BotError as error:
        return [error]
