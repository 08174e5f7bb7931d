"""A site's branch was pushed to, or a repository may have become a site: read it, and do what follows."""

import logging
from dataclasses import dataclass

from bot import decisions
from bot.catalog import CATALOG_PATHS, Catalog, app_repositories, parse_catalog
from bot.context import Context
from bot.errors import BadCatalog, NotFound
from bot.records import Cause, CauseKind, HeadCache, RepositoryFacts, Site, SiteState
from bot.source.site import default_identifier
from jobs.asked import revive_requests
from jobs.branch import Branch, open_branch, our_blobs, save_branch
from jobs.lockfile import import_lock
from jobs.notify import tell_bad_catalog, tell_moved_site
from jobs.remarks import tell_push
from jobs.runner import job
from jobs.scan import enqueue_stale
from jobs.site_issue import leave_site_issue, refresh_site_issue
from jobs.sites import fetch_facts, publish_token
from jobs.trace import caused
from jobs.troubles import note_catalog_read

log = logging.getLogger(__name__)
PLANNED_MS = 30_000  # a publish is noted at its end; what ran out while it was under way counts as not seen


@job("sync")
def sync_site(ctx: Context, target: str, delivery: str | None) -> None:
    """`target` is a site's key, or the full name of a repository."""
    before = ctx.store.sites.find(target)
    try:
        site, facts = _locate(ctx, target, before)
        before = before or ctx.store.sites.find(site.key)
        if before is None and not (_is_served(ctx, site) and _holds_catalog(ctx, site)):
            return
        main = open_branch(ctx, site)
    except NotFound as error:
        _forget(ctx, target, error.public)
        return
    if before is not None and before.site.key != site.key:
        _move(ctx, before, site)
    if main.catalog_path is None:
        if before is not None:
            leave_site_issue(ctx, before)
        _forget(ctx, site.key, "it holds no catalog any more")
        return
    _read(ctx, Seen(site, facts, main, main.catalog_path), before, delivery)


@dataclass(frozen=True)
class Seen:
    """A site as it is on GitHub now."""

    site: Site
    facts: RepositoryFacts
    main: Branch
    path: str  # of the catalog


def _locate(ctx: Context, target: str, before: SiteState | None) -> tuple[Site, RepositoryFacts]:
    """The site that the target names, under the repository's name of today. Raises NotFound."""
    name, _, branch = target.partition("@")
    if before is not None:
        ctx.github.learn(before.site)
    try:
        facts = fetch_facts(ctx, name, max_age_ms=0)
    except NotFound:
        ctx.github.find_covering(name)  # the App may have been removed and installed again: then once more
        facts = fetch_facts(ctx, name, max_age_ms=0)
    try:
        installation = ctx.github.find_covering(facts.full_name)
    except NotFound:
        ctx.store.repositories.forget(facts.full_name)  # seen, but not looked into
        raise
    site = Site(
        repository=facts.full_name,
        branch=before.site.branch if before else branch or branch_of(ctx, facts),
        installation=installation,
    )
    return site, facts


def branch_of(ctx: Context, facts: RepositoryFacts) -> str:
    """The branch that ALTPRESS_SITES names for the repository, else its default one."""
    for named in ctx.settings.sites:
        repository, _, branch = named.partition("@")
        if repository.lower() == facts.full_name.lower() and branch:
            return branch
    return facts.default_branch


def _is_served(ctx: Context, site: Site) -> bool:
    """With a token the settings name the sites; an App serves where it is installed."""
    named = {name.partition("@")[0].lower() for name in ctx.settings.sites}
    return not named or site.repository.lower() in named


def _holds_catalog(ctx: Context, site: Site) -> bool:
    return any(ctx.github.has_file(site.repository, path, site.branch) for path in CATALOG_PATHS)


def _forget(ctx: Context, key: str, reason: str) -> None:
    """Leave it alone. What is known of its assets stays, its lock says the rest, and the next sweep finds it
    when it is back: a 404 may have been a mishap.
    """
    state = ctx.store.sites.find(key)
    waiting = [cause.delivery for cause in state.causes if cause.delivery is not None] if state else []
    for delivery in waiting:  # nothing will be published for them here
        ctx.store.deliveries.settle(delivery, publish_token(key), ctx.now_ms())
    ctx.store.sites.remove(key)
    ctx.store.repositories.forget(key.partition("@")[0])
    log.info("site_forgotten", extra={"site": key, "reason": reason})


def _move(ctx: Context, before: SiteState, site: Site) -> None:
    """The site's repository is called otherwise now: what was to be published there goes with it."""
    # told first: once the old name is forgotten, this is no news to the next try
    said = parse_catalog(before.catalog).identifier if before.catalog else None
    identifier = None if said else before.identifier or default_identifier(before.site.repository)
    moved = before.model_copy(update={"site": site})
    tell_moved_site(ctx, moved, before.site.repository, identifier)
    ctx.store.sites.save(
        site, before.repository, head=None, catalog_sha=None, catalog=before.catalog, apps=before.apps
    )
    ctx.store.sites.note_renamed(site.key, before.renamed)
    if identifier is not None:
        ctx.store.sites.note_identifier(site.key, identifier)
    for cause in before.causes:
        if cause.delivery is not None:
            ctx.store.deliveries.add_tokens(cause.delivery, [publish_token(site.key)])
        ctx.store.sites.trigger(site.key, cause)
    ctx.store.reports.move(before.site.key, site.key)
    ctx.store.notices.move(before.site.key, site.key)
    ctx.store.decision_edits.move(before.site.key, site.key)
    _forget(ctx, before.site.key, "renamed")


