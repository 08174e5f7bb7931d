"""What somebody who can write to Redis could put there: a worker does altpress's jobs, and no others."""

import json
import pickle
from pathlib import Path
from typing import Any

from redis import Redis
from rq.job import Job

from bot.enqueue import Queue
from tests.integration.test_worker import marks, queue, settings, worker
from tests.processes import Process

__all__ = ["queue", "settings", "worker"]
FOREIGN = ["os.mkdir", "tests.worker_jobs.mark.work", "jobs.runner.abandon"]


class Bomb:
    """A pickle that leaves a trace where it is read."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.trace,)


def test_only_jobs_are_done(queue: Queue, redis_client: Redis, worker: Process, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    for function in FOREIGN:
        queue.rq.enqueue(function, str(trace), result_ttl=0, failure_ttl=60)
    queue.rq.enqueue("tests.worker_jobs.mark", "ours", result_ttl=0)
    assert marks(redis_client, "ours", 1)
    assert [line["function"] for line in worker.lines("job_foreign")] == FOREIGN
    assert not trace.exists()


def test_nothing_else_in_a_job_is_obeyed(
    queue: Queue, redis_client: Redis, worker: Process, tmp_path: Path
) -> None:
    """Callbacks are names of functions as well; webhooks are addresses; a pickle is a program."""
    trace = tmp_path / "trace"
    job = queue.rq.create_job("tests.worker_jobs.mark", ("ours",), job_id="ours", result_ttl=0)
    job.save()
    told: dict[Any, Any] = {
        "success_callback_name": "tests.integration.test_foreign_jobs.leave",
        "failure_callback_name": "tests.integration.test_foreign_jobs.leave",
        "stopped_callback_name": "tests.integration.test_foreign_jobs.leave",
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
    assert redis_client.get("left") is None


def leave(job: Job, connection: Redis, *_: object) -> None:
    """A callback's trace."""
    connection.set("left", job.id)
