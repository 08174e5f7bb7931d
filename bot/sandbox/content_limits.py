"""GitHub's secondary limits of what creates content: 80 requests a minute and 500 an hour, by identity.

Always counted, and kept when somebody asks for it (`PUT /_sandbox/limits`): then what is too much is answered
with 403 and `Retry-After`, as on GitHub. Nobody is told how much is left: GitHub does not tell either.
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
"""

import math
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bot.sandbox.shapes import Json

WRITES = frozenset({"POST", "PATCH", "PUT", "DELETE"})


@dataclass(frozen=True, slots=True)
class Bounds:
    """`minute` and `hour` are how many; a test may make both windows shorter, by `speed`."""

    enforced: bool = False
    minute: int = 80
    hour: int = 500
    speed: float = 1.0  # 60: a minute passes in a second

    def windows(self) -> tuple[tuple[int, float], ...]:
        return (self.minute, 60 / self.speed), (self.hour, 3600 / self.speed)


@dataclass(slots=True)
class _Used:
    times: deque[float] = field(default_factory=deque)  # of the last hour
    total: int = 0
    refused: int = 0
    most: list[int] = field(default_factory=lambda: [0, 0])  # in any minute, in any hour


class ContentLimits:
    """Safe for threads."""

    def __init__(self, bounds: Bounds = Bounds(), clock: Callable[[], float] = time.monotonic) -> None:
        self.bounds = bounds
        self._clock, self._lock = clock, threading.Lock()
        self._used: defaultdict[str, _Used] = defaultdict(_Used)

    def set(self, bounds: Bounds) -> None:
        """From now on; what was counted is forgotten."""
        with self._lock:
            self.bounds = bounds
            self._used.clear()

    def use(self, identity: str) -> int | None:
        """One more write: None when it may be made, or the seconds after which it may be tried again."""
        now = self._clock()
        with self._lock:
            used = self._used[identity]
            windows = self.bounds.windows()
            while used.times and used.times[0] <= now - windows[-1][1]:
                used.times.popleft()
            for index, (most, seconds) in enumerate(windows):
                recent = [at for at in used.times if at > now - seconds]
                if self.bounds.enforced and len(recent) >= most:
                    used.refused += 1
                    return math.ceil(recent[0] + seconds - now)
                used.most[index] = max(used.most[index], len(recent) + 1)
            used.times.append(now)
            used.total += 1
        return None

    def show(self) -> Json:
        """What was used, by identity: all, the most in any window, and how many were refused."""
        with self._lock:
            return {
                name: {
                    "total": used.total, "refused": used.refused,
                    "most_in_minute": used.most[0], "most_in_hour": used.most[1],
                }
                for name, used in self._used.items()
            }  # fmt: skip


def parse_bounds(values: Json) -> Bounds:
    """Raises ValueError for unknown names and values out of range."""
    kinds = {"enforced": bool, "minute": int, "hour": int, "speed": (int, float)}
    for name, value in values.items():
        if name not in kinds:
            raise ValueError(f"unknown: {name}; there are {', '.join(kinds)}")
        if not isinstance(value, kinds[name]) or (name != "enforced" and value <= 0):  # type: ignore[arg-type]  # a table of types
            raise ValueError(f"{name} is no such value: {value!r}")
    return replace(Bounds(), **values)
