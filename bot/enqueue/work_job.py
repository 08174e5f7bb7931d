"""RQ's jobs as altpress's workers take them, whoever wrote them to Redis.

RQ imports and calls whatever function a job in Redis names, with whatever arguments. Whoever can write there,
the process that talks to strangers among them, could so have any program run where the App's key is.
"""

import logging
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, ClassVar

from redis import Redis
from rq.exceptions import DeserializationError, NoSuchJobError
from rq.executions import ExecutionRegistry
from rq.job import Job
from rq.utils import import_attribute

from bot.enqueue.executions import Executions
from bot.enqueue.queue import FAILURE_TTL, KILLED_TRIES, TIMEOUT
from bot.enqueue.table import JOBS

log = logging.getLogger(__name__)
UNREADABLE = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, DeserializationError,
)  # fmt: skip


class ForeignJob(Exception):
    """A job names something that is not in the table, or brings what no job of ours takes."""


class WorkJob(Job):
    """RQ's job as workers have it: one that was killed cannot keep it from ending, and the name of its
    function is looked up before anything is imported. RQ's callbacks and webhooks are functions and addresses
    by name, too: none is obeyed.
    """

    functions: ClassVar[frozenset[str]] = frozenset(JOBS.values())  # all that may be imported and called

    @property
    def func(self) -> Any:
        """Raises ForeignJob."""
        name = self.func_name
        if (
            not (isinstance(name, str) and name in self.functions)
            or self.instance is not None
            or self.kwargs
            or not _are_plain(self.args)
        ):
            log.error("job_foreign", extra={"job_id": self.id, "function": str(name)[:100]})
            raise ForeignJob(str(name)[:100])
        return import_attribute(str(name))

    @classmethod
    def fetch_many(
        cls, job_ids: Iterable[str], connection: Redis, serializer: Any = None
    ) -> list[Job | None]:
        """None for those that are not there, or cannot be read: then they are read one by one."""
        job_ids, found = list(job_ids), list[Job | None]()
        with suppress(NoSuchJobError):
            return super().fetch_many(job_ids, connection, serializer)
        for job_id in job_ids:
            try:
                found.append(cls.fetch(job_id, connection=connection, serializer=serializer))
            except NoSuchJobError:
                found.append(None)
        return found

    def restore(self, raw_data: Any) -> None:
        """Raises NoSuchJobError for what cannot be read: RQ's own errors would end the worker, which would
        find it again after each start.
        """
        try:
            super().restore(raw_data)
            self._deserialize_data()  # type: ignore[no-untyped-call]  # RQ's own
        except UNREADABLE:
            log.error("job_foreign", extra={"job_id": self.id, "function": ""})  # noqa: TRY400 - foreign words
            raise NoSuchJobError(f"No such job: {self.key}") from None
        self._leave_out()

    def _leave_out(self) -> None:
        """What no job of ours has: it could call others, come back for ever, or stand in the worker's way."""
        self._success_callback_name = self._failure_callback_name = self._stopped_callback_name = None
        self.webhooks = []
        self.group_id = self.ttl = self.repeats_left = self.retry_intervals = None
        self._dependency_ids = []
        self.timeout = min(max(self.timeout or TIMEOUT, 1), TIMEOUT)
        self.result_ttl = 0
        self.failure_ttl = min(max(self.failure_ttl or FAILURE_TTL, 1), FAILURE_TTL)
        self.retries_left = min(self.retries_left or 0, KILLED_TRIES)
        meta: object = self.meta
        plain = meta if isinstance(meta, dict) else {}
        self.meta = {key: value for key, value in plain.items() if isinstance(value, str | int)}

    @property
    def execution_registry(self) -> ExecutionRegistry:
        return Executions(self.id, connection=self.connection)


def _are_plain(args: object) -> bool:
    """What `bot.records.Job` allows: an object that came into a query would be an operator of MongoDB's."""
    return isinstance(args, list | tuple) and all(isinstance(value, str | int | None) for value in args)
