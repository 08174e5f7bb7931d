"""A lease in Redis: one process leads, and another takes over when it is gone."""

import secrets
import time
from collections.abc import Callable
from typing import Any

import redis

from bot.enqueue.reachable import reachable

# KEYS: the lease; ARGV: owner, milliseconds. 1: ours now.
_HOLD = """
local owner = redis.call('GET', KEYS[1])
if owner == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) return 1 end
if owner then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_PREFIX = "altpress:lease:"
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Lease:
    """Held for `seconds` from each successful `hold`; call that at least three times as often."""

    def __init__(self, connection: redis.Redis, name: str, *, seconds: float = 10) -> None:
        self._key = f"{_PREFIX}{name}"
        self._owner = secrets.token_hex(16)
        self._seconds = seconds
        self._until = 0.0
        self._hold: Callable[..., Any] = connection.register_script(_HOLD)
        self._release: Callable[..., Any] = connection.register_script(_RELEASE)

    @property
    def held(self) -> bool:
        """By this process's clock, which started before Redis's: never longer than Redis says."""
        return time.monotonic() < self._until

    def hold(self) -> bool:
        """Take it, or keep it. Raises Unavailable; what is held then runs out by itself."""
        asked = time.monotonic()
        with reachable():
            ours = bool(self._hold(keys=[self._key], args=[self._owner, round(self._seconds * 1000)]))
        self._until = asked + self._seconds if ours else 0.0
        return ours

    def release(self) -> None:
        self._until = 0.0
        with reachable():
            self._release(keys=[self._key], args=[self._owner])


def is_led(connection: redis.Redis, name: str) -> bool:
    """Whether some process holds the lease now. Raises Unavailable."""
    with reachable():
        return bool(connection.exists(f"{_PREFIX}{name}"))
