"""How much may still be written to GitHub: one token bucket for each installation (or the token), in Redis.

GitHub takes 80 requests a minute and 500 an hour that create content, from one installation
(https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api). altpress plans for less, 65
and 450: what is reserved now is written seconds later, a killed worker cannot say what it wrote, and
replies are never held back.

- Minute: at most 65 in any 60 seconds, counted one by one. A burst goes at full speed and waits for less than
  a minute.
- Hour: 225 at once, refilled at 225 an hour; so never more than 450 in any hour, and one publish more every
  48 seconds while the work exceeds that, instead of nothing for the rest of the hour.

A publish reserves all its writes before the first. When there are too few, it gets a place in a line, with
the time at which it is its turn: the line goes by waiting time, and a site has one place in it, so that a
site with a burst gets as much as any other. A place that nobody comes back for is given up a minute later.

Notices and a site's issue reserve each of their writes, in a place beside the site's own. Replies and
reactions are charged after they were sent (`charge`): they borrow, below zero if need be, and publishes wait
for that.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import redis

from bot.enqueue.reachable import reachable

MINUTE, HOUR = 60.0, 3600.0  # seconds; GitHub's windows
BURST = 0.5  # of an hour's writes; the rest is what flows in during the hour
GRACE = 60.0  # seconds after its turn that a place in the line is kept
UNBOUNDED = 1_000_000_000
_PREFIX = "altpress:writes:"
_ACCOUNTS = f"{_PREFIX}accounts"

# KEYS: bucket, log of the last minute, line, places. ARGV: now, minute's length, burst, refill a millisecond.
# Times are milliseconds. A clock that was put back costs what would have flowed in since; GitHub asks for
# pauses of an hour at most, so a longer one is from before that.
_STATE = """
local now, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local burst, rate = tonumber(ARGV[3]), tonumber(ARGV[4])
local known = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'pause')
local tokens, pause = tonumber(known[1]), tonumber(known[3]) or 0
if pause > now + 3600000 then pause = 0 end
if tokens then tokens = math.min(burst, tokens + math.max(0, now - tonumber(known[2])) * rate) end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - window)
redis.call('ZREMRANGEBYSCORE', KEYS[2], now + window, '+inf')
local function size(entry) return tonumber(string.match(entry, ':(%-?%d+)$')) end
local function save(spent)
  redis.call('HSET', KEYS[1], 'tokens', tostring(tokens - spent), 'at', now)
  if spent ~= 0 then
    local number = redis.call('HINCRBY', KEYS[1], 'seq', 1)
    redis.call('ZADD', KEYS[2], now, number .. ':' .. spent)
  end
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, 7200000) end
end
"""

# ARGV, further: who, cost, minute's limit, grace. Returns milliseconds to wait; -1: nothing is known.
_RESERVE = f"""{_STATE}
if not tokens then return -1 end
local who, cost, limit, grace = ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local ahead, passed = 0, false
for _, other in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do
  local place = redis.call('HGET', KEYS[4], other) or '0 0'
  local wants, due = string.match(place, '^(%S+) (%S+)$')
  if other == who then passed = true
  elseif tonumber(due) + grace < now then
    redis.call('ZREM', KEYS[3], other) redis.call('HDEL', KEYS[4], other)
  elseif not passed then ahead = ahead + tonumber(wants) end
end
local need = ahead + cost
local wait = math.max(0, pause - now, (need - tokens) / rate)
local used, log = 0, redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')
for i = 1, #log, 2 do used = used + size(log[i]) end
local rounds = math.max(0, math.ceil(need / limit) - 1)
local rest, minute = used + need - rounds * limit, rounds * window
for i = 1, #log, 2 do
  if rest <= limit then break end
  rest = rest - size(log[i])
  minute = rounds * window + tonumber(log[i + 1]) + window - now
end
wait = math.ceil(math.max(wait, minute))
if wait > 0 then
  redis.call('ZADD', KEYS[3], 'NX', now, who)
  redis.call('HSET', KEYS[4], who, string.format('%d %d', cost, now + wait))
  save(0)
  return wait
