"""Read all releases of some apps again, now, and have their site published: what `/rebuild` asks for."""

from collections.abc import Collection

from bot.catalog import Catalog
from bot.commands import Reread
from bot.context import Context
from bot.errors import BotError, NotAllowed, NotReady
from bot.records import Cause, SiteState
from jobs.reading import Reader
from jobs.records import plan_scan
from jobs.scan import records_of
from jobs.sites import fetch_facts, load_site, trigger_publish
from jobs.trace import caused


def reread_apps(ctx: Context, site_key: str, apps: Collection[str], cause: Cause) -> Reread:
    """What was found in all of them; `cause` is told in the commit. Raises NotFound without such a site."""
    state, catalog = load_site(ctx, site_key)
    names = dict.fromkeys(app.repository for app in catalog.apps if app.id in apps)
    cause = caused(ctx, cause)
    found = [_reread_repository(ctx, state, catalog, name, cause) for name in names]
    trigger_publish(ctx, site_key, cause)
    return Reread(
        releases=sum(r.releases for r in found),
        changed=sum(r.changed for r in found),
        waiting=sum(r.waiting for r in found),
        failed=tuple(reason for r in found for reason in r.failed),
    )


def _reread_repository(ctx: Context, state: SiteState, catalog: Catalog, name: str, cause: Cause) -> Reread:
    """One that cannot be read is told of, and stops no other."""
    try:
        facts = fetch_facts(ctx, name, max_age_ms=0)
        reader = Reader(ctx, state, catalog, facts, again=True, because=lambda *_: cause)
        _check_some_allowed(reader)
        releases = list(ctx.github.stream_releases(facts))
    except BotError as error:
        return Reread(0, 0, failed=(error.public,))
    stale = plan_scan(catalog, releases, records_of(ctx, state, facts), again=True)
    readings = [reader.read_release(release_id) for release_id in stale]
    later = [error for reading in readings for error in reading.later]
    return Reread(
        releases=len(releases),
        changed=sum(reading.changed for reading in readings),
        waiting=sum(isinstance(error, NotReady) for error in later),
        failed=tuple(dict.fromkeys(e.public for e in later if not isinstance(e, NotReady))),
    )


def _check_some_allowed(reader: Reader) -> None:
    """Raise NotAllowed where none of its apps may be published: not even a count of releases is told then."""
    name = reader.facts.full_name.lower()
    apps = [app for app in reader.catalog.apps if app.repository.lower() == name]
    refusals = [refusal for app in apps if (refusal := reader.find_refusal(app))]
    if apps and len(refusals) == len(apps):
        raise NotAllowed(refusals[0])
