"""How often an address may try a password: five times at once, then with a pause that doubles.

Each try is counted before the password is looked at, so that many at once gain nothing; a right one forgets
them. The counts lie in Redis, shared by all web processes; without Redis nobody signs in.
"""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Any

import redis

from bot.enqueue.reachable import reachable

FREE = 5
FIRST_PAUSE = 5  # seconds
LONGEST_PAUSE = 900
FORGOTTEN = 3600

# KEYS: count, pause; ARGV: free, first pause, longest pause, forgotten. 0: go on, else seconds to wait.
_TRY = """
local left = redis.call('TTL', KEYS[2])
if left > 0 then return left end
local count = redis.call('INCR', KEYS[1])
redis.call('EXPIRE', KEYS[1], ARGV[4])
local over = count - tonumber(ARGV[1])
if over >= 0 then
  local pause = math.min(tonumber(ARGV[2]) * 2 ^ math.min(over, 20), tonumber(ARGV[3]))
  redis.call('SET', KEYS[2], 1, 'EX', string.format('%d', pause))
end
return 0
"""


class Throttle:
    """Raises Unavailable when Redis does not answer."""

    def __init__(self, connection: redis.Redis) -> None:
        self._redis = connection
        self._try: Callable[..., Any] = connection.register_script(_TRY)

    def attempt(self, address: str | None) -> int:
        """Seconds that this address must wait; 0 lets it try once."""
        with reachable():
            return int(self._try(keys=_keys(address), args=[FREE, FIRST_PAUSE, LONGEST_PAUSE, FORGOTTEN]))

    def forget(self, address: str | None) -> None:
        """It knew the password."""
        with reachable():
            self._redis.delete(*_keys(address))


def group_address(address: str | None) -> str:
    """Who counts as one: an IPv4 address, or an IPv6 network of 64 bits (a home has that many)."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return f"{IPv6Address(int(found) >> 64 << 64)}/64"
    return str(found)


def _keys(address: str | None) -> list[str]:
    name = group_address(address)
    return [f"altpress:login:{name}", f"altpress:login:{name}:pause"]