def _read(ctx: Context, seen: Seen, before: SiteState | None, delivery: str | None) -> None:
    """Save what the branch says; an unreadable catalog leaves the last valid one in force."""
    sha = seen.main.tree.blobs[seen.path]
    try:
        text = _text(seen.main, seen.path)
        catalog = parse_catalog(text)
    except BadCatalog as error:
        state = _save_broken(ctx, seen, before, error)
        tell_bad_catalog(ctx, state, error, commit=seen.main.tree.commit, path=seen.path, sha=sha)
        refresh_site_issue(ctx, state)
        return
    note_catalog_read(ctx, seen.site.key)
    last = ctx.store.sites.load_head(seen.site.key)
    if last is not None and before is not None:
        tell_push(ctx, before, seen.main, catalog, last)
    ctx.store.sites.save(
        seen.site, seen.facts, head=seen.main.tree.commit, catalog_sha=sha, catalog=text,
        apps=app_repositories(catalog),
    )  # fmt: skip
    rewritten = last is None or last.blobs.get(seen.path) != sha
    rewritten |= before is None or before.catalog_sha != sha or before.catalog is None
    moved = rewritten or _moved(seen, catalog, last)
    moved |= before is not None and (before.repository != seen.facts or _has_run_out(ctx, seen.main, before))
    ready = moved and _follow(
        ctx, seen, catalog, first=before is None, rewritten=rewritten, delivery=delivery
    )
    # remembered last: killed before this, the next look finds the same changes again
    save_branch(ctx, seen.site, seen.main.tree, catalog)
    behind = before is not None and before.generation > before.published_generation
    behind |= before is not None and revive_requests(ctx, before)
    if ready or behind:  # what could not be published while altpress was not let in
        ctx.queue.enqueue_publish(seen.site.key, now=ctx.clock())
    now = ctx.store.sites.find(seen.site.key)
    if now is not None:
        refresh_site_issue(ctx, now)


def _text(main: Branch, path: str) -> str:
    return (main.read(path) or b"").decode("utf-8", "replace")


def _moved(seen: Seen, catalog: Catalog, last: HeadCache | None) -> bool:
    """Whether files of altpress's are other than at the last look."""
    return last is None or last.blobs != our_blobs(seen.main.tree, catalog)


def _has_run_out(ctx: Context, main: Branch, before: SiteState) -> bool:
    """Whether a decision went out of force since the last publish: nobody pushes when its time has come."""
    try:
        data = main.read(decisions.PATH)
        known = decisions.parse_decisions(data).decisions if data is not None else ()
    except BadCatalog:
        return False  # the publish tells whom it concerns
    ends = [decisions.seconds(decision.until) * 1000 for decision in known if decision.until is not None]
    since = (before.last_publish_ms or 0) - PLANNED_MS
    return any(since < end <= ctx.now_ms() for end in ends)


def _save_broken(ctx: Context, seen: Seen, before: SiteState | None, error: BadCatalog) -> SiteState:
    ctx.store.sites.save(
        seen.site, seen.facts, head=seen.main.tree.commit,
        catalog_sha=before.catalog_sha if before else None, catalog=before.catalog if before else None,
        problems=[str(problem) for problem in error.problems] or [error.public],
        apps=before.apps if before else (),
    )  # fmt: skip
    log.warning("catalog_unreadable", extra={"site": seen.site.key, "reason": error.public})
    return SiteState(site=seen.site, repository=seen.facts, head=seen.main.tree.commit)


def _follow(
    ctx: Context, seen: Seen, catalog: Catalog, *, first: bool, rewritten: bool, delivery: str | None
) -> bool:
    """Trigger a publish; a new catalog may want releases that nobody asked for before. Whether it may begin.

    A new site waits for the first of its releases, if there are any, rather than be published empty: their
    ingests enqueue the publish, and should none of them be readable, the sweep does.
    """
    key = seen.site.key
    commit = f"{seen.facts.html_url}/commit/{seen.main.tree.commit}"
    cause = Cause(kind=CauseKind.CATALOG, delivery=delivery, repository=seen.facts.full_name, url=commit)
    if delivery is not None:
        ctx.store.deliveries.add_tokens(delivery, [publish_token(key)])
    ctx.store.sites.trigger(key, caused(ctx, cause))
    state = ctx.store.sites.find(key)
    stale = 0
    if rewritten and state is not None:
        import_lock(ctx, state, seen.main, catalog)
        stale = enqueue_stale(ctx, state, catalog, catalog.apps, delivery)
    return not (first and stale)
