"""No I/O. What one process has counted since it was last asked; threads may share it.

A count costs a few microseconds and never waits for anything but another count.
"""

import json
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

from bot.metrics.table import Metric

MOST_SERIES = 5_000  # of one process: a mistake in a label must not fill Redis
LONGEST_LABEL = 150
SUM = "sum"  # the slot of a histogram's sum; the others are upper bounds, the last `inf`
Field = tuple[str, str]  # the metric's name, and labels (and slot) as JSON


@dataclass(frozen=True)
class Budget:
    """What GitHub said last about one budget."""

    resource: str  # "core", "search", …
    installation: str  # its id, "app" or "token"
    remaining: int
    limit: int
    reset: int  # Unix seconds


@dataclass
class Batch:
    """What is to be added in Redis, and what is to be replaced there."""

    added: dict[Field, float] = field(default_factory=dict)
    budgets: dict[tuple[str, str], Budget] = field(default_factory=dict)
    newest: dict[Field, float | None] = field(default_factory=dict)  # None: there is none any more

    def __bool__(self) -> bool:
        return bool(self.added or self.budgets or self.newest)


class Meter:
    """Counts; `take` gives what was counted and begins anew."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batch = Batch()

    def count(self, metric: Metric, *labels: str, by: int = 1) -> None:
        """`by` more of a counter."""
        self._add(metric, build_field(metric, labels), by)

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """One more value of a histogram."""
        place = bisect_left(metric.buckets, value)
        bound = metric.buckets[place] if place < len(metric.buckets) else float("inf")
        self._add(metric, build_field(metric, labels, repr(float(bound))), 1)
        self._add(metric, build_field(metric, labels, SUM), float(value))

    @contextmanager
    def timing(self, metric: Metric, *labels: str) -> Iterator[None]:
        """Observe how long the block takes, however it ends."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.observe(metric, time.perf_counter() - began, *labels)

    def set(self, metric: Metric, value: float | None, *labels: str) -> None:
        """The newest value of a gauge; None: it has none any more."""
        with self._lock:
            self._batch.newest[metric.name, build_field(metric, labels)] = value

    def note(self, budget: Budget) -> None:
        with self._lock:
            self._batch.budgets[budget.resource, budget.installation] = budget

    def take(self) -> Batch:
        """Everything since the last `take`."""
        with self._lock:
            taken, self._batch = self._batch, Batch()
        return taken

    def put_back(self, batch: Batch) -> None:
        """What could not be saved waits for the next time; a newer budget or value stands."""
        with self._lock:
            for key, by in batch.added.items():
                self._batch.added[key] = self._batch.added.get(key, 0) + by
            self._batch.budgets = {**batch.budgets, **self._batch.budgets}
            self._batch.newest = {**batch.newest, **self._batch.newest}

    def _add(self, metric: Metric, name: str, by: float) -> None:
        key = (metric.name, name)
        with self._lock:
            added = self._batch.added
            if key in added or len(added) < MOST_SERIES:
                added[key] = added.get(key, 0) + by


def build_field(metric: Metric, labels: tuple[str, ...], slot: str | None = None) -> str:
    """The labels' values in their order, and a histogram's slot, as one JSON list."""
    if len(labels) != len(metric.labels):
        raise ValueError(f"{metric.name} has the labels {metric.labels}, not {len(labels)} of them")
    return _render(labels, slot)


@lru_cache(MOST_SERIES)
def _render(labels: tuple[str, ...], slot: str | None) -> str:
    values = [label[:LONGEST_LABEL] for label in labels]
    return json.dumps(values if slot is None else [*values, slot])
