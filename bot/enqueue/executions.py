"""RQ's jobs as altpress's workers take them: when some were killed, and when some are nobody's of ours.

An execution's own hash ends with its time to live, its entry in the job's list a minute later. RQ reads all
of the list to delete a job that is done, and raises when a hash is missing: the job would be run again, and
be kept as a bug in the end.

RQ calls whatever function a job in Redis names, with whatever arguments. Whoever can write there, the process
that talks to strangers among them, could so have any program run where the App's key is.
"""

import logging
from typing import Any

from rq.executions import Execution, ExecutionRegistry
from rq.job import Job
from rq.utils import import_attribute

log = logging.getLogger(__name__)


class Task:
    """What a worker does when a job names it; nothing else is called."""


class NoTask(Exception):
    """A job names something else."""


class Executions(ExecutionRegistry):
    """The list, with what is known of those whose hash is gone: their ids are enough to delete them."""

    def get_executions(self, start: int = 0, end: int = -1) -> list[Execution]:
        return [self._find(execution_id) for execution_id in self.get_execution_ids(start, end)]

    def _find(self, execution_id: str) -> Execution:
        try:
            return Execution.fetch(id=execution_id, job_id=self.job_id, connection=self.connection)
        except ValueError:  # what RQ raises for a hash that is not there
            return Execution(id=execution_id, job_id=self.job_id, connection=self.connection)


class WorkJob(Job):
    """RQ's job as workers have it: one that was killed cannot keep it from ending, and all that it has called
    is a task of ours. RQ's callbacks and webhooks are functions and addresses by name, too: none is obeyed.
    """

    @property
    def func(self) -> Any:
        """Raises NoTask."""
        name = str(self.func_name)
        found: object = import_attribute(name)
        if self.instance is not None or not isinstance(found, Task):
            log.error("job_foreign", extra={"job_id": self.id, "function": name[:100]})
            raise NoTask(name[:100])
        return found

    def restore(self, raw_data: Any) -> None:
        super().restore(raw_data)
        self._success_callback_name = self._failure_callback_name = self._stopped_callback_name = None
        self.webhooks = []

    @property
    def execution_registry(self) -> ExecutionRegistry:
        return Executions(self.id, connection=self.connection)
