"""What somebody who can write to Redis could put there: a worker does altpress's jobs, and no others."""

import json
import pickle
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from rq import Retry
from rq.job import Job, JobStatus

from bot.enqueue import JOBS, QUEUE, Queue
from bot.enqueue.maintenance import MAINTENANCE_INTERVAL
from bot.enqueue.queue import KILLED_TRIES
from bot.web.dashboard.crashes import load_crashes
from tests.integration.test_worker import marks, queue, scheduler, settings, worker
from tests.processes import Process, altpress

__all__ = ["queue", "scheduler", "settings", "worker"]
SYNC, SYNC_ARGS = JOBS["sync"], ("nobody/nothing", None)
PATIENCE = 60.0  # seconds, on a machine with other work
CALLBACKS = ("success_callback_name", "failure_callback_name", "stopped_callback_name")


class Bomb:
    """A pickle that leaves a trace where it is read."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.trace,)


@pytest.fixture
def trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Appears when the worker imports `on_import`, which it could: it is on its path."""
    left = tmp_path / "trace"
    (tmp_path / "on_import.py").write_text(
        f"import pathlib\npathlib.Path({str(left)!r}).touch()\ndef work(*_): pass\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return left


@pytest.fixture
def bare_worker(trace: Path, settings: dict[str, object], redis_client: Redis) -> Iterator[Process]:
    """`altpress worker`, as in production."""
    with altpress("worker", output=trace.parent / "worker.log", **settings) as process:
        process.wait_for(lambda: redis_client.scard("rq:workers") == 1, PATIENCE)
        yield process


def test_what_a_job_names_is_not_even_imported(queue: Queue, bare_worker: Process, trace: Path) -> None:
    foreign = ["on_import.work", "os.mkdir", "tests.worker_jobs.mark", "jobs.runner.abandon", f"{SYNC}.work"]
    for function in foreign:
        queue.rq.enqueue(function, str(trace), result_ttl=0, failure_ttl=60)
    bare_worker.wait_for(lambda: len(bare_worker.lines("job_foreign")) == len(foreign))
    assert [line["function"] for line in bare_worker.lines("job_foreign")] == foreign
    assert not trace.exists()


@pytest.mark.parametrize("arguments", [({"$ne": ""}, None), (["a"], None)])
def test_an_argument_is_a_value_alone(queue: Queue, bare_worker: Process, arguments: tuple[Any, ...]) -> None:
    queue.rq.enqueue(SYNC, args=arguments, result_ttl=0, failure_ttl=60)
    bare_worker.wait_for(lambda: bool(bare_worker.lines("job_foreign")))
    assert not bare_worker.lines("job_crashed")


def test_a_job_that_was_left_behind_names_nothing_either(
    queue: Queue, redis_client: Redis, settings: dict[str, object], trace: Path
) -> None:
    """Whoever finds it, is told by RQ to call what it names for that case."""
    job = queue.rq.create_job(SYNC, SYNC_ARGS, job_id="left", result_ttl=0, failure_ttl=60)
    job.save()
    told = {**dict.fromkeys(CALLBACKS, "on_import.work"), "status": JobStatus.STARTED.value}
    redis_client.hset(job.key, mapping=told)
    redis_client.zadd(f"rq:wip:{QUEUE}", {"left:execution": time.time() - MAINTENANCE_INTERVAL})
    with altpress("worker", output=trace.parent / "worker.log", **settings) as process:
        process.wait_for(lambda: not redis_client.exists(f"rq:wip:{QUEUE}"), PATIENCE)
        process.wait_for(lambda: queue.depth().failed == 1, PATIENCE)
    assert not trace.exists()


UNREADABLE: dict[str, bytes] = {"status": b"nonsense", "data": b"no json", "dependency_ids": b"{"}


@pytest.mark.parametrize("field", UNREADABLE)
def test_a_job_that_cannot_be_read_ends_no_worker(
    queue: Queue, redis_client: Redis, worker: Process, field: str
) -> None:
    """In the queue, and among those that a worker left behind: it would be found again by the next one."""
    for job_id in ("waits", "left"):
        job = queue.rq.create_job("tests.worker_jobs.mark", ("odd",), job_id=job_id, meta={"delivery": "x"})
        job.save()
        redis_client.hset(job.key, mapping={"status": JobStatus.STARTED.value, field: UNREADABLE[field]})
    redis_client.zadd(f"rq:wip:{QUEUE}", {"left:execution": time.time() - MAINTENANCE_INTERVAL})
    queue.rq.push_job_id("waits")
    worker.wait_for(lambda: not redis_client.exists(f"rq:wip:{QUEUE}"), PATIENCE)
    queue.rq.enqueue("tests.worker_jobs.mark", "next", result_ttl=0)
    assert marks(redis_client, "next", 1)
    assert {line["job_id"] for line in worker.lines("job_foreign")} == {"waits", "left"}
    assert not redis_client.llen("marks:odd")


def test_a_job_that_cannot_be_read_ends_no_scheduler(
    queue: Queue, redis_client: Redis, scheduler: Process, worker: Process
) -> None:
    job = queue.rq.create_job("tests.worker_jobs.mark", ("odd",), job_id="odd")
    job.save()
    redis_client.hset(job.key, "status", "nonsense")
    redis_client.zadd(queue.rq.scheduled_job_registry.key, {"odd": time.time() - 1})
    scheduler.wait_for(lambda: not redis_client.zcard(queue.rq.scheduled_job_registry.key), PATIENCE)
    queue.rq.enqueue_at(datetime.now(UTC), "tests.worker_jobs.mark", "next", result_ttl=0)
    assert marks(redis_client, "next", 1)
    assert {line["job_id"] for line in scheduler.lines("job_foreign")} == {"odd"}


def test_a_job_that_cannot_be_read_hides_no_other(queue: Queue, redis_client: Redis) -> None:
    for job_id, status in (("odd", "nonsense"), ("ours", JobStatus.FAILED.value)):
        job = queue.rq.create_job(SYNC, SYNC_ARGS, job_id=job_id, description=job_id)
        job.save()
        redis_client.hset(job.key, "status", status)
        redis_client.zadd(queue.rq.failed_job_registry.key, {job_id: time.time() + 60})
    assert [crash.name for crash in load_crashes(queue, 0)] == ["ours"]


def test_a_job_does_not_come_back_for_ever(queue: Queue, bare_worker: Process) -> None:
    queue.rq.enqueue("os.mkdir", "x", job_id="odd", failure_ttl=60, retry=Retry(max=10**9))
    bare_worker.wait_for(lambda: queue.depth().failed == 1, PATIENCE)
    assert len(bare_worker.lines("job_foreign")) <= KILLED_TRIES + 1


def test_nothing_else_in_a_job_is_obeyed(
    queue: Queue, redis_client: Redis, trace: Path, worker: Process
) -> None:
    """Callbacks are names of functions as well; webhooks are addresses; a pickle is a program."""
    job = queue.rq.create_job("tests.worker_jobs.mark", ("ours",), job_id="ours", result_ttl=0)
    job.save()
    told: dict[Any, Any] = {
        **dict.fromkeys(CALLBACKS, "on_import.work"),
        "meta": pickle.dumps(Bomb(trace)),
        "webhooks": json.dumps([{"url": "http://127.0.0.1:9/", "events": ["finished"]}]),
    }
    redis_client.hset(Job.key_for("ours"), mapping=told)
    queue.rq.push_job_id("ours")
    assert marks(redis_client, "ours", 1)
    worker.wait_for(lambda: bool(worker.lines("job_done")))
    queue.rq.enqueue("tests.worker_jobs.mark", "next", result_ttl=0)
    assert marks(redis_client, "next", 1)
    assert not trace.exists()
