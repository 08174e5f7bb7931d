"""No I/O. Whether a Redis keeps what is put into it, from what it says of itself (`INFO`).

A managed one may leave out what it likes: what is not said is not held against it.
"""

from collections.abc import Mapping
from typing import Any

EVICTS = (
    "Redis may throw away queued work: maxmemory is set and maxmemory-policy is {policy}. "
    "Set maxmemory-policy to noeviction (a full queue must refuse work, never forget it)."
)
REPLICA = "Redis at ALTPRESS_REDIS_URL is a read-only replica: name its primary."
CLUSTER = "Redis at ALTPRESS_REDIS_URL is a cluster: the queue needs a single primary (cluster mode off)."
NO_FILE = (
    "Redis keeps no append-only file: work that was queued shortly before a crash of Redis waits for the "
    "next sweep to find it. Set appendonly to yes."
)


def check_redis(info: Mapping[str, Any]) -> list[str]:
    """Why altpress must not start with it; one public sentence each."""
    problems = []
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if int(info.get("maxmemory") or 0) > 0 and policy != "noeviction":
        problems.append(EVICTS.format(policy=policy))
    if info.get("role") == "slave":
        problems.append(REPLICA)
    if int(info.get("cluster_enabled") or 0):
        problems.append(CLUSTER)
    return problems


def check_redis_risks(info: Mapping[str, Any]) -> list[str]:
    """What an operator should know, but may want."""
    return [NO_FILE] if str(info.get("aof_enabled", "1")) == "0" else []
