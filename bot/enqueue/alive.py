"""Signs of life of processes that nothing else in Redis speaks for."""

import redis

from bot.enqueue.reachable import reachable

LASTS = 30  # seconds; a sign is given every two


class SignsOfLife:
    """Of the processes of one kind, by the machine (or container) that they run on."""

    def __init__(self, connection: redis.Redis, kind: str, machine: str) -> None:
        self._redis = connection
        self._key = f"altpress:alive:{kind}:{machine}"

    def give(self) -> None:
        """Raises Unavailable."""
        with reachable():
            self._redis.set(self._key, 1, ex=LASTS)

    def seen(self) -> bool:
        """Whether one was given lately. Raises Unavailable."""
        with reachable():
            return bool(self._redis.exists(self._key))
