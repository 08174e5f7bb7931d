"""No I/O. How long a request may wait for a store, so that some threads are always free for others.

Half of the threads may wait the whole time; what comes beyond them is not told to wait long, and nothing at
all once the store is known to hang: `/health/live` is answered whatever happens to MongoDB and Redis.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.errors import Unavailable

WHOLE = 2.5  # seconds; GitHub waits ten in all
CROWDED = 0.5  # seconds, beside as many others that wait as may
QUICK = 0.25  # seconds, after it did not answer: whether it does now
AWAY = 5.0  # seconds for which that is remembered
SLOW = "The database does not answer."


class Patience:
    """For all requests of a process together."""

    def __init__(
        self, threads: int, clock: Callable[[], float] = time.monotonic, *, slow: str = SLOW
    ) -> None:
        self._slow = slow
        self._room = max(1, threads // 2)
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting = 0
        self._away_until = float("-inf")

    @contextmanager
    def wait(self) -> Iterator[float]:
        """The seconds that what is inside may take. Raises Unavailable when there is no use in waiting."""
        seconds = self._enter()
        try:
            yield seconds
        finally:
            with self._lock:
                self._waiting -= 1

    @contextmanager
    def watch(self) -> Iterator[float]:
        """As `wait`, and what becomes of it tells how the database is."""
        with self.wait() as seconds:
            try:
                yield seconds
            except Unavailable:
                self._away_until = self._clock() + AWAY
                raise
            self._away_until = float("-inf")

    def _enter(self) -> float:
        with self._lock:
            crowded, away = self._waiting >= self._room, self._clock() < self._away_until
            if crowded and away:
                raise Unavailable(self._slow, retry_after=AWAY)
            self._waiting += 1
        if away:
            return QUICK
        return CROWDED if crowded else WHOLE
