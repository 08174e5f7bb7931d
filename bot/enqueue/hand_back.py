"""A job that its worker does not finish: into the queue again, at its front, and not as a failure.

It keeps its place under its limit (`alone.py`): it is next, and nothing of its kind may come in between. What
it had reserved of GitHub's writes is settled by its child, where that could still unwind.
"""

from rq import Queue
from rq.executions import Execution
from rq.job import Job, JobStatus
from rq.rate_limit import RateLimitRegistry

HANDED_BACK = "handed_back"  # in a job's meta: how often


def hand_back(queue: Queue, job: Job, execution: Execution | None) -> bool:
    """Undo that a worker took the job, whose child is gone (or never was); whether it is in the queue again.

    It is not when the child had come to the job's end: then only traces are cleared away.
    """
    current = _fetch(job)
    again = current is not None and _is_taken(queue, current)
    with queue.connection.pipeline() as pipeline:
        pipeline.lrem(queue.intermediate_queue_key, 0, job.id)
        if current is not None and again:
            current.meta = {**(current.meta or {}), HANDED_BACK: _count(current) + 1}
            current.set_status(JobStatus.QUEUED, pipeline=pipeline)
            pipeline.hset(current.key, "meta", current.serializer.dumps(current.meta))
            queue.push_job_id(job.id, pipeline=pipeline, at_front=True)
        if execution is not None:
            execution.delete(job, pipeline)
        pipeline.execute()
    if not again and job.rate_limit_key:
        RateLimitRegistry.from_job(job).release_stale_and_enqueue(job.id)
    return again


def _count(job: Job) -> int:
    """How often it was handed back."""
    count = (job.meta or {}).get(HANDED_BACK)
    return count if isinstance(count, int) else 0


def _fetch(job: Job) -> Job | None:
    """As it is in Redis now: the child may have written to it; None: it is done, and gone."""
    return type(job).fetch_many([job.id], connection=job.connection, serializer=job.serializer)[0]


def _is_taken(queue: Queue, job: Job) -> bool:
    """Whether a worker has it: it runs, or is on the way from the list to the child."""
    status = job.get_status(refresh=False)
    if status == JobStatus.QUEUED:
        return queue.connection.lpos(queue.intermediate_queue_key, job.id) is not None
    return status == JobStatus.STARTED
