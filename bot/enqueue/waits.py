"""Why a job waits for its time."""

from rq.job import JobStatus

from bot.enqueue.queue import WAITING, Queue, id_of
from bot.enqueue.reachable import reachable
from bot.enqueue.work_job import WorkJob

WAITS = "waits"  # in a job's meta: the public sentence with which it was put off


def find_wait(queue: Queue, token: str, delivery: str) -> str | None:
    """Why a delivery's job was put off, in a public sentence; None when it was not, or is over."""
    with reachable():
        job_id = id_of(token, delivery)
        (found,) = WorkJob.fetch_many([job_id], queue.connection, queue.rq.serializer)
        if found is None or found.get_status(refresh=False) not in {*WAITING, JobStatus.STARTED}:
            return None
    reason = (found.meta or {}).get(WAITS)
    return reason if isinstance(reason, str) else None
