"""What came of work that somebody waits for on a page; kept for an hour, beside the queue."""

import hashlib
import json
from typing import NamedTuple

import redis

from bot.enqueue.reachable import reachable

KEPT = 3600  # seconds


class Outcome(NamedTuple):
    """The last end of one piece of work."""

    at_ms: int
    text: str  # one public sentence, or several
    done: bool
    generation: int = 0  # of the site: out once this much is published


class Outcomes:
    """By a job's token (`Job.token`). Raises Unavailable when Redis does not answer."""

    def __init__(self, connection: redis.Redis) -> None:
        self._redis = connection

    def note(self, token: str, outcome: Outcome) -> None:
        with reachable():
            self._redis.set(_key(token), json.dumps(outcome), ex=KEPT)

    def find(self, token: str) -> Outcome | None:
        with reachable():
            raw = self._redis.get(_key(token))
        return Outcome(*json.loads(raw)) if isinstance(raw, bytes) else None


def _key(token: str) -> str:
    return f"altpress:outcome:{hashlib.sha256(token.encode()).hexdigest()[:32]}"
