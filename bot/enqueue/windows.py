"""When a site may be published: at once, then once at the end of each interval in which it was triggered."""

from collections.abc import Callable
from typing import Any

import redis

# The window that a trigger at `now` falls into, in milliseconds. A later one starts on a whole second: RQ's
# scheduler drops the fraction, and a job that starts before its window opens could miss a trigger.
# A start beyond the next window can only come from a clock that was put back: it is forgotten.
# KEYS: the site's key; ARGV: now, interval. Returns {start, 1 when this trigger opened the window}.
_OPEN = """
local now, interval = tonumber(ARGV[1]), tonumber(ARGV[2])
local start = tonumber(redis.call('GET', KEYS[1]) or '-1')
if start > now and start <= now + interval + 1000 then return {start, 0} end
local window = now
if start >= 0 and start <= now and now < start + interval then
  window = math.ceil((start + interval) / 1000) * 1000
end
redis.call('SET', KEYS[1], string.format('%d', window), 'PX', 2 * interval + 60000)
return {window, 1}
"""

# KEYS: the site's key; ARGV: the window's start. A later window, with a job of its own, stays.
_CLOSE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class Windows:
    """One window a site, shared by all processes through Redis."""

    def __init__(self, connection: redis.Redis, interval: float) -> None:
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


def _key(site_key: str) -> str:
    return f"altpress:window:{site_key}"
