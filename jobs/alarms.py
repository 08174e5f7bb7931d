"""Telling a site's maintainer what goes wrong on the way from and to GitHub, once for each cause."""

import logging
from collections.abc import Sequence

from bot.context import Context
from bot.errors import BotError
from bot.records import Publication, SiteState
from bot.replies import hidden
from bot.replies.text import one_line
from bot.replies.watching import render_not_live, render_silence, render_silence_over
from jobs.notify import find_said, give_back, tell_site

log = logging.getLogger(__name__)


def tell_not_live(
    ctx: Context, state: SiteState, publication: Publication, missing: Sequence[tuple[str, str]]
) -> None:
    """Published bytes that nobody can get: on their commit; once, until a publication is live again."""
    key = _not_live(publication.site)
    body = render_not_live(publication.site, ctx.settings.live_timeout, missing, hidden("not_live", key))
    tell_site(ctx, state, key, publication.commit, body)


def take_back_not_live(ctx: Context, site_key: str) -> None:
    """It is live: the next one that is not is told again."""
    ctx.store.notices.release(_not_live(site_key))


def _not_live(site_key: str) -> str:
    return f"not_live:{site_key}"


def tell_silence(ctx: Context, state: SiteState, repository: str, tags: Sequence[str]) -> str | None:
    """Releases that no webhook announced: an issue in the site; its address, or None when it is not told."""
    key = f"silence:{state.site.key}:{repository.lower()}:{tags[0]}"
    if not ctx.store.notices.claim(key, ctx.now_ms()):
        return None
    title = f"No webhooks arrive from {one_line(repository, 100)}"
    body = render_silence(repository, tags, ctx.settings.sweep_interval, hidden("silence", key))
    try:
        said = find_said(ctx, key, state.site.repository, body)
        return said or ctx.github.open_issue(state.site.repository, title, body)
    except BotError as refusal:
        give_back(ctx, key)
        log.warning("notice_not_told", extra={"site": state.site.key, "reason": refusal.public})
        return None


def tell_silence_over(ctx: Context, state: SiteState, repository: str, issue: str) -> None:
    """In the issue that told of it; a failure is no reason to try again for ever."""
    number = issue.rpartition("/")[2]
    body = render_silence_over(repository, hidden("silence_over", f"{state.site.key}:{number}"))
    try:
        ctx.github.reply(state.site.repository, int(number), body)
    except (BotError, ValueError) as refusal:
        log.warning("notice_not_told", extra={"site": state.site.key, "reason": type(refusal).__name__})
