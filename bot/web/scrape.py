"""What a scrape shows: what all processes have added up, and what there is at this moment.

A store that is away takes its own numbers with it, and nothing else: `altpress_dependency_up` and
`altpress_scrape_part_ok` say so. A scrape takes as long as `bot/web/looks.py` and `readings.py` wait.
"""

import math
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlsplit

from prometheus_client.metrics_core import Metric as Family

from bot import __version__
from bot.context import Context
from bot.enqueue.alive import WORKER_SEEN
from bot.metrics import table
from bot.metrics.meter import build_field
from bot.metrics.render import build_budgets, build_family, build_gauge, build_processes
from bot.metrics.table import Metric
from bot.records import SiteState
from bot.store import within
from bot.web.health import Health
from bot.web.looks import Part
from bot.web.readings import LONGEST, Readings

NEEDS = {"counts": "redis", "queue": "redis", "ledger": "mongodb", "backups": "mongodb", "sites": "mongodb"}


def make_scrape(context: Context, health: Health) -> Callable[[], list[Family]]:
    """What answers a scrape: all families that can be told now."""
    readings = Readings(
        {
            "counts": lambda: _counts(context),
            "queue": lambda: _queue(context),
            "ledger": lambda: _in_time(partial(_ledger, context)),
            "backups": lambda: _in_time(partial(_backups, context)),
            "sites": lambda: _in_time(partial(_sites, context)),
        }
    )
    return lambda: read_metrics(context, health, readings)


def read_metrics(context: Context, health: Health, readings: Readings) -> list[Family]:
    """All families, each part only when it answers: a scrape never waits for one that hangs."""
    parts = health.look()
    found = readings.read([name for name in readings.names if parts[NEEDS[name]].ok])
    answers = {name: part for name, part in parts.items() if part.ok}  # how long a refusal took says nothing
    latencies = {(n,): p.latency_ms / 1000 for n, p in answers.items() if p.latency_ms is not None}
    told = {(name,): float(found.get(name) is not None) for name in readings.names}
    families = [
        build_gauge(table.BUILD_INFO, {(__version__, platform.python_version()): 1.0}),
        build_gauge(table.SWEEP_INTERVAL, {(): float(context.settings.sweep_interval)}),
        build_gauge(table.DEPENDENCY_UP, {(name,): float(part.ok) for name, part in parts.items()}),
        build_gauge(table.DEPENDENCY_SECONDS, latencies),
        build_gauge(table.SCRAPE_OK, told),
    ]
    if (pending := _pending(parts)) is not None:
        families.append(build_gauge(table.MIGRATIONS, {(): pending}))
    return families + [family for part in found.values() for family in part or ()]


def _pending(parts: Mapping[str, Part]) -> float | None:
    """How many migrations; None where the part of the health that looks at them could not."""
    pending = parts["migrations"].facts.get("pending") if "migrations" in parts else None
    return float(pending) if isinstance(pending, int | float) else None


def _in_time(read: Callable[[], Iterable[Family]]) -> list[Family]:
    """MongoDB's own bound ends what nobody waits for any more."""
    with within(LONGEST):
        return list(read())


def _counts(context: Context) -> Iterator[Family]:
    context.flush_meter()
    loaded, now = context.counts.load(), context.clock()
    for metric in table.ADDED_UP:
        yield build_family(metric, loaded.added[metric.name])
    for metric in table.NEWEST:
        yield build_family(metric, _todays(context, metric, loaded.newest[metric.name]))
    yield from build_budgets(loaded.budgets, now)
    yield from build_processes(loaded.processes, now)


def _todays(context: Context, metric: Metric, fields: Mapping[str, float]) -> Mapping[str, float]:
    """What is of today's settings."""
    if metric is table.CERTIFICATE_ENDS:
        address = urlsplit(context.settings.public_url or "")
        name = build_field(metric, (address.hostname or "",))
        return {name: fields[name]} if address.scheme == "https" and name in fields else {}
    return fields


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


def _backups(context: Context) -> Iterator[Family]:
    """Where backups are made; one that was never made is infinitely old."""
    if context.settings.backup_to is None:
        return
    ended_ms = context.store.backups.last().ended_ms
    age = math.inf if ended_ms is None else max(context.now_ms() - ended_ms, 0) / 1000
    yield build_gauge(table.BACKUP_AGE, {(): age})
    yield build_gauge(table.BACKUP_INTERVAL, {(): float(context.settings.backup_interval)})


def _sites(context: Context) -> Iterator[Family]:
    sites = context.store.sites.all()
    yield from _hearings(context, sites)
    served = [site for site in sites if site.catalog is not None]
    behind = {(site.site.key,): float(site.generation > site.published_generation) for site in served}
    success = {(site.site.key,): site.success_ms / 1000 for site in served if site.success_ms}
    yield build_gauge(table.SITES, {(): float(len(sites))})
    yield build_gauge(table.SITES_BEHIND, {(): sum(behind.values())})
    yield build_gauge(table.SITE_BEHIND, behind)
    yield build_gauge(table.SITE_SUCCESS, success)


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
