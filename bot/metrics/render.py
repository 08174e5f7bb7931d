"""No I/O. Numbers -> Prometheus' text format, by way of prometheus-client."""

import json
import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import TypeVar

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family

from bot.metrics.meter import SUM, Budget
from bot.metrics.processes import SEEN, ProcessState
from bot.metrics.table import (
    GITHUB_LIMIT,
    GITHUB_REMAINING,
    PREFIX,
    PROCESS_MEMORY,
    PROCESS_MOST,
    PROCESS_OPEN,
    PROCESS_START,
    Metric,
)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FORGOTTEN = 86_400  # seconds after which a budget that nobody uses any more is left out


Labels = TypeVar("Labels", bound=tuple[str, ...])


def render_metrics(families: Iterable[Family]) -> str:
    """The text of a scrape."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(families))
    return generate_latest(registry).decode()


def build_family(metric: Metric, fields: Mapping[str, float]) -> Family:
    """One from its hash in Redis; what is not of this version's form is left out.

    Counters and histograms begin with every series that there may be, where few may be, at zero.
    """
    name, labels = f"{PREFIX}{metric.name}", list(metric.labels)
    parsed = list(_parse_fields(metric, fields))
    if metric.kind == "gauge":
        return build_gauge(metric, dict(parsed))
    expected = _expected(metric)
    if metric.kind == "counter":
        counter = CounterMetricFamily(name, metric.help, labels=labels)
        for values, value in sorted({**dict.fromkeys(expected, 0.0), **dict(parsed)}.items()):
            counter.add_metric(values, value)
        return counter
    histogram = HistogramMetricFamily(name, metric.help, labels=labels)
    by_labels: dict[tuple[str, ...], dict[str, float]] = {**{e: {} for e in expected}, **_by_labels(parsed)}
    for values, slots in sorted(by_labels.items()):
        histogram.add_metric(values, _cumulated(metric.buckets, slots), slots.get(SUM, 0.0))
    return histogram


def build_gauge(metric: Metric, values: Mapping[Labels, float]) -> Family:
    """A gauge from its values now, by those of its labels."""
    family = GaugeMetricFamily(f"{PREFIX}{metric.name}", metric.help, labels=list(metric.labels))
    for labels, value in sorted(values.items()):
        family.add_metric(labels, value)
    return family


def build_budgets(budgets: Sequence[Budget], now: float) -> list[Family]:
    """What GitHub still allows; a window that is over has its whole limit again."""
    current = [budget for budget in budgets if now - budget.reset <= FORGOTTEN]
    remaining = {
        (b.resource, b.installation): float(b.remaining if now < b.reset else b.limit) for b in current
    }
    limit = {(b.resource, b.installation): float(b.limit) for b in current}
    return [build_gauge(GITHUB_REMAINING, remaining), build_gauge(GITHUB_LIMIT, limit)]


def build_processes(states: Iterable[ProcessState], now: float) -> list[Family]:
    """The processes that were heard of lately."""
    seen = [state for state in states if now - state.at <= SEEN]
    shown: tuple[tuple[Metric, Callable[[ProcessState], float]], ...] = (
        (PROCESS_MEMORY, lambda state: state.memory),
        (PROCESS_OPEN, lambda state: state.open_fds),
        (PROCESS_MOST, lambda state: state.max_fds if state.max_fds >= 0 else math.inf),
        (PROCESS_START, lambda state: state.started),
    )
    return [build_gauge(metric, {(s.process, s.name): value(s) for s in seen}) for metric, value in shown]


class _Collector:
    """What prometheus-client asks for the families."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._families = families

    def collect(self) -> Iterable[Family]:
        return self._families


def _parse_fields(metric: Metric, fields: Mapping[str, float]) -> Iterator[tuple[tuple[str, ...], float]]:
    """Each series with its labels' values (and a histogram's slot behind them)."""
    width = len(metric.labels) + (metric.kind == "histogram")
    for name, value in fields.items():
        values = json.loads(name)
        if len(values) == width:
            yield tuple(values), value


def _expected(metric: Metric) -> list[tuple[str, ...]]:
    """The labels' values that are known before anything is counted."""
    if any(label not in metric.values for label in metric.labels):
        return []
    return list(product(*(metric.values[label] for label in metric.labels)))


def _by_labels(parsed: Iterable[tuple[tuple[str, ...], float]]) -> dict[tuple[str, ...], dict[str, float]]:
    found: defaultdict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
    for (*values, slot), value in parsed:
        found[tuple(values)][slot] = value
    return found


def _cumulated(bounds: Sequence[float], slots: Mapping[str, float]) -> list[tuple[str, float]]:
    """Prometheus' buckets: each holds all that is below it. An older version's bound goes up to a new one."""
    counts = [0.0] * (len(bounds) + 1)
    for slot, count in slots.items():
        if slot != SUM:
            counts[bisect_left(bounds, float(slot))] += count
    total, buckets = 0.0, []
    for bound, count in zip((*map(repr, map(float, bounds)), "+Inf"), counts, strict=True):
        total += count
        buckets.append((bound, total))
    return buckets
