"""A real worker and a real scheduler: what happens to jobs."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from rq import Retry
from rq.serializers import JSONSerializer

from bot.enqueue import Queue
from tests.processes import Process, altpress, worker_of_tests

SETTINGS = {
    # nobody listens there: what asks GitHub learns that it is away
    "github_api_url": "http://127.0.0.1:9/api/v3", "github_token": "unused-token", "sites": "acme/source",
    "sweep_interval": 86_400,
}  # fmt: skip


@pytest.fixture
def queue(redis_client: Redis) -> Queue:
    return Queue(redis_client, publish_interval=1)


@pytest.fixture
def settings(redis_client: Redis, redis_url: str, mongo_url: str, database_name: str) -> dict[str, object]:
    del redis_client  # empties it
    return {**SETTINGS, "redis_url": redis_url, "mongo_url": mongo_url, "mongo_database": database_name}


@pytest.fixture
def worker(settings: dict[str, object], redis_client: Redis, tmp_path: Path) -> Iterator[Process]:
    with worker_of_tests(output=tmp_path / "worker.log", **settings) as process:
        process.wait_for(lambda: redis_client.scard("rq:workers") == 1)
        yield process


@pytest.fixture
def scheduler(settings: dict[str, object], tmp_path: Path) -> Iterator[Process]:
    with altpress("scheduler", output=tmp_path / "scheduler.log", **settings) as process:
        process.wait_for(lambda: bool(process.lines("scheduler_leads")))
        yield process


def flaky(worker: Process) -> list[str]:
    return [line["event"] for line in worker.lines() if line.get("job") == "flaky"]


def put(queue: Queue, function: str, name: str, **options: object) -> str:

    job = queue.rq.enqueue(
        f"tests.worker_jobs.{function}", name, retry=Retry(max=3), result_ttl=0, failure_ttl=60, **options
    )
    return str(job.id)


def marks(redis_client: Redis, name: str, count: int, timeout: float = 60) -> list[float]:
    """When the job ran, once it has run `count` times."""
    deadline = time.monotonic() + timeout
    while redis_client.llen(f"marks:{name}") < count:
        assert time.monotonic() < deadline, f"{name} has not run {count} times"
        time.sleep(0.005)
    return [float(mark) for mark in redis_client.lrange(f"marks:{name}", 0, -1)]


def test_idle_worker_starts_at_once_and_logs_json(queue: Queue, redis_client: Redis, worker: Process) -> None:
    delays = []
    for number in range(7):
        began = time.time()
        put(queue, "mark", str(number))
        delays.append(marks(redis_client, str(number), 1)[0] - began)
    assert min(delays) < 0.25  # some 15 ms on an idle machine; one that asks now and then takes a second
    worker.wait_for(lambda: len(worker.lines("job_done")) == 7)
    done = worker.lines("job_done")[0]
    assert {"time", "level", "logger", "job", "job_id", "seconds", "attempt"} <= set(done)
    assert done["job"] == "mark"


def test_job_that_must_wait_comes_back_under_its_id(
    queue: Queue, redis_client: Redis, worker: Process, scheduler: Process
) -> None:
    put(queue, "come_back_once", "flaky", job_id="the-one")
    first, second = marks(redis_client, "flaky", 2)
    assert second - first >= 1
    worker.wait_for(lambda: flaky(worker) == ["job_later", "job_done"])
    [done] = [line for line in worker.lines("job_done") if line["job"] == "flaky"]
    assert (done["job_id"], done["attempt"]) == ("the-one", 2)
    assert queue.depth().failed == 0
    assert scheduler.stop() == 0
    assert redis_client.keys("altpress:lease:*") == []


def test_job_that_was_killed_is_taken_up_again(queue: Queue, redis_client: Redis, worker: Process) -> None:
    put(queue, "be_killed_once", "killed")
    assert len(marks(redis_client, "killed", 2)) == 2
    worker.wait_for(lambda: bool(worker.lines("job_done")))


def test_job_of_a_killed_worker_is_done_once(
    queue: Queue, redis_client: Redis, worker: Process, settings: dict[str, object], tmp_path: Path
) -> None:
    job_id = put(queue, "take_forever_once", "stuck")
    popped = redis_client.blpop("horse:stuck", 10)
    assert popped
    worker.stop(signal.SIGKILL)
    os.kill(int(popped[1]), signal.SIGKILL)
    let_executions_end(redis_client, job_id)
    with worker_of_tests(output=tmp_path / "second.log", **settings) as second:
        second.wait_for(lambda: bool(second.lines("job_done")))
        second.wait_for(lambda: queue.rq.fetch_job(job_id) is None)
        second.stop()
        assert len(second.lines("job_done")) == 1
        assert "ValueError" not in second.text
    assert len(marks(redis_client, "stuck", 2)) == 2
    assert queue.depth() == (0, 0, 0, 0, 0)
    assert redis_client.keys(f"rq:execution*:{job_id}*") == []


def let_executions_end(redis_client: Redis, job_id: str) -> None:
    """What happens to them in the 65 seconds after the last sign of life: their hashes are gone, then due."""
    [key] = redis_client.keys(f"rq:execution:{job_id}:*")
    assert isinstance(key, bytes)
    assert redis_client.delete(key) == 1
    name = key.decode().removeprefix("rq:execution:")
    assert redis_client.zadd("rq:wip:altpress", {name: 1}, xx=True, ch=True) == 1


def test_bug_is_kept_once_and_logged_once(queue: Queue, redis_client: Redis, worker: Process) -> None:
    job_id = put(queue, "crash", "bug")
    marks(redis_client, "bug", 1)
    worker.wait_for(lambda: queue.depth().failed == 1)
    kept = queue.rq.fetch_job(job_id)
    assert kept is not None
    assert kept.serializer is JSONSerializer
    assert redis_client.llen("marks:bug") == 1
    assert len([line for line in worker.lines() if "ZeroDivisionError" in str(line)]) == 1
    assert worker.lines("job_crashed")[0]["exception"].endswith("ZeroDivisionError: bug")


def test_job_under_way_is_finished_before_the_worker_stops(
    queue: Queue, redis_client: Redis, worker: Process
) -> None:
    put(queue, "take_a_second", "slow")
    assert redis_client.blpop("began:slow", 10)
    assert worker.stop() == 0
    assert redis_client.llen("marks:slow") == 1
    assert redis_client.scard("rq:workers") == 0


def test_second_scheduler_waits_and_takes_over(
    settings: dict[str, object], tmp_path: Path, scheduler: Process
) -> None:
    with altpress("scheduler", output=tmp_path / "second.log", **settings) as second:
        second.wait_for(lambda: bool(second.lines("scheduler_started")))
        time.sleep(0.5)
        assert second.lines("scheduler_leads") == []
        assert scheduler.stop() == 0
        second.wait_for(lambda: bool(second.lines("scheduler_leads")))
