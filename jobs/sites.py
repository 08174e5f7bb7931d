"""What several jobs ask of a site: its state, its repositories, a publish."""

from bot.catalog import Catalog, parse_catalog
from bot.context import Context
from bot.errors import NotFound
from bot.records import Cause, Release, RepositoryFacts, SiteState
from jobs.trace import caused

PUBLISH = "publish:"  # how the tokens of publishes begin
FACTS_AGE_MS = 600_000  # repository facts older than this are read again


def load_site(ctx: Context, site_key: str) -> tuple[SiteState, Catalog]:
    """A site with its last valid catalog; the adapter learns its installation. Raises NotFound."""
    state = ctx.store.sites.find(site_key)
    if state is None or state.catalog is None:
        raise NotFound(f"{site_key}: no site with a valid catalog.")
    ctx.github.learn(state.site)
    return state, todays_catalog(state)


def todays_catalog(state: SiteState) -> Catalog:
    """The last valid catalog, with the names that its repositories have today. Raises BadCatalog."""
    catalog = parse_catalog(state.catalog or "")
    if not state.renamed:
        return catalog
    named = (state.renamed.get(app.repository.lower(), app.repository) for app in catalog.apps)
    apps = (
        app.model_copy(update={"repository": name}) for app, name in zip(catalog.apps, named, strict=True)
    )
    return catalog.model_copy(update={"apps": tuple(apps)})


def fetch_facts(ctx: Context, full_name: str, *, max_age_ms: int = FACTS_AGE_MS) -> RepositoryFacts:
    """A repository's facts, from the store, or from GitHub when they are old or unknown."""
    known = ctx.store.repositories.find(full_name)
    if known is not None and ctx.now_ms() - known[1] < max_age_ms:
        return known[0]
    facts = ctx.github.fetch_repository(full_name)
    ctx.store.repositories.save(facts, ctx.now_ms(), asked=full_name)
    return facts


def when_told(ctx: Context, site_key: str, release: Release) -> float | None:
    """When a CI job said that all files of the release are there, in seconds since 1970."""
    told_ms = ctx.store.ready.find(site_key, release.repository.id, release.tag)
    return None if told_ms is None else told_ms / 1000


def publish_token(site_key: str) -> str:
    """How a delivery knows the publish that it waits for."""
    return f"{PUBLISH}{site_key}"


def trigger_publish(ctx: Context, site_key: str, cause: Cause) -> None:
    """Have the site published because of `cause`; its delivery stays open until that is done."""
    if cause.delivery is not None:
        ctx.store.deliveries.add_tokens(cause.delivery, [publish_token(site_key)])
    ctx.store.sites.trigger(site_key, caused(ctx, cause))
    ctx.queue.enqueue_publish(site_key, now=ctx.clock())
