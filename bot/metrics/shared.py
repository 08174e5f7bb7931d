"""The numbers of all processes together, in Redis: one hash a metric, one field a series.

Losing this Redis resets the counters, as a restart would: Prometheus expects that. A Redis that does not
answer never breaks a request or a job: what was counted waits in the process, or goes with it.
"""

import atexit
import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import astuple

import redis
from redis.exceptions import RedisError

from bot.metrics.meter import Batch, Budget, Meter
from bot.metrics.table import ADDED_UP

log = logging.getLogger(__name__)
KEY = "altpress:metrics:"
BUDGETS = f"{KEY}github_budgets"
FLUSH_EVERY = 1.0  # seconds
Added = Mapping[str, Mapping[str, float]]  # by metric, by field


class SharedCounts:
    """The hashes."""

    def __init__(self, connection: redis.Redis) -> None:
        self._redis = connection

    def add(self, batch: Batch) -> None:
        """All of it in one round trip, or nothing. Raises RedisError."""
        pipeline = self._redis.pipeline(transaction=True)
        for (metric, name), by in batch.added.items():
            pipeline.hincrbyfloat(f"{KEY}{metric}", name, by)
        for key, budget in batch.budgets.items():
            pipeline.hset(BUDGETS, json.dumps(key), json.dumps(astuple(budget)))
        pipeline.execute()

    def flush(self, meter: Meter) -> bool:
        """Save what the meter holds; False when Redis does not answer, and nothing is lost yet."""
        batch = meter.take()
        if not batch:
            return True
        try:
            self.add(batch)
        except RedisError as error:
            meter.put_back(batch)
            log.debug("metrics_kept_back", extra={"reason": type(error).__name__})
            return False
        return True

    def load(self) -> tuple[Added, list[Budget]]:
        """Everything. Raises RedisError."""
        pipeline = self._redis.pipeline(transaction=False)
        for metric in ADDED_UP:
            pipeline.hgetall(f"{KEY}{metric.name}")
        pipeline.hgetall(BUDGETS)
        *hashes, budgets = pipeline.execute()
        added = {
            metric.name: {name.decode(): float(value) for name, value in found.items()}
            for metric, found in zip(ADDED_UP, hashes, strict=True)
        }
        return added, [Budget(*json.loads(value)) for value in budgets.values()]

    def load_budgets(self) -> list[Budget]:
        """What GitHub said last. Raises RedisError."""
        return [Budget(*json.loads(value)) for value in self._redis.hgetall(BUDGETS).values()]


class Flusher:
    """Saves a long-lived process's counts every second, in a thread of its own."""

    def __init__(self, flush: Callable[[], bool], every: float = FLUSH_EVERY) -> None:
        self._flush = flush
        self._every = every
        self._stop = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._answered = True

    def start(self) -> None:
        """Does nothing the second time; call it where the process serves: threads do not follow a fork."""
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)
                    self._thread.start()
                    atexit.register(self.close)  # gunicorn ends its process without telling the application

    def close(self) -> None:
        """Save once more, unless Redis was away a moment ago: an end must not wait for it."""
        if self._stop.is_set():
            return
        self._stop.set()
        atexit.unregister(self.close)
        if self._thread is not None:
            self._thread.join(timeout=2 * self._every)
            if self._answered and not self._thread.is_alive():
                self._flush()

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            try:
                self._answered = self._flush()
            except Exception:
                log.exception("metrics_crashed")
