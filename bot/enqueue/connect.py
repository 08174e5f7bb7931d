"""The connection to Redis, for every process: on this machine or a managed one."""

from typing import Any

import redis

from bot.errors import BadSettings

CONNECT_TIMEOUT = 5.0  # seconds
ANSWER_TIMEOUT = 5.0  # seconds; RQ raises it for a worker that waits for a job
CHECK_AFTER = 30  # seconds of rest after which a connection is tried before it is used


def connect(url: str) -> redis.Redis:
    """A client; it connects when it is first used. What the URL says itself wins.

    `rediss://…?ssl_ca_certs=/path` is TLS with a CA of one's own. Raises BadSettings when the URL cannot be
    read; the URL is never shown.
    """
    options: dict[str, Any] = {
        "socket_connect_timeout": CONNECT_TIMEOUT,
        "socket_timeout": ANSWER_TIMEOUT,
        "health_check_interval": CHECK_AFTER,
    }
    if not url.startswith("unix:"):
        options["socket_keepalive"] = True  # managed ones sit behind balancers that forget quiet connections
    try:
        return redis.Redis.from_url(url, **options)
    except (ValueError, TypeError, redis.RedisError):
        raise BadSettings("ALTPRESS_REDIS_URL is not a Redis URL that can be used.") from None
