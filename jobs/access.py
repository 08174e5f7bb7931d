"""May a site publish a repository's files, and can its readers download them? What follows when not.

A version whose repository is hidden or gone leaves the source, and its record stays with that as its verdict:
when the repository is back, so is the version, without a download (docs/life.md).
"""

import logging
from collections.abc import Collection, Mapping

from bot.catalog import App, Catalog
from bot.context import Context
from bot.errors import NotFound, Unavailable
from bot.records import Cause, Record, RepositoryFacts, SiteState, Verdict
from bot.source.allowed import ALLOW_FILE, CLOSED, check_app_allowed, closed_code
from jobs.notify import tell_moved, tell_refused_app
from jobs.sites import fetch_facts
from jobs.troubles import note_mended

log = logging.getLogger(__name__)
TOLD = frozenset({"deleted", "privatized"})  # events that say why nobody sees it any more


def find_refusal(ctx: Context, state: SiteState, facts: RepositoryFacts, app: App) -> str | None:
    """Why the site may not publish the app, which it is then told; None when it may."""
    foreign = facts.private and facts.owner.lower() != state.repository.owner.lower()
    allow_file = _fetch_allow_file(ctx, facts.full_name) if foreign else None
    refusal = check_app_allowed(state.repository, facts, allow_file, app)
    if refusal is not None:
        tell_refused_app(ctx, state, app, refusal)
    else:
        note_mended(ctx, state.site.key, "app", app.id)
    return refusal


def _fetch_allow_file(ctx: Context, name: str) -> str | None:
    """Its text, None when there is none. Raises Unavailable where nobody knows.

    One 404 may be a mishap: what was there counts as gone once it has been away for `gone_after` seconds.
    """
    found = ctx.github.fetch_allow_file(name)
    if found is not None:
        ctx.store.repositories.note_allow_file(name, ctx.now_ms())
        return found
    try:
        fetch_facts(ctx, name, max_age_ms=0)
    except NotFound:
        raise Unavailable(f"{name} cannot be seen now: nobody knows whom it allows.") from None
    since = ctx.store.repositories.miss_allow_file(name, ctx.now_ms())
    if since is not None and ctx.now_ms() - since < ctx.settings.gone_after * 1000:
        raise Unavailable(f"{ALLOW_FILE} of {name} cannot be found just now: it was there before.")
    return None


def close_apps(
    ctx: Context, state: SiteState, repository_id: int, reasons: Mapping[str, str], *, code: str,
    cause: Cause | None,
) -> int:  # fmt: skip
    """Take the records of these apps (id -> reason) from that repository out of the source; how many."""
    changed = 0
    for record in ctx.store.records.of_site(state.site.key):
        if record.repository_id != repository_id or record.app not in reasons or not _is_open(record):
            continue
        told = closed_code(code, record.verdict)
        verdict = Verdict(accepted=False, code=told, reason=reasons[record.app])
        closed = record.model_copy(update={"verdict": verdict})
        changed += ctx.store.records.save(state.site.key, closed, cause=cause)
    return changed


def close_gone(ctx: Context, state: SiteState, catalog: Catalog, name: str, cause: Cause) -> int:
    """The repository was deleted, or hidden from altpress and everybody: its versions leave the source."""
    known = ctx.store.repositories.find(name)
    reason = f"{name} cannot be seen any more: it was deleted, or made private."
    apps = [app for app in catalog.apps if app.repository.lower() == name.lower()]
    ids = {known[0].id} if known else {
        record.repository_id
        for record in ctx.store.records.of_site(state.site.key)
        if record.repository.lower() == name.lower()
    }  # fmt: skip
    reasons = {app.id: reason for app in apps}
    stored = [r for r in ctx.store.records.of_site(state.site.key) if r.repository_id in ids]
    listed = any(record.app in reasons and _is_open(record) for record in stored)
    for app in apps if listed else ():  # before they are closed, after which it is no news to the next try
        tell_refused_app(ctx, state, app, reason)
    changed = sum(close_apps(ctx, state, number, reasons, code="gone", cause=cause) for number in ids)
    log.warning("repository_gone", extra={"repository": name, "changed": changed})
    return changed


def is_gone(ctx: Context, state: SiteState, catalog: Catalog, name: str, *, told: bool) -> bool:
    """Whether a repository that answered 404 just now is gone for its readers, too.

    It is when an event said so, or when it was so at an earlier look, long enough ago. A private one may only
    be out of altpress's sight, and where the site cannot be seen either, nothing is known at all.
    """
    if told:
        return True
    known = ctx.store.repositories.find(name)
    if known[0].private if known else _has_template(catalog, name):
        return False
    try:
        fetch_facts(ctx, state.site.repository, max_age_ms=0)
        ctx.github.find_covering(state.site.repository)
    except NotFound:
        return False
    since = ctx.store.repositories.note_missing(name, ctx.now_ms())
    return since is not None and ctx.now_ms() - since >= ctx.settings.gone_after * 1000


def note_name(ctx: Context, state: SiteState, name: str, facts: RepositoryFacts) -> SiteState:
    """Remember what a repository of the catalog is called today; a new name is told once."""
    old = next((old for old, new in state.renamed.items() if new.lower() == name.lower()), name.lower())
    renamed = {key: value for key, value in state.renamed.items() if key != old}
    if facts.full_name.lower() != old:
        renamed[old] = facts.full_name
    if renamed == state.renamed:
        return state
    if old in renamed:  # before it is noted, after which it is no news to the next try
        tell_moved(ctx, state, old, facts.full_name)
    ctx.store.sites.note_renamed(state.site.key, renamed)
    return state.model_copy(update={"renamed": renamed})


def refusals_of(
    ctx: Context, state: SiteState, facts: RepositoryFacts, apps: Collection[App]
) -> dict[str, str]:
    """The apps that may not be published, by id, each with the reason."""
    found = ((app.id, find_refusal(ctx, state, facts, app)) for app in apps)
    return {app_id: reason for app_id, reason in found if reason is not None}


def _is_open(record: Record) -> bool:
    """Whether a publish may list it, now or after the catalog was mended."""
    code = record.verdict.code or ""
    return record.facts is not None and not code.startswith((CLOSED, "changed_bytes"))


def _has_template(catalog: Catalog, name: str) -> bool:
    return any(app.repository.lower() == name.lower() and app.download_url for app in catalog.apps)
