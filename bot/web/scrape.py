"""What a scrape shows: what all processes have added up, and what there is at this moment.

A store that is away takes its own numbers with it, and nothing else: `altpress_dependency_up` says so.
"""

import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from prometheus_client.metrics_core import Metric as Family
from redis.exceptions import RedisError

from bot import __version__
from bot.context import Context
from bot.errors import Unavailable
from bot.metrics import SharedCounts, table
from bot.metrics.render import build_budgets, build_family, build_gauge
from bot.records import SiteState
from bot.web.health import Health
from bot.web.parts import WORKER_SEEN

Reading = Callable[[Context], Iterator[Family]]


def read_metrics(context: Context, health: Health) -> list[Family]:
    """All families, each part only when it answers: a scrape never waits for one that hangs."""
    parts = health.look()
    up = {(name,): float(part.ok) for name, part in parts.items()}
    build = {(__version__, platform.python_version()): 1.0}
    found = [build_gauge(table.BUILD_INFO, build), build_gauge(table.DEPENDENCY_UP, up)]
    for name, readings in (("redis", (_shared, _queue)), ("mongodb", (_ledger, _sites))):
        for read in readings if parts[name].ok else ():
            with suppress(Unavailable, RedisError):  # it went away since
                found += list(read(context))
    return found


def _shared(context: Context) -> Iterator[Family]:
    context.flush_meter()
    added, budgets = SharedCounts(context.queue.connection).load()
    for metric in table.ADDED_UP:
        yield build_family(metric, added[metric.name])
    yield from build_budgets(budgets, context.clock())


def _queue(context: Context) -> Iterator[Family]:
    now = datetime.now(UTC)
    depth = {(state,): float(count) for state, count in context.queue.depth()._asdict().items()}
    workers = sum(age <= WORKER_SEEN for age in context.queue.worker_ages(now=now))
    yield build_gauge(table.QUEUE_JOBS, depth)
    yield build_gauge(table.QUEUE_AGE, {(): context.queue.oldest_age(now=now)})
    yield build_gauge(table.WORKERS, {(): float(workers)})
    left = context.bucket.left(now=context.clock())
    yield build_gauge(table.WRITES_LEFT, {(account,): writes for account, writes in left.items()})


def _ledger(context: Context) -> Iterator[Family]:
    deliveries = context.store.deliveries
    counts = {(state,): float(count) for state, count in deliveries.counts().items()}
    oldest = deliveries.oldest_pending_ms()
    age = 0.0 if oldest is None else max(context.now_ms() - oldest, 0) / 1000
    yield build_gauge(table.LEDGER, counts)
    yield build_gauge(table.LEDGER_AGE, {(): age})


def _sites(context: Context) -> Iterator[Family]:
    sites = context.store.sites.all()
    yield from _hearings(context, sites)
    behind = sum(site.generation > site.published_generation for site in sites)
    yield build_gauge(table.SITES, {(): float(len(sites))})
    yield build_gauge(table.SITES_BEHIND, {(): float(behind)})


def _hearings(context: Context, sites: Sequence[SiteState]) -> Iterator[Family]:
    """Whether webhooks come; a site that no sweep has looked at yet has no age."""
    hearings, now_ms = context.store.hearings.all(), context.now_ms()
    ages: dict[tuple[str], float] = {}
    unannounced: dict[tuple[str], float] = {}
    for state in sites:
        key = (state.site.key,)
        apps = [found for name in state.apps if (found := hearings.get(name.lower()))]
        own = hearings.get(state.site.repository.lower())
        heard = [found.heard_ms or found.since_ms for found in (*apps, own) if found]
        if last := max(filter(None, heard), default=0):
            ages[key] = max(now_ms - last, 0) / 1000
        unannounced[key] = float(sum(len(found.unannounced) for found in apps))
    yield build_gauge(table.HEARD_AGE, ages)
    yield build_gauge(table.UNANNOUNCED, unannounced)
