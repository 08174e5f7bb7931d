"""How often something may be done: a count in Redis for each name, which begins anew after its time."""

import redis

from bot.enqueue.reachable import reachable

_PREFIX = "altpress:pace:"

# KEYS: the count. ARGV: most, milliseconds. The milliseconds to wait; 0: it may be done, and was counted.
_TAKE = """
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
if used >= tonumber(ARGV[1]) then return math.max(redis.call('PTTL', KEYS[1]), 1) end
redis.call('INCR', KEYS[1])
if used == 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
"""


def take_turn(connection: redis.Redis, name: str, *, most: int, seconds: float) -> float:
    """Seconds until it may be done; 0: now, and then it counts. Raises Unavailable."""
    with reachable():
        script = connection.register_script(_TAKE)
        wait = script(keys=[f"{_PREFIX}{name}"], args=[most, round(seconds * 1000)])
    return float(wait) / 1000
