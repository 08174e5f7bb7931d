"""`altpress worker`: does the queued work, one job at a time, each in a child of its own."""

import gc
import importlib
import logging
import secrets
import time
from typing import Any

import click
from redis.exceptions import RedisError
from rq.exceptions import AbandonedJobError
from rq.job import Job as RqJob
from rq.serializers import JSONSerializer

from bot.cli.start import begin
from bot.context import Context, open_context
from bot.enqueue import JOBS, QUEUE, WorkQueue
from bot.enqueue.machine import machine_name
from bot.enqueue.maintenance import MAINTENANCE_INTERVAL
from bot.enqueue.work_job import WorkJob
from bot.enqueue.worker import LastingWorker
from bot.errors import Unavailable
from bot.metrics.table import JOBS as JOBS_DONE

log = logging.getLogger(__name__)

# With these, a killed worker's job is taken up again within 90 seconds; RQ's defaults take over ten minutes.
WORKER_TTL = 20  # seconds; a worker is heard of every five
MONITORING_INTERVAL = 5  # seconds between two signs of life while a job runs
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 1.0  # seconds between two looks for a Redis that is away


@click.command("worker")
@click.option("--burst", is_flag=True, help="Stop when there is nothing left to do.")
def command(burst: bool) -> None:
    """Do the queued work until told to stop; the job under way is finished first, or handed back."""
    run(burst=burst)


def run(*, burst: bool, job_class: type[WorkJob] = WorkJob) -> None:
    """The worker with this process's settings. `job_class` says what it does; see `WorkJob.functions`."""
    settings = begin()
    preload()
    level = "DEBUG" if settings.log_level.upper() == "DEBUG" else "WARNING"
    with open_context(settings) as context:
        work(context, burst=burst, logging_level=level, job_class=job_class)


def work(context: Context, *, burst: bool, logging_level: str, job_class: type[WorkJob]) -> None:
    """Until told to stop, or (`burst`) until there is nothing left; a Redis that goes away is waited for."""
    worker: LastingWorker | None = make_worker(context, job_class)
    while worker is not None:
        worker.listen()
        try:
            worker.work(burst=burst, logging_level=logging_level)
        except RedisError as error:  # before there was any work
            worker.away = error
        if worker.away is None or worker.is_stopping():
            return
        log.warning("redis_away", extra={"reason": type(worker.away).__name__})
        worker = _await_redis(context, worker, job_class)


def make_worker(context: Context, job_class: type[WorkJob]) -> LastingWorker:
    """RQ's worker, so set up that a crash costs little. Raises RedisError."""
    connection = context.queue.connection
    return LastingWorker(
        # the queue's class of jobs is that of the jobs that were left behind: RQ would obey their callbacks
        [WorkQueue(QUEUE, connection=connection, serializer=JSONSerializer, job_class=job_class)],
        name=f"{machine_name()}-{_identity()}",
        connection=connection,
        serializer=JSONSerializer,
        job_class=job_class,
        queue_class=WorkQueue,
        worker_ttl=WORKER_TTL,
        maintenance_interval=MAINTENANCE_INTERVAL,
        job_monitoring_interval=MONITORING_INTERVAL,
        log_job_description=False,
        exception_handlers=[_lost],
        work_horse_killed_handler=_killed,
        stop_grace=context.settings.stop_grace,
        before_fork=_reread,
        beaten=lambda: context.report_process("worker"),
        handed_back=lambda job: context.meter.count(JOBS_DONE, _name_of(job), "handed_back"),
    )


def _await_redis(context: Context, before: LastingWorker, job_class: type[WorkJob]) -> LastingWorker | None:
    """A new worker as soon as Redis answers; None when told to stop first."""
    pause = SHORTEST_PAUSE
    while not before.is_stopping():
        try:
            context.queue.ping()
            worker = make_worker(context, job_class)
        except (Unavailable, RedisError):
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            continue
        log.info("redis_back")
        worker.listen()  # from here on signals are for the new one
        return None if before.is_stopping() else worker
    return None


def preload() -> None:
    """Import what jobs need before the fork: a child starts in milliseconds instead of a second.

    What is loaded is frozen, so that the children's garbage collector does not copy its pages.
    """
    for name in JOBS.values():
        importlib.import_module(name.rpartition(".")[0])
    importlib.import_module("jobs.runner").settings()
    gc.collect()
    gc.freeze()


def _reread() -> None:
    """Secrets that were rotated, once for all children to come."""
    importlib.import_module("jobs.runner").settings()


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


def _name_of(job: RqJob) -> str:
    """As the table has it."""
    return next((name for name, function in JOBS.items() if function == job.func_name), "other")


def _abandon(job: RqJob) -> None:
    importlib.import_module("jobs.runner").abandon(job)
