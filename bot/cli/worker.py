"""`altpress worker`: does the queued work, one job at a time, each in a child of its own."""

import gc
import importlib
import secrets
import socket
from typing import Any

import click
from redis import Redis
from rq import Worker
from rq.exceptions import AbandonedJobError
from rq.job import Job as RqJob
from rq.serializers import JSONSerializer

from bot.cli.start import begin
from bot.context import Context
from bot.enqueue import JOBS, QUEUE, WorkQueue
from bot.enqueue.executions import WorkJob

# With these, a killed worker's job is taken up again within 90 seconds; RQ's defaults take over ten minutes.
WORKER_TTL = 20  # seconds; a worker is heard of every five
MAINTENANCE_INTERVAL = 10  # seconds
MONITORING_INTERVAL = 5  # seconds between two signs of life while a job runs


@click.command("worker")
@click.option("--burst", is_flag=True, help="Stop when there is nothing left to do.")
def command(burst: bool) -> None:
    """Do the queued work until told to stop; the job under way is finished first."""
    settings = begin()
    preload()
    worker = make_worker(Context(settings).queue.connection)
    level = "DEBUG" if settings.log_level.upper() == "DEBUG" else "WARNING"
    worker.work(burst=burst, logging_level=level)


def make_worker(connection: Redis) -> Worker:
    """RQ's worker, so set up that a crash costs little."""
    return Worker(
        [WorkQueue(QUEUE, connection=connection, serializer=JSONSerializer)],
        name=f"{socket.gethostname()}-{_identity()}",
        connection=connection,
        serializer=JSONSerializer,
        job_class=WorkJob,
        queue_class=WorkQueue,
        worker_ttl=WORKER_TTL,
        maintenance_interval=MAINTENANCE_INTERVAL,
        job_monitoring_interval=MONITORING_INTERVAL,
        log_job_description=False,
        exception_handlers=[_lost],
        work_horse_killed_handler=_killed,
    )


def preload() -> None:
    """Import what jobs need before the fork: a child starts in milliseconds instead of a second.

    What is loaded is frozen, so that the children's garbage collector does not copy its pages.
    """
    for name in JOBS.values():
        importlib.import_module(name.rpartition(".")[0])
    importlib.import_module("jobs.runner").settings()
    gc.collect()
    gc.freeze()


def _identity() -> str:
    """A new one for each start: RQ refuses the name of a worker that was killed a moment ago."""
    return secrets.token_hex(4)


def _lost(job: RqJob, kind: type[BaseException], *_: Any) -> None:
    """RQ asks for each job that ended badly; those that raised have been told by the runner itself."""
    if issubclass(kind, AbandonedJobError):
        _abandon(job)


def _killed(job: RqJob, *_: Any) -> None:
    """The child was killed (out of memory, by hand), and this process was not."""
    _abandon(job)


def _abandon(job: RqJob) -> None:
    importlib.import_module("jobs.runner").abandon(job)
