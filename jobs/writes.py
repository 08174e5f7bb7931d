"""Content writes to GitHub: planned for before a publish, so that its limits are not run into."""

import logging

from bot.context import Context
from bot.enqueue import Spent
from bot.enqueue.bucket import HOUR, MINUTE
from bot.errors import RateLimited, WritesWait
from bot.metrics.table import WRITES_WAITS
from bot.records import Site, SiteState

log = logging.getLogger(__name__)
PAUSE = 60.0  # seconds, where GitHub does not say for how long
EACH = 4  # writes of a publication whose own count nobody knows any more: tree, commit, ref, an icon
MOST_LOOKED_AT = 200  # publications of the last hour


def reserve_writes(ctx: Context, site: Site, cost: int, *, who: str | None = None) -> None:
    """Have `cost` writes granted, all or none. Raises WritesWait, until it is the site's turn.

    `who` has a place in the line beside the site's own, which is for its publishes.
    """
    account = account_of(ctx, site)
    wait = ctx.bucket.reserve(
        account, who or site.key, cost, now=ctx.clock(), spent=lambda: _spent(ctx, account)
    )  # fmt: skip
    if wait > 0:
        log.info("writes_wait", extra={"site": site.key, "writes": cost, "wait": round(wait, 1)})
        ctx.meter.count(WRITES_WAITS, site.key)
        raise WritesWait(f"{site.key}: GitHub's limits of writes are nearly used up.", retry_after=wait)
    ctx.reserved[account] += min(cost, ctx.bucket.limits.most_at_once)


def put_off(ctx: Context, state: SiteState, error: RateLimited) -> None:
    """The site's next publish is when it may write again; until then everything is merged into it."""
    wait = error.retry_after if error.retry_after is not None else PAUSE
    if not isinstance(error, WritesWait):  # GitHub itself: then the others need not ask
        ctx.bucket.pause(account_of(ctx, state.site), wait, now=ctx.clock())
    ctx.queue.put_off_publish(state.site.key, seconds=wait, now=ctx.clock())
    log.info("publish_put_off", extra={"code": error.code, "wait": round(wait, 1), "reason": error.public})


def account_of(ctx: Context, site: Site) -> str:
    """Whose limits a write to the site counts against."""
    installation = site.installation
    if installation is None:
        installation = ctx.github.find_installation(site.repository)
    return "token" if installation is None else str(installation)


def _spent(ctx: Context, account: str) -> Spent:
    """By what MongoDB knows, when Redis does not."""
    now = ctx.now_ms()
    found = [p for p in ctx.store.publications.page(MOST_LOOKED_AT) if p.at_ms > now - HOUR * 1000]
    sites = {state.site.key: state.site for state in ctx.store.sites.all()} if found else {}
    ours = [p for p in found if p.site in sites and account_of(ctx, sites[p.site]) == account]
    lately = [p for p in ours if p.at_ms > now - MINUTE * 1000]
    return Spent(len(lately) * EACH, len(ours) * EACH)
