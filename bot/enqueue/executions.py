"""What RQ keeps of the tries of a job, when the workers of some were killed.

An execution's own hash ends with its time to live, its entry in the job's list a minute later. RQ reads all
of the list to delete a job that is done, and raises when a hash is missing: the job would be run again, and
be kept as a bug in the end.
"""

from rq.executions import Execution, ExecutionRegistry


class Executions(ExecutionRegistry):
    """The list, with what is known of those whose hash is gone: their ids are enough to delete them."""

    def get_executions(self, start: int = 0, end: int = -1) -> list[Execution]:
        return [self._find(execution_id) for execution_id in self.get_execution_ids(start, end)]

    def _find(self, execution_id: str) -> Execution:
        try:
            return Execution.fetch(id=execution_id, job_id=self.job_id, connection=self.connection)
        except ValueError:  # what RQ raises for a hash that is not there
            return Execution(id=execution_id, job_id=self.job_id, connection=self.connection)
