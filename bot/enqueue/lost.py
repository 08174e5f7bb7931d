"""A job's status as far as it can be believed.

A Redis that lost its last second, or was restored from a copy, has jobs that say that they wait while nothing
will ever take them: no list has their id. They are as good as not there.
"""

from typing import Any

from rq import Queue
from rq.job import Job, JobStatus


def read_status(queue: Queue, job_id: str) -> JobStatus | None:
    """None for a job that is not there, or is lost.

    Read again after the lists: a job may have been taken from one meanwhile.
    """
    status = _read(queue, job_id)
    if status is None or _is_listed(queue, job_id, status):
        return status
    return None if _read(queue, job_id) == status else _read(queue, job_id)


def _read(queue: Queue, job_id: str) -> JobStatus | None:
    raw: Any = queue.connection.hget(Job.key_for(job_id), "status")
    return JobStatus(raw.decode()) if isinstance(raw, bytes) else None


def _is_listed(queue: Queue, job_id: str, status: JobStatus) -> bool:
    """Whether the list that belongs to the status has the job; other states than waiting ones have none."""
    connection: Any = queue.connection
    match status:
        case JobStatus.QUEUED:
            lists = (queue.key, queue.intermediate_queue_key)
            return any(connection.lpos(name, job_id) is not None for name in lists)
        case JobStatus.SCHEDULED:
            return connection.zscore(queue.scheduled_job_registry.key, job_id) is not None
        case _:
            return True
