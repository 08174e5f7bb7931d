"""Signs of life of processes that nothing else in Redis speaks for."""

import redis

from bot.enqueue.reachable import reachable

LASTS = 30  # seconds; a sign is given every two
PREFIX = "altpress:alive:"
WORKER_SEEN = 60.0  # seconds since a worker was heard of, after which it counts as gone; it is every five
WAITING = "a process that waits for migrations"  # a kind beside `scheduler`, as people are told it


def seen_anywhere(connection: redis.Redis) -> list[str]:
    """The kinds of processes that gave one lately, on whatever machine. Raises Unavailable."""
    with reachable():
        keys = [key.decode() for key in connection.scan_iter(f"{PREFIX}*", count=1000)]
    return sorted({key.removeprefix(PREFIX).partition(":")[0] for key in keys})


class SignsOfLife:
    """Of the processes of one kind, by the machine (or container) that they run on."""

    def __init__(self, connection: redis.Redis, kind: str, machine: str) -> None:
        self._redis = connection
        self._key = f"{PREFIX}{kind}:{machine}"

    def give(self) -> None:
        """Raises Unavailable."""
        with reachable():
            self._redis.set(self._key, 1, ex=LASTS)

    def seen(self) -> bool:
        """Whether one was given lately. Raises Unavailable."""
        with reachable():
            return bool(self._redis.exists(self._key))
