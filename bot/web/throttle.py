"""No I/O. So many calls of one caller in a while, and no more."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

MOST_CALLERS = 1_000  # that are remembered; the one that was quiet the longest is forgotten first


class Throttle:
    """`most` calls in `seconds` for each caller; threads may share it."""

    def __init__(self, most: int, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._calls: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, caller: str) -> float:
        """Seconds until this caller may call; 0 lets it through, and counts."""
        with self._lock:
            now = self._clock()
            calls = self._calls.setdefault(caller, deque())
            self._calls.move_to_end(caller)
            while len(self._calls) > MOST_CALLERS:
                self._calls.popitem(last=False)
            while calls and calls[0] <= now - self._seconds:
                calls.popleft()
            if len(calls) >= self._most:
                return calls[0] + self._seconds - now
            calls.append(now)
            return 0.0
