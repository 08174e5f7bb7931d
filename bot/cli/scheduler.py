"""`altpress scheduler`: the dispatcher, delayed jobs, and the periodic sweep.

Any number of these may run; a lease in Redis says which one leads, and another takes over within a second
when that one is told to stop, within ten when it was killed. The lease also allows RQ's scheduler its fixed
name: after a crash its lock is its own, where a name made anew would wait for the old one's to run out.
"""

import gc
import logging
import signal
import threading
from types import FrameType
from typing import Any

import click
from redis import Redis
from redis.exceptions import RedisError
from rq.registry import ScheduledJobRegistry
from rq.scheduler import RQScheduler
from rq.serializers import JSONSerializer

from bot.cli.start import begin
from bot.context import Context
from bot.dispatch import run_dispatcher
from bot.enqueue import QUEUE, Lease, Queue, SignsOfLife
from bot.enqueue.machine import machine_name
from bot.enqueue.work_job import UNREADABLE, WorkJob
from bot.errors import Unavailable
from bot.every import Every
from bot.records import Job

log = logging.getLogger(__name__)
POLL = 0.05  # seconds between two looks into the ledger: part of the way from webhook to commit
BACKUPS = 60.0  # seconds between two looks at whether a backup is due
TICK = 0.25  # seconds between two looks at delayed jobs
RENEW = 0.75  # seconds between two renewals of the lease (which lasts ten), and two tries to get it


@click.command("scheduler")
def command() -> None:
    """Route webhooks to workers, wake delayed jobs, and compare all sites with GitHub now and then."""
    settings = begin()
    stop = threading.Event()
    _stop_on_signals(stop)
    context = Context(settings)
    try:
        Scheduler(context, stop).run()
    finally:
        context.close()
        gc.freeze()  # a last collection would take a second, of what is gone in a moment anyway


class Scheduler:
    """One scheduler process."""

    def __init__(self, context: Context, stop: threading.Event) -> None:
        self._context = context
        self._queue = context.queue
        self._stop = stop
        self._lease = Lease(self._queue.connection, "scheduler")
        self._alive = SignsOfLife(self._queue.connection, "scheduler", machine_name())
        self._delayed = Delayed(self._queue.connection)
        self._renewals = Every(RENEW)
        self._sweeps = Every(context.settings.sweep_interval)
        self._backups = Every(BACKUPS)
        self._waits = False  # for a store that does not answer

    def run(self) -> None:
        """Until `stop` is set."""
        dispatcher = threading.Thread(target=self._dispatch, name="dispatcher")
        dispatcher.start()
        log.info("scheduler_started")
        try:
            while not self._stop.wait(TICK):
                self._tick()
        finally:
            self._stop.set()
            dispatcher.join()
            self._let_go()
        log.info("scheduler_stopped")

    def _dispatch(self) -> None:
        run_dispatcher(
            self._context.store, self._queue, self._stop, poll=POLL, leads=lambda: self._lease.held
        )

    def _tick(self) -> None:
        try:
            self._lead()
            if self._waits:
                self._waits = False
                log.info("scheduler_goes_on")
        except (Unavailable, RedisError) as error:  # RQ's own classes raise Redis's errors
            if not self._waits:
                self._waits = True
                log.warning("scheduler_waits", extra={"reason": type(error).__name__})
            self._renewals.now()
            self._stop.wait(1.0)
        except Exception:
            log.exception("scheduler_crashed")
            self._stop.wait(1.0)

    def _lead(self) -> None:
        """Take or keep the lease; with it, wake delayed jobs, and sweep when it is time."""
        led = self._lease.held
        if self._renewals.due():
            self._alive.give()
            self._context.report_process("scheduler")
            if self._lease.hold() and not led:
                log.info("scheduler_leads")
                self._sweeps.now()
        if self._lease.held:
            self._delayed.enqueue_due()
            if self._sweeps.due():
                sweep(self._queue)
            if self._backups.due():
                back_up(self._context)

    def _let_go(self) -> None:
        """So that another need not wait for the leases to run out."""
        try:
            self._delayed.release()
            self._lease.release()
        except (Unavailable, RedisError):
            log.info("scheduler_leases_left")


class Delayed:
    """RQ's scheduler without its process: moves jobs whose time has come into the queue."""

    def __init__(self, connection: Redis) -> None:
        self._rq: Any = RQScheduler(  # half of its methods have no types
            [QUEUE],
            connection=connection,
            serializer=JSONSerializer,
            name="altpress",
            logging_level="WARNING",
        )
        self._beats = Every(5.0)
        self._born = False

    def enqueue_due(self) -> None:
        if self._beats.due():
            self._beat()
        if not self._rq.acquired_locks:
            return
        try:
            self._rq.enqueue_scheduled_jobs()
        except UNREADABLE:
            if not self._drop_unreadable():
                raise

    def _drop_unreadable(self) -> int:
        """What RQ cannot read would stand before all others for ever; how many that were."""
        registry: Any = ScheduledJobRegistry(  # type: ignore[no-untyped-call]  # RQ's own
            QUEUE, self._rq.connection, WorkJob, serializer=JSONSerializer
        )
        due = registry.get_jobs_to_schedule()
        found = WorkJob.fetch_many(due, self._rq.connection, JSONSerializer)
        dropped = [job_id for job_id, job in zip(due, found, strict=True) if job is None]
        for job_id in dropped:
            registry.remove(job_id)
        return len(dropped)

    def release(self) -> None:
        if self._born:
            self._rq.stop()

    def _beat(self) -> None:
        if not self._born:
            self._rq.register_birth()
            self._born = True
        self._rq.acquire_locks()
        self._rq.heartbeat()


def back_up(context: Context) -> None:
    """Have the backup made of the window that it is now, unless it was; however many schedulers ask."""
    settings = context.settings
    if settings.backup_to is None:
        return
    now_ms, interval_ms = context.now_ms(), settings.backup_interval * 1000
    window_ms = now_ms // interval_ms * interval_ms
    if context.store.backups.is_due(window_ms, now_ms):
        context.queue.enqueue(Job(name="backup", args=(window_ms,)))


def sweep(queue: Queue) -> None:
    """Compare all sites with GitHub; merged with one that still waits."""
    queue.enqueue(Job(name="sweep"))


def _stop_on_signals(stop: threading.Event) -> None:
    def handle(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)
