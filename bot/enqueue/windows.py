"""When a site may be published: at once, then once at the end of each interval in which it was triggered.

So the longest wait is the interval. A publish that has to wait for writes (`bucket.py`) stretches it: its new
window is when it is its turn, and takes in everything that is triggered before.
"""

from collections.abc import Callable
from typing import Any

import redis

# The window that a trigger at `now` falls into, in milliseconds. A later one starts on a whole second: RQ's
# scheduler drops the fraction, and a job that starts before its window opens could miss a trigger.
# The value is the start, and for a stretched window how far ahead it was. A start that is further ahead than
# it was made can only come from a clock that was put back: it is forgotten.
# KEYS: the site's key; ARGV: now, interval. Returns {start, 1 when this trigger opened the window}.
_OPEN = """
local now, interval = tonumber(ARGV[1]), tonumber(ARGV[2])
local first, span = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) ?(%d*)$')
local start, ahead = tonumber(first or '-1'), tonumber(span or '') or interval
if start > now and start <= now + ahead + 1000 then return {start, 0} end
local window = now
if start >= 0 and start <= now and now < start + interval then
  window = math.ceil((start + interval) / 1000) * 1000
end
redis.call('SET', KEYS[1], string.format('%d', window), 'PX', 2 * interval + 60000)
return {window, 1}
"""

# KEYS: the site's key; ARGV: the window's start. A later window, with a job of its own, stays.
_CLOSE = """
local start = string.match(redis.call('GET', KEYS[1]) or '', '^%d+')
if start == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class Windows:
    """One window a site, shared by all processes through Redis."""

    def __init__(self, connection: redis.Redis, interval: float) -> None:
        self._redis = connection
        self._interval_ms = round(interval * 1000)
        self._open: Callable[..., Any] = connection.register_script(_OPEN)
        self._close: Callable[..., Any] = connection.register_script(_CLOSE)

    def open(self, site_key: str, now_ms: int) -> tuple[int, bool]:
        """Start of the window of a trigger at `now_ms`, and whether it is a new one."""
        start, opened = self._open(keys=[_key(site_key)], args=[now_ms, self._interval_ms])
        return int(start), bool(opened)

    def close(self, site_key: str, start: str) -> None:
        """The window that began at `start` made no commit: the next trigger need not wait for its end."""
        self._close(keys=[_key(site_key)], args=[start])

    def stretch(self, site_key: str, start_ms: int, now_ms: int) -> None:
        """The next window begins at `start_ms`, however far ahead."""
        span = max(start_ms - now_ms, 1)
        self._redis.set(_key(site_key), f"{start_ms} {span}", px=span + 2 * self._interval_ms + 60_000)

    def stretched_until(self, site_key: str, now_ms: int) -> int | None:
        """When the next window begins, in milliseconds, where it was stretched; else None."""
        value = self._redis.get(_key(site_key))
        first, _, span = value.decode().partition(" ") if isinstance(value, bytes) else ("0", "", "")
        return int(first) if span and now_ms < int(first) <= now_ms + int(span) + 1000 else None

    def is_passed_over(self, site_key: str, start: str, now_ms: int) -> bool:
        """Whether a stretched window, later than that of `start`, takes in everything that there is."""
        value = self._redis.get(_key(site_key))
        first, _, span = value.decode().partition(" ") if isinstance(value, bytes) else ("0", "", "")
        return bool(span) and start != first and now_ms < int(first) <= now_ms + int(span) + 1000


def _key(site_key: str) -> str:
    return f"altpress:window:{site_key}"
