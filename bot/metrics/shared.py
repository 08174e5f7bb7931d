"""The numbers of all processes together, in Redis: one hash a metric, one field a series.

Losing this Redis resets the counters, as a restart would: Prometheus expects that. A Redis that does not
answer never breaks a request or a job: what was counted waits in the process, or goes with it.
"""

import atexit
import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass

import redis
from redis.exceptions import RedisError

from bot.metrics.meter import Batch, Budget, Meter
from bot.metrics.processes import FORGOTTEN, ProcessState, describe_process
from bot.metrics.table import ADDED_UP, NEWEST

log = logging.getLogger(__name__)
KEY = "altpress:metrics:"
BUDGETS = f"{KEY}github_budgets"
PROCESSES = f"{KEY}processes"
FLUSH_EVERY = 1.0  # seconds
Sums = Mapping[str, Mapping[str, float]]  # by metric, by field


@dataclass(frozen=True)
class Loaded:
    """Everything that is in Redis."""

    added: Sums
    newest: Sums
    budgets: list[Budget]
    processes: list[ProcessState]


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
        for (metric, name), value in batch.newest.items():
            if value is None:
                pipeline.hdel(f"{KEY}{metric}", name)
            else:
                pipeline.hset(f"{KEY}{metric}", name, repr(value))
        pipeline.execute()

    def report_process(self, process: str, name: str, now: float) -> None:
        """How this process is; nothing where the system does not tell. Raises RedisError."""
        state = describe_process(process, name, now)
        if state is not None:
            self._redis.hset(PROCESSES, state.name, json.dumps(astuple(state)))

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

    def load(self) -> Loaded:
        """Everything. Raises RedisError."""
        pipeline = self._redis.pipeline(transaction=False)
        for metric in (*ADDED_UP, *NEWEST):
            pipeline.hgetall(f"{KEY}{metric.name}")
        pipeline.hgetall(BUDGETS)
        pipeline.hgetall(PROCESSES)
        *hashes, budgets, processes = pipeline.execute()
        sums = [{name.decode(): float(value) for name, value in found.items()} for found in hashes]
        return Loaded(
            added={metric.name: found for metric, found in zip(ADDED_UP, sums, strict=False)},
            newest={metric.name: found for metric, found in zip(NEWEST, sums[len(ADDED_UP) :], strict=True)},
            budgets=[Budget(*json.loads(value)) for value in budgets.values()],
            processes=[ProcessState(*json.loads(value)) for value in processes.values()],
        )

    def load_budgets(self) -> list[Budget]:
        """What GitHub said last. Raises RedisError."""
        return [Budget(*json.loads(value)) for value in self._redis.hgetall(BUDGETS).values()]

    def forget_processes(self, now: float) -> None:
        """Those that were not heard of for long. Raises RedisError."""
        found = [ProcessState(*json.loads(value)) for value in self._redis.hgetall(PROCESSES).values()]
        if gone := [state.name for state in found if now - state.at > FORGOTTEN]:
            self._redis.hdel(PROCESSES, *gone)


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