end
redis.call('ZREM', KEYS[3], who) redis.call('HDEL', KEYS[4], who)
save(cost)
return 0
"""

_CHARGE = f"{_STATE} if tokens then save(tonumber(ARGV[5])) end return 0"  # ARGV, further: how many
# ARGV, further: what was written in the last minute, and in the last hour
_START = f"""{_STATE}
if not tokens then tokens = burst - tonumber(ARGV[6]) + tonumber(ARGV[5]) save(tonumber(ARGV[5])) end
"""
_PAUSE = f"{_STATE} if tokens then save(0) redis.call('HSET', KEYS[1], 'pause', ARGV[5]) end return 0"
_LEFT = f"{_STATE} return tostring(tokens or burst)"


class Spent(NamedTuple):
    """What was written lately, in writes."""

    minute: int
    hour: int


NOTHING = Spent(0, 0)


@dataclass(frozen=True)
class Limits:
    """Content writes that are planned for; 0 is no bound (an Enterprise Server without limits)."""

    minute: int = 65
    hour: int = 450

    @property
    def per_minute(self) -> int:
        return self.minute or UNBOUNDED

    @property
    def burst(self) -> float:
        return max(1.0, self.hour * BURST) if self.hour else UNBOUNDED

    @property
    def refill(self) -> float:
        """A millisecond."""
        return max(self.hour * (1 - BURST), 1.0) / HOUR / 1000 if self.hour else UNBOUNDED

    @property
    def most_at_once(self) -> int:
        """The largest reservation that can ever be granted."""
        return min(self.per_minute, int(self.burst))


class Bucket:
    """Shared by all processes. `account` is an installation's id, or "token". Raises Unavailable."""

    def __init__(self, connection: redis.Redis, limits: Limits) -> None:
        self.limits = limits
        self._redis = connection
        scripts = (_RESERVE, _CHARGE, _START, _PAUSE, _LEFT)
        self._reserve, self._charge, self._start, self._pause, self._left = (
            connection.register_script(script) for script in scripts
        )

    @property
    def unbounded(self) -> bool:
        return not (self.limits.minute or self.limits.hour)

    def reserve(
        self, account: str, who: str, cost: int, *, now: float, spent: Callable[[], Spent] = lambda: NOTHING
    ) -> float:
        """Take `cost` writes for `who` (a site's key): 0.0, or the seconds until it is its turn.

        `spent` is asked when Redis knows nothing (it was lost, or nothing was written for two hours). More
        than `limits.most_at_once` counts as that much.
        """
        if self.unbounded:
            return 0.0
        wanted = min(cost, self.limits.most_at_once)
        more = (who, wanted, self.limits.per_minute, round(GRACE * 1000))
        with reachable():
            if (wait := self._run(self._reserve, account, now, *more)) < 0:
                self._redis.sadd(_ACCOUNTS, account)
                self._run(self._start, account, now, *spent())
                wait = self._run(self._reserve, account, now, *more)
        return wait / 1000

    def charge(self, account: str, count: int, *, now: float) -> None:
        """`count` more were written without a reservation; fewer, when it is negative."""
        if count and not self.unbounded:
            with reachable():
                self._run(self._charge, account, now, count)

    def pause(self, account: str, seconds: float, *, now: float) -> None:
        """GitHub itself asked for a pause: nobody of this account writes before it is over."""
        if not self.unbounded:
            with reachable():
                self._run(self._pause, account, now, math.ceil((now + seconds) * 1000))

    def left(self, *, now: float) -> dict[str, float]:
        """By account: how many may be written at once, as far as the hour goes; below zero: borrowed."""
        with reachable():
            accounts = sorted(raw.decode() for raw in self._redis.smembers(_ACCOUNTS))  # type: ignore[union-attr]  # redis-py types both of its clients
            return {name: float(self._run(self._left, name, now)) for name in accounts}

    def _run(self, script: Callable[..., Any], account: str, now: float, *more: object) -> float:
        keys = [f"{_PREFIX}{account}{part}" for part in ("", ":minute", ":line", ":places")]
        moment, window = round(now * 1000), round(MINUTE * 1000)
        answer = script(keys=keys, args=[moment, window, self.limits.burst, self.limits.refill, *more])
        return float(answer or 0)
