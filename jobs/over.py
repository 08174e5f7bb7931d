"""Issues in developers' repositories are closed once what they tell is over."""

import logging

from bot.context import Context
from bot.records import Notice, NoticePlace, SiteState
from bot.replies import hidden
from bot.replies.notices import render_over
from jobs.outbox import OVER, post
from jobs.standing import list_refused

log = logging.getLogger(__name__)


def close_issues(ctx: Context, state: SiteState) -> None:
    """Those of files that the site's issue would not list any more, each with a sentence.

    Not while a publish is due: it tells of a file before it saves what it found. Nor without a catalog that
    could be read (the site has just got another name, or database): nobody knows what it lists.
    """
    opened = ctx.store.notices.open_issues(state.site.key)
    now = ctx.store.sites.find(state.site.key) if opened else None
    if now is None or now.catalog is None or now.generation > now.published_generation:
        return
    refused = list_refused(ctx, now)
    for key, (repository, number) in opened.items():
        if key in refused:
            continue
        over = f"{OVER}{key}"
        notice = Notice(
            place=NoticePlace.CLOSING, repository=repository, where=str(number),
            body=render_over(now.site.key, hidden("over", over)),
        )  # fmt: skip
        post(ctx, now.site.key, over, notice)
        ctx.store.notices.leave_issue(key)
        log.info("issue_over", extra={"repository": repository, "number": number})
