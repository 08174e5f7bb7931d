"""What was left behind is found: by one worker, once in ten seconds, however many there are.

RQ has each worker look at each limit (`alone.py`), with several questions to Redis: with a thousand releases
that wait, 420 commands a job. Here all limits are looked at in a few round trips, and only those with
something to do are cleaned by RQ.
"""

from collections.abc import Callable, Iterator
from typing import Any

import redis
from rq import Queue
from rq.job import Job, JobStatus
from rq.rate_limit import RateLimitRegistry
from rq.registry import (
    DeferredJobRegistry,
    FailedJobRegistry,
    FinishedJobRegistry,
    ReadyJobRegistry,
    StartedJobRegistry,
)

_HOLDING = {JobStatus.QUEUED.value.encode(), JobStatus.STARTED.value.encode()}  # states that keep a slot
_STEP = 500  # limits in one round trip
_KINDS = (FinishedJobRegistry, StartedJobRegistry, FailedJobRegistry, DeferredJobRegistry, ReadyJobRegistry)
MAINTENANCE_INTERVAL = 10  # seconds


class WorkQueue(Queue):
    """RQ's queue with a maintenance lock that runs out by itself: until then nobody need look again."""

    def acquire_maintenance_lock(self) -> bool:
        return bool(self.connection.set(self.registry_cleaning_key, 1, nx=True, ex=MAINTENANCE_INTERVAL))


def clean_registries(queue: Queue, handlers: list[Callable[..., Any]]) -> None:
    """As RQ's function of the same name. `handlers` hear of jobs that were left behind."""
    for kind in _KINDS:
        registry = kind(queue.name, queue.connection, job_class=queue.job_class, serializer=queue.serializer)
        registry.cleanup(exception_handlers=handlers)
    for limit in find_leaking(queue.connection):
        limit.cleanup()


def find_leaking(connection: redis.Redis) -> Iterator[RateLimitRegistry]:
    """Limits with a slot that nobody uses: taken by a job that is over, or free."""
    limits = RateLimitRegistry.all(connection)
    for start in range(0, len(limits), _STEP):
        step = limits[start : start + _STEP]
        allowed = _read_allowed(connection, step)
        held = _read_held(connection, {job_id for job_ids in allowed for job_id in job_ids})
        for limit, job_ids in zip(step, allowed, strict=True):
            if not job_ids or not held.issuperset(job_ids):
                yield limit


def _read_allowed(connection: redis.Redis, limits: list[RateLimitRegistry]) -> list[list[bytes]]:
    with connection.pipeline(transaction=False) as pipeline:
        for limit in limits:
            pipeline.zrange(limit.allowed_key, 0, -1)
        return list(pipeline.execute())


def _read_held(connection: redis.Redis, job_ids: set[bytes]) -> set[bytes]:
    """Those of the jobs that may keep their slots."""
    ordered = sorted(job_ids)
    with connection.pipeline(transaction=False) as pipeline:
        for job_id in ordered:
            pipeline.hget(Job.key_for(job_id.decode()), "status")
        states = pipeline.execute()
    return {job_id for job_id, state in zip(ordered, states, strict=True) if state in _HOLDING}
