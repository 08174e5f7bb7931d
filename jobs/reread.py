"""Read releases of some apps again: what `/rebuild` and `/retry` ask for.

A look that only compares is done at once, so that the answer says what was found. Where every file is read
anew, each release is a job of its own: that takes as long as it takes, and a failure comes back by itself.
"""

import re
from collections.abc import Collection, Sequence

from bot.catalog import Catalog
from bot.commands import Reread
from bot.context import Context
from bot.errors import BotError, NotAllowed, NotReady
from bot.records import Cause, CauseKind, Job, Release, RepositoryFacts, SiteState
from jobs.notify import raise_later
from jobs.reading import Reader
from jobs.records import plan_scan, wanted_assets
from jobs.runner import job
from jobs.scan import records_of
from jobs.sites import fetch_facts, load_site, trigger_publish
from jobs.trace import caused

LONGEST_TEXT = 200  # characters of a command that go along with a job
_TOKEN = re.compile(r"reread:([^:]+):([^:]+):(\d+):([01]):([^:]*):(.*):(https?://\S+):([^:]+)", re.DOTALL)


@job("reread")
def reread_release(  # noqa: PLR0917  (RQ passes the values one by one)
    ctx: Context, site_key: str, repository: str, release_id: int, scratch: int,
    actor: str | None, text: str | None, url: str | None, delivery: str | None,
) -> None:  # fmt: skip
    """One release: what could not be read, and with `scratch` also what is known; then publish."""
    state, catalog = load_site(ctx, site_key)
    told = Cause(kind=CauseKind.COMMAND, delivery=delivery, actor=actor, text=text, url=url)
    cause = caused(ctx, told)
    facts = fetch_facts(ctx, repository)
    reader = Reader(
        ctx, state, catalog, facts, again=True, scratch=bool(scratch), because=lambda *_: cause
    )  # fmt: skip
    reading = reader.read_release(release_id)
    if reading.changed:
        trigger_publish(ctx, site_key, cause)
    raise_later(reading.later)


def reread_apps(ctx: Context, site_key: str, apps: Collection[str], cause: Cause) -> Reread:
    """What was found in all of them; `cause` is told in the commit. Raises NotFound without such a site."""
    state, catalog = load_site(ctx, site_key)
    names = dict.fromkeys(app.repository for app in catalog.apps if app.id in apps)
    cause = caused(ctx, cause)
    found = [_reread_repository(ctx, state, catalog, name, cause) for name in names]
    trigger_publish(ctx, site_key, cause)
    return _sum(found)


def begin_reread(
    ctx: Context, site_key: str, apps: Collection[str], cause: Cause, *, scratch: bool
) -> Reread:  # fmt: skip
    """Have releases of these apps read by jobs: with `scratch` all, else those with an unread file.

    `Reread.started` says how many. Raises NotFound without such a site.
    """
    state, catalog = load_site(ctx, site_key)
    chosen = catalog.model_copy(update={"apps": tuple(app for app in catalog.apps if app.id in apps)})
    names = dict.fromkeys(app.repository for app in chosen.apps)
    return _sum([_begin(ctx, state, chosen, name, cause, scratch=scratch) for name in names])


def _begin(
    ctx: Context, state: SiteState, chosen: Catalog, name: str, cause: Cause, *, scratch: bool
) -> Reread:  # fmt: skip
    try:
        facts, releases = _list_releases(ctx, state, chosen, name)
    except BotError as error:
        return Reread(0, 0, failed=(error.public,))
    if scratch:
        stale = [release.id for release in releases if wanted_assets(chosen, release)]
    else:
        mine = [r for r in records_of(ctx, state, facts) if chosen.app(r.app) is not None]
        stale = plan_scan(chosen, releases, mine, again=True)
    for release_id in stale:
        _enqueue(ctx, state, facts, release_id, cause, scratch=scratch)
    return Reread(releases=len(releases), changed=0, started=len(stale))


def _enqueue(
    ctx: Context, state: SiteState, facts: RepositoryFacts, release_id: int, cause: Cause, *, scratch: bool
) -> None:
    """The delivery of the command is over when all of it is."""
    text = (cause.text or "")[:LONGEST_TEXT]
    told = (cause.actor, text, cause.url, cause.delivery)
    args = (state.site.key, facts.full_name, release_id, int(scratch), *told)
    work = Job(name="reread", args=args, site=state.site.key, delivery=cause.delivery)
    if cause.delivery is not None:
        ctx.store.deliveries.add_tokens(cause.delivery, [work.token])
    ctx.queue.enqueue(work)


def read_token(token: str) -> Job | None:
    """The job that the ledger knows so; None where that does not say everything.

    The command that asked for it has its answer: nobody would ask for it again.
    """
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    site, repository, release, scratch, *told = found.groups()
    work = Job(
        name="reread",
        args=(site, repository, int(release), int(scratch), *told),
        site=site,
        delivery=told[-1],
    )
    return work if work.token == token else None


def _reread_repository(ctx: Context, state: SiteState, catalog: Catalog, name: str, cause: Cause) -> Reread:
    """One that cannot be read is told of, and stops no other."""
    try:
        facts, releases = _list_releases(ctx, state, catalog, name)
    except BotError as error:
        return Reread(0, 0, failed=(error.public,))
    reader = Reader(ctx, state, catalog, facts, again=True, because=lambda *_: cause)
    stale = plan_scan(catalog, releases, records_of(ctx, state, facts), again=True)
    readings = [reader.read_release(release_id) for release_id in stale]
    later = [error for reading in readings for error in reading.later]
    return Reread(
        releases=len(releases),
        changed=sum(reading.changed for reading in readings),
        waiting=sum(isinstance(error, NotReady) for error in later),
        failed=tuple(dict.fromkeys(e.public for e in later if not isinstance(e, NotReady))),
    )


def _list_releases(
    ctx: Context, state: SiteState, catalog: Catalog, name: str
) -> tuple[RepositoryFacts, Sequence[Release]]:
    """Raises NotAllowed where none of its apps may be published: then not even their count is told."""
    facts = fetch_facts(ctx, name, max_age_ms=0)
    reader = Reader(ctx, state, catalog, facts)
    apps = [app for app in catalog.apps if app.repository.lower() == facts.full_name.lower()]
    refusals = [refusal for app in apps if (refusal := reader.find_refusal(app))]
    if apps and len(refusals) == len(apps):
        raise NotAllowed(refusals[0])
    return facts, list(ctx.github.stream_releases(facts))


def _sum(found: Sequence[Reread]) -> Reread:
    return Reread(
        releases=sum(r.releases for r in found),
        changed=sum(r.changed for r in found),
        waiting=sum(r.waiting for r in found),
        failed=tuple(reason for r in found for reason in r.failed),
        started=sum(r.started for r in found),
    )
