"""What a scrape reads, each part in a thread of its own: one that hangs takes but its own numbers with it."""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial

from prometheus_client.metrics_core import Metric as Family
from redis.exceptions import RedisError

from bot.errors import Unavailable
from bot.web.attempt import Attempt

log = logging.getLogger(__name__)
LONGEST = 2.0  # seconds that a scrape waits for its parts, all together
Reading = Callable[[], Iterable[Family]]


class Readings:
    """Parts by name. One reading of each is under way at most, which all who ask meanwhile share."""

    def __init__(self, parts: Mapping[str, Reading]) -> None:
        self.names = tuple(parts)
        self._parts = parts
        self._under_way: dict[str, Attempt[list[Family] | None]] = {}
        self._lock = threading.Lock()

    def read(self, names: Collection[str]) -> dict[str, list[Family] | None]:
        """These parts; None for one that does not answer, or not in time."""
        with self._lock:
            readings = {name: self._begin(name) for name in names}
        ends = time.monotonic() + LONGEST
        return {name: reading.wait(ends - time.monotonic()) for name, reading in readings.items()}

    def _begin(self, name: str) -> Attempt[list[Family] | None]:
        current = self._under_way.get(name)
        if current is None or current.is_over:
            current = self._under_way[name] = Attempt(partial(_read, self._parts[name]), "scrape")
        return current


def _read(read: Reading) -> list[Family] | None:
    try:
        return list(read())
    except (Unavailable, RedisError) as error:
        log.info("metrics_not_read", extra={"reason": type(error).__name__})
    except Exception:  # the top of a thread: what can be told is told all the same
        log.exception("metrics_crashed")
    return None
