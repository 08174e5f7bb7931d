"""RQ's worker, which outlasts a Redis that goes away, and is never interrupted while it takes a job.

While Redis does not answer, the child under way goes on; the worker ends its work (`away` says so), and who
made it makes another when Redis is back.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from redis.client import Pipeline
from redis.exceptions import RedisError
from rq import Queue, Worker, worker_registration
from rq.exceptions import DequeueTimeout, StopRequested
from rq.executions import Execution
from rq.job import Job
from rq.utils import now
from rq.worker.base import WorkerStatus

from bot.enqueue.maintenance import MAINTENANCE_INTERVAL, clean_registries
from bot.enqueue.queue import HEARD
from bot.every import Every

SLICE = 1  # seconds that Redis is asked to wait for a job: until an idle worker looks whether to stop
BEAT = 5.0  # seconds between two signs of life of an idle worker
NOT_MINE = 3  # seconds until it is asked again whether it is time to look for what was left behind


class PatientWorker(Worker):
    """`beaten` is called at signs of life."""

    last_cleaned_at: datetime | None  # type: ignore[assignment]  # RQ's first value is all that it tells

    def __init__(self, *args: Any, beaten: Callable[[], object] = lambda: None, **more: Any) -> None:
        super().__init__(*args, **more)
        self.away: RedisError | None = None
        self._beaten = beaten
        self._beats = Every(BEAT)

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[Job, Queue] | None:
        """The next job; None when it does not wait for one (`burst`) and there is none."""
        del max_idle_time
        with self._reaching():
            self.set_state(WorkerStatus.IDLE)
            while not self._stop_requested:
                self._beat()
                try:
                    return self._dequeue(timeout)
                except DequeueTimeout:
                    continue
        raise StopRequested

    def _dequeue(self, timeout: int | None) -> tuple[Job, Queue] | None:
        found = self.queue_class.dequeue_any(
            self.queues, timeout and SLICE, connection=self.connection, job_class=self.job_class,
            serializer=self.serializer, death_penalty_class=self.death_penalty_class,
        )  # fmt: skip
        if found is not None:
            found[0].redis_server_version = self.get_redis_server_version()  # type: ignore[no-untyped-call]
        return found

    def _beat(self) -> None:
        if self._beats.due():
            self.heartbeat()
        if self.should_run_maintenance_tasks:
            self.run_maintenance_tasks()

    def check_for_suspension(self, burst: bool) -> None:
        with self._reaching():
            super().check_for_suspension(burst)

    def run_maintenance_tasks(self) -> None:
        if not self._stop_requested:
            with self._reaching():
                super().run_maintenance_tasks()  # type: ignore[no-untyped-call]

    def clean_registries(self) -> None:
        """By one worker at a time; the lock runs out when it is time for the next."""
        queue = self.queues[0]
        mine = queue.acquire_maintenance_lock()
        if mine:
            clean_registries(queue, self._exc_handlers)
            worker_registration.clean_worker_registry(queue)
            queue.intermediate_queue.cleanup(self, queue)
        self.last_cleaned_at = now() - timedelta(seconds=0 if mine else MAINTENANCE_INTERVAL - NOT_MINE)

    def clean_group_registries(self) -> None:
        """There are no groups of jobs."""

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        with self._reaching():
            super().heartbeat(timeout, pipeline)
        if os.getpid() == self.pid:
            self._note_heard()
            self._beaten()

    def _note_heard(self) -> None:
        """When it was heard of, by Redis's clock: machines' own may differ."""
        with self._reaching():
            self.connection.hset(self.key, HEARD, self.connection.time()[0])

    def maintain_heartbeats(self, job: Job, execution: Execution) -> None:
        """A child is not left alone because Redis is away."""
        with suppress(RedisError, StopRequested):
            super().maintain_heartbeats(job, execution)

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        """A Redis that does not answer ends the worker's work; in its child it is an error like others."""
        try:
            yield
        except RedisError as error:
            if self.is_horse:
                raise
            self.away = error
            raise StopRequested from error

    def teardown(self) -> None:
        with suppress(RedisError):
            super().teardown()  # type: ignore[no-untyped-call]

    def subscribe(self) -> None:
        """Nobody sends commands: no thread and no connection for them."""

    def unsubscribe(self) -> None:
        """As above."""
