"""What was left behind is found, at a price that does not grow with the work that waits."""

from typing import Any

import pytest
from redis import Redis
from rq.job import JobStatus
from rq.rate_limit import RateLimit, RateLimitRegistry

from bot.enqueue import Queue
from bot.enqueue.maintenance import clean_registries, find_leaking

MANY = 600


@pytest.fixture
def queue(redis_client: Redis) -> Queue:
    return Queue(redis_client, publish_interval=1)


def put(queue: Queue, name: str, limit: str) -> Any:
    return queue.rq.enqueue("jobs.sweep.sweep", job_id=name, rate_limit=RateLimit(limit, concurrency=1))


def questions(redis_client: Redis) -> int:
    """What Redis was asked so far."""
    stats: Any = redis_client.info("commandstats")
    return sum(int(told["calls"]) for told in stats.values())


def test_limits_that_are_used_are_left_alone_and_cost_two_questions_each(
    queue: Queue, redis_client: Redis
) -> None:
    for number in range(MANY):
        put(queue, f"job-{number}", f"limit-{number}")
    before = questions(redis_client)
    assert list(find_leaking(redis_client)) == []
    assert questions(redis_client) - before < 2 * MANY + 20
    redis_client.flushdb()


def test_a_slot_that_a_job_took_along_is_given_to_the_next(queue: Queue, redis_client: Redis) -> None:
    first, second = put(queue, "first", "limit"), put(queue, "second", "limit")
    assert second.get_status() == JobStatus.RATE_LIMITED
    first.set_status(JobStatus.FINISHED)
    clean_registries(queue.rq, [])
    assert second.get_status() == JobStatus.QUEUED
    assert RateLimitRegistry("limit", redis_client).get_allowed_job_ids() == ["second"]
    redis_client.flushdb()


def test_a_limit_that_nobody_uses_is_forgotten(queue: Queue, redis_client: Redis) -> None:
    job = put(queue, "only", "limit")
    redis_client.delete(job.key)  # done, and its worker killed before it gave the slot back
    for _ in range(2):
        clean_registries(queue.rq, [])
    assert RateLimitRegistry.all(redis_client) == []
    redis_client.flushdb()


def test_one_worker_looks_at_a_time(queue: Queue) -> None:
    assert [queue.rq.acquire_maintenance_lock() for _ in range(3)] == [True, False, False]
    queue.connection.flushdb()
