"""After a commit: the public address is fetched until it shows what was published.

raw.githubusercontent.com keeps a file for five minutes and Pages builds for one: only when the bytes are
there can anybody install what was released.
"""

import logging
import time
from collections.abc import Collection

from bot.catalog import Catalog
from bot.context import Context
from bot.errors import NotAllowed, NotFound, NotLive
from bot.github.public import LONGEST, compare_public
from bot.github.publisher import SiteTree
from bot.metrics.table import LIVE_SECONDS, LIVENESS, RELEASE_LIVE_SECONDS
from bot.records import Hosted, Job, Liveness, Publication, Site, SiteState
from bot.source.site import output_url
from jobs.alarms import take_back_not_live, tell_not_live
from jobs.branch import open_branch
from jobs.runner import job
from jobs.sites import load_site
from jobs.times import find_announced
from jobs.trace import follow

log = logging.getLogger(__name__)
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0  # seconds


def plan_wait(age: float) -> float:
    """Seconds until the next look, `age` seconds after the commit: half of what has passed."""
    return min(max(age / 2, FIRST_WAIT), LONGEST_WAIT)


def list_hosted(
    ctx: Context, state: SiteState, catalog: Catalog, tree: SiteTree, written: Collection[str]
) -> tuple[Hosted, ...]:
    """The `written` outputs as they are at `tree`; none where nobody may look, or nobody could see them."""
    hidden = state.repository.private and catalog.base_url is None
    if not ctx.settings.live_timeout or hidden:
        return ()
    base = ctx.base_url(state.site.repository, catalog.publish_to or state.site.branch)
    paths = [o.path for o in catalog.outputs if o.path in written and o.path in tree.blobs]
    found = [(path, output_url(catalog, base, path)) for path in paths]
    return tuple(Hosted(path=path, url=url, blob=tree.blobs[path]) for path, url in found if url)


def enqueue_live(ctx: Context, publication: Publication) -> None:
    """Have somebody look for it; the sweep does it again should this get lost."""
    if publication.outputs:
        args = (publication.site, publication.commit)
        ctx.queue.enqueue(Job(name="live", args=args, site=publication.site))


def watch_latest(ctx: Context, site_key: str) -> None:
    """A sweep's part: look again for the newest publication, unless it is known what came of it."""
    last = ctx.store.publications.latest(site_key)
    if last is not None and last.live in {None, Liveness.NOT_LIVE}:
        enqueue_live(ctx, last)


@job("live")
def check_live(ctx: Context, site_key: str, commit: str) -> None:
    """Raises NotLive to come back."""
    publication = ctx.store.publications.find(site_key, commit)
    if publication is None or publication.live in {Liveness.LIVE, Liveness.SUPERSEDED}:
        return
    follow(ctx, publication.causes)
    state, catalog = load_site(ctx, site_key)
    site = state.site.model_copy(update={"branch": catalog.publish_to or state.site.branch})
    missing = _find_missing(ctx, site, publication)
    if not missing:
        _note_live(ctx, publication)
    elif _is_superseded(ctx, site, publication):
        _note(ctx, publication, Liveness.SUPERSEDED)
    else:
        _wait(ctx, state, publication, missing)


def _find_missing(ctx: Context, site: Site, publication: Publication) -> list[tuple[str, str]]:
    """Address and reason of each output that does not show what was published; all in the time of one."""
    own, ends = ctx.settings.github_api_url, time.monotonic() + LONGEST
    missing = []
    for output in publication.outputs:
        try:
            expected = ctx.github.fetch_blob(site, output.blob, ctx.store.blobs)
            shown = compare_public(output.url, expected, own=own, seconds=ends - time.monotonic())
        except (NotAllowed, NotFound) as error:
            missing.append((output.url, error.public))
            continue
        if not shown.same:
            missing.append((output.url, shown.why))
    return missing


def _is_superseded(ctx: Context, site: Site, publication: Publication) -> bool:
    """Whether the branch holds other bytes by now: another publication's, or somebody's own."""
    try:
        branch = open_branch(ctx, site)
    except NotFound:
        return True
    return any(branch.sha(output.path) != output.blob for output in publication.outputs)


def _wait(ctx: Context, state: SiteState, publication: Publication, missing: list[tuple[str, str]]) -> None:
    age = max(ctx.now_ms() - publication.at_ms, 0) / 1000
    if age < ctx.settings.live_timeout:
        raise NotLive(missing[0][1], retry_after=plan_wait(age))
    if _note(ctx, publication, Liveness.NOT_LIVE):
        log.error("not_live", extra={"commit": publication.commit, "reason": missing[0][1]})
    tell_not_live(ctx, state, publication, missing)  # once; also where it could not be told when it was news


def _note_live(ctx: Context, publication: Publication) -> None:
    now_ms = ctx.now_ms()
    if not _note(ctx, publication, Liveness.LIVE):
        return
    seconds = max(now_ms - publication.at_ms, 0) / 1000
    ctx.meter.observe(LIVE_SECONDS, seconds)
    released_ms = min(find_announced(ctx, publication), default=None)
    since_release = None if released_ms is None else max(now_ms - released_ms, 0) / 1000
    if since_release is not None:
        ctx.meter.observe(RELEASE_LIVE_SECONDS, since_release)
    fields = {"commit": publication.commit, "seconds": seconds, "since_release": since_release}
    log.info("publication_live", extra=fields)
    take_back_not_live(ctx, publication.site)


def _note(ctx: Context, publication: Publication, live: Liveness) -> bool:
    """Whether this is news."""
    changed = ctx.store.publications.set_live(publication.site, publication.commit, live, ctx.now_ms())
    if changed:
        ctx.meter.count(LIVENESS, live.value)
    return changed
