"""Looks at things that may hang: one at a time at each, shared by all who ask, and never waited for long.

A thing that hangs costs one thread however long it does and however often it is asked about. Those who ask
are held for `LONGEST` when it has just begun to hang, for `QUICK` once that is known, and not at all when
enough others wait already: they get what was seen last. (`Readings` remembers nothing: a number of before is
no number of now.)
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from bot.errors import BotError
from bot.web.attempt import Attempt

log = logging.getLogger(__name__)
LONGEST = 1.25  # seconds that a look may take; what takes longer is not well
QUICK = 0.25  # seconds to wait for what was not well before
FRESH = 0.25  # seconds for which a look is good: a hundred probes a second cost four looks
KNOWN = 15.0  # seconds for which the last look speaks for one that is under way
NO_ANSWER = "no answer"
Fact = str | float | bool | None


@dataclass(frozen=True)
class Part:
    """How one thing is."""

    ok: bool
    detail: str | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)  # numbers about it
    latency_ms: float | None = None  # how long the look took; None when it did not end in time
    since: float | None = None  # Unix seconds: from when on it was as it is (`ok`), as far as was seen


Check = Callable[[], Part]


class Looks:
    """At several parts, at all at once. `room`: so many who ask may wait at a time."""

    def __init__(self, checks: Mapping[str, Check], room: int = 4) -> None:
        self._watched = {name: Watched(check) for name, check in checks.items()}
        self._room = threading.BoundedSemaphore(max(1, room))

    def look(self) -> dict[str, Part]:
        """Every part, in `LONGEST` seconds at most."""
        for each in self._watched.values():
            each.begin()
        waits = self._room.acquire(blocking=False)
        try:
            return {name: each.read(waits=waits) for name, each in self._watched.items()}
        finally:
            if waits:
                self._room.release()


class Watched:
    """One part."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._lock = threading.Lock()
        self._attempt: Attempt[None] | None = None
        self._began = self._ended = float("-inf")
        self._last: Part | None = None

    def begin(self) -> None:
        """Look, unless somebody does or just did."""
        with self._lock:
            now = time.monotonic()
            if self._ended < self._began or now - self._ended < FRESH:
                return
            self._began, self._attempt = now, Attempt(self._look, "health")

    def read(self, *, waits: bool) -> Part:
        """How it is. Without `waits` from memory, where there is one."""
        with self._lock:
            attempt, last, began, ended = self._attempt, self._last, self._began, self._ended
            patience = QUICK if last is not None and not last.ok else LONGEST
            left = began + patience - time.monotonic()
        remembered = last is not None and time.monotonic() - ended < KNOWN
        if attempt is not None and (waits or last is None):
            attempt.wait(left)
        with self._lock:
            if self._ended >= began and self._last is not None:
                return self._last
            if last is not None and (not last.ok or (remembered and not waits and left > 0)):
                return last
            return self._note(Part(ok=False, detail=NO_ANSWER))

    def _look(self) -> None:
        part = _safely(self._check)
        with self._lock:
            self._ended = time.monotonic()
            took = self._ended - self._began
            if took > LONGEST and part.ok:
                part = Part(ok=False, detail=NO_ANSWER)
            self._note(replace(part, latency_ms=round(took * 1000, 1)))

    def _note(self, part: Part) -> Part:
        """It stays as it was until `ok` changes. Call it with the lock held."""
        before = self._last
        since = before.since if before is not None and before.ok == part.ok else round(time.time(), 3)
        self._last = replace(part, since=since)
        return self._last


def _safely(check: Check) -> Part:
    try:
        return check()
    except BotError as error:
        return Part(ok=False, detail=error.public)
    except Exception:  # the top of a thread: whoever asks is told that it could not be looked at
        log.exception("health_crashed")
        return Part(ok=False, detail="it could not be looked at")
