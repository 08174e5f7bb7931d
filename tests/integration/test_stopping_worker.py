"""SIGTERM to a worker, and a Redis that goes away under one."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from redis import Redis
from rq import Retry
from rq.job import Job as RqJob
from rq.rate_limit import RateLimit, RateLimitRegistry
from rq.serializers import JSONSerializer

from bot.embedded.urls import mongo_url as url_of_mongo
from bot.embedded.urls import redis_url as url_of_redis
from bot.enqueue import Bucket, Limits, Queue, connect
from bot.enqueue.hand_back import HANDED_BACK
from bot.enqueue.machine import machine_name
from tests.integration.test_worker import settings
from tests.processes import Process, altpress, free_port, worker_of_tests
from tests.stores import mongo_server, redis_server, short_dir

__all__ = ["settings"]
PATIENCE = 60.0  # seconds, on a machine with other work
TOO_LONG = 50.0  # seconds: the job takes a minute
GRACE = 4.0  # the last three seconds are for letting go


@pytest.fixture
def queue(redis_client: Redis) -> Queue:
    return Queue(redis_client, publish_interval=1)


@pytest.fixture
def workers(settings: dict[str, object], redis_client: Redis, tmp_path: Path) -> Iterator["list[Process]"]:
    """Two workers; which takes what is theirs to find out."""
    impatient = {**settings, "stop_grace": GRACE}
    with ExitStack() as stack:
        found = [
            stack.enter_context(worker_of_tests(output=tmp_path / f"{n}.log", **impatient)) for n in range(2)
        ]
        found[0].wait_for(lambda: redis_client.scard("rq:workers") == 2, PATIENCE)
        yield found


def put(queue: Queue, function: str, name: str, **options: object) -> str:
    job = queue.rq.enqueue(
        f"tests.worker_jobs.{function}", name, job_id=name, result_ttl=0, failure_ttl=60, retry=Retry(max=3),
        rate_limit=RateLimit(f"limit:{name}", concurrency=1), **options,
    )  # fmt: skip
    return str(job.id)


def who_works(workers: list[Process], client: Redis) -> tuple[Process, Process]:
    """The one that is busy, then the other."""
    states = {}
    for key in client.smembers("rq:workers"):
        pid, state = client.hmget(key, "pid", "state")
        states[int(pid or 0)] = state
    busy, idle = sorted(workers, key=lambda worker: states[worker.popen.pid] != b"busy")
    return busy, idle


def stop_impatiently(worker: Process) -> int:
    """Two signals are one to a process that has had no turn between them: so once more, until it ends."""
    while worker.popen.poll() is None:
        worker.popen.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            worker.popen.wait(10)
    return int(worker.popen.returncode)


def wait_for(client: Redis, key: str, seconds: float = 60) -> float:
    """When it happened first."""
    deadline = time.monotonic() + seconds
    while not (found := client.lindex(key, 0)):
        assert time.monotonic() < deadline, f"no {key}"
        time.sleep(0.01)
    return float(found)


@pytest.mark.parametrize(
    ("function", "lets_go"),
    [("take_long_once", True), pytest.param("be_deaf_once", False, marks=pytest.mark.long)],
)
def test_a_job_without_time_left_is_handed_to_another_worker(
    queue: Queue, redis_client: Redis, workers: list[Process], function: str, lets_go: bool
) -> None:
    put(queue, function, "cut")
    wait_for(redis_client, "began:cut")
    busy, other = who_works(workers, redis_client)
    put(queue, "mark", "later")  # taken by the other one at once; the queue is empty then
    wait_for(redis_client, "marks:later")
    assert busy.stop(timeout=TOO_LONG) == 0
    assert [line["job_id"] for line in busy.lines("job_handed_back")] == ["cut"]
    other.wait_for(lambda: bool([line for line in other.lines("job_done") if line["job_id"] == "cut"]))
    assert redis_client.llen("began:cut") == 2
    assert redis_client.llen("let-go:cut") == int(lets_go)
    other.wait_for(lambda: queue.depth() == (0, 0, 0, 0, 0))
    assert redis_client.keys("rq:execution*") == []
    assert RateLimitRegistry("limit:cut", redis_client).get_allowed_job_ids() == []
    assert "Traceback" not in busy.text
    if lets_go:  # what it had reserved is free again
        assert Bucket(redis_client, Limits()).left(now=time.time())["token"] > 224


def test_the_second_signal_hands_back_at_once_and_nothing_is_counted_as_a_failure(
    queue: Queue, redis_client: Redis, settings: dict[str, object], tmp_path: Path
) -> None:
    with worker_of_tests(output=tmp_path / "log", **{**settings, "stop_grace": 600}) as worker:
        put(queue, "take_long_once", "cut")
        put(queue, "mark", "behind")
        wait_for(redis_client, "began:cut")
        worker.popen.send_signal(signal.SIGTERM)
        time.sleep(0.7)
        assert worker.popen.poll() is None
        assert stop_impatiently(worker) == 0
    assert queue.rq.get_job_ids() == ["cut", "behind"]
    job = RqJob.fetch("cut", connection=redis_client, serializer=JSONSerializer)
    assert (job.get_status(), job.meta[HANDED_BACK], job.retries_left) == ("queued", 1, 3)
    assert RateLimitRegistry("limit:cut", redis_client).get_allowed_job_ids() == ["cut"]
    assert redis_client.keys("rq:execution*") == []
    assert redis_client.scard("rq:workers") == 0
    counted = redis_client.hgetall("altpress:metrics:jobs")
    assert [v for k, v in counted.items() if b"handed_back" in k] == [b"1"]
    redis_client.flushdb()  # others want it empty


def test_idle_workers_are_known_by_machine_and_by_redis_clock_and_stop_in_a_moment(
    queue: Queue, redis_client: Redis, workers: list[Process]
) -> None:
    keys = [os.fsdecode(key) for key in redis_client.smembers("rq:workers")]
    assert len(set(keys)) == 2
    assert all(key.startswith(f"rq:worker:{machine_name()}-") for key in keys)
    assert machine_name() != socket.gethostname()

    workers[0].wait_for(lambda: all(redis_client.hexists(key, "heard") for key in keys))
    redis_client.hset(keys[0], "last_heartbeat", "2020-01-01T00:00:00.000000Z")  # its clock is wrong
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)  # so is that of who asks
    assert [0 <= age < 1800 for age in queue.worker_ages(now=an_hour_ago)] == [True, True]

    assert workers[0].stop() == 0
    assert "Traceback" not in workers[0].text


@pytest.mark.long
def test_a_redis_that_goes_away_is_waited_for(settings: dict[str, object], tmp_path: Path) -> None:
    """A job under way meanwhile comes to its end."""
    with short_dir() as data:
        settings = {**settings, "redis_url": url_of_redis(data)}
        with ExitStack() as stack:
            with redis_server(data):
                client = connect(url_of_redis(data))
                stack.callback(client.close)
                queue = Queue(client, publish_interval=1)
                worker = stack.enter_context(worker_of_tests(output=tmp_path / "worker", **settings))
                scheduler = stack.enter_context(
                    altpress("scheduler", output=tmp_path / "scheduler", **settings)
                )
                worker.wait_for(lambda: client.scard("rq:workers") == 1, PATIENCE)
                scheduler.wait_for(lambda: bool(scheduler.lines("scheduler_leads")), PATIENCE)
                queue.rq.enqueue("tests.worker_jobs.take_a_second", "under-way", result_ttl=0)
                wait_for(client, "began:under-way")
            worker.wait_for(lambda: bool(worker.lines("redis_away")))
            scheduler.wait_for(lambda: bool(scheduler.lines("scheduler_waits")))
            time.sleep(3)
            with redis_server(data):
                worker.wait_for(lambda: bool(worker.lines("redis_back")))
                scheduler.wait_for(lambda: bool(scheduler.lines("scheduler_goes_on")))
                queue.rq.enqueue("tests.worker_jobs.mark", "after", result_ttl=0)
                wait_for(client, "marks:after", 30)
                for process in (worker, scheduler):
                    assert process.stop() == 0
                    assert "Traceback" not in process.text
                for event in ("redis_away", "redis_back"):
                    assert len(worker.lines(event)) == 1
                assert len(scheduler.lines("scheduler_waits")) == 1


@pytest.mark.long
def test_a_mongodb_that_goes_away_is_waited_for(
    settings: dict[str, object], redis_client: Redis, tmp_path: Path
) -> None:
    port = free_port()
    with short_dir() as data, ExitStack() as stack:
        settings = {**settings, "mongo_url": url_of_mongo(data), "webhook_secrets": "x", "port": port}
        with mongo_server(data):
            started = {
                kind: stack.enter_context(altpress(kind, output=tmp_path / kind, **settings))
                for kind in ("worker", "scheduler", "web")
            }
            worker, scheduler, web = started.values()
            worker.wait_for(lambda: redis_client.scard("rq:workers") == 1, PATIENCE)
            scheduler.wait_for(lambda: bool(scheduler.lines("scheduler_leads")), PATIENCE)
            web.wait_for(lambda: ready(port), PATIENCE)
        scheduler.wait_for(lambda: bool(scheduler.lines("dispatch_waits")))
        web.wait_for(lambda: not ready(port))
        time.sleep(3)
        with mongo_server(data):
            scheduler.wait_for(lambda: bool(scheduler.lines("dispatch_goes_on")), PATIENCE)
            web.wait_for(lambda: ready(port), PATIENCE)
            for process in started.values():
                assert process.stop() == 0
                assert "Traceback" not in process.text
            assert len(scheduler.lines("dispatch_waits")) == 1


def ready(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=5).ok
    except requests.RequestException:
        return False
