"""redis-py's failures as ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import AuthenticationError, RedisError

from bot.errors import QueueAway


@contextmanager
def reachable() -> Iterator[None]:
    """Inside, a Redis that does not answer raises QueueAway; its address is never shown."""
    try:
        yield
    except RedisError as error:
        raise QueueAway(f"The queue does not answer ({_why(error)}).") from error


def _why(error: RedisError) -> str:
    """The kind of the failure; the error's own words may hold the address."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "its TLS certificate is not trusted: see ssl_ca_certs"
    if isinstance(error, AuthenticationError):
        return "it refuses the password of ALTPRESS_REDIS_URL, or wants one"
    return type(error).__name__
