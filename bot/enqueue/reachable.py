"""redis-py's failures as ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError

from bot.errors import Unavailable


@contextmanager
def reachable() -> Iterator[None]:
    """Inside, a Redis that does not answer raises Unavailable; its address is never shown."""
    try:
        yield
    except RedisError as error:
        raise Unavailable(f"The queue does not answer ({type(error).__name__}).") from error
