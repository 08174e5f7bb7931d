"""Jobs that ended by a bug of ours: what they were, not what the traceback says (that is in the log)."""

from dataclasses import dataclass

from rq.job import Job

from bot.enqueue import Queue
from bot.enqueue.reachable import reachable
from bot.enqueue.work_job import WorkJob
from bot.web.dashboard.view_times import Moment, build_moment

MOST = 5
LOOKED_AT = 30


@dataclass(frozen=True, slots=True)
class Crash:
    name: str
    site: str | None
    at: Moment | None


def load_crashes(queue: Queue, now_ms: int) -> tuple[Crash, ...]:
    """The newest that belong to no delivery: the ledger tells of the others. Raises Unavailable."""
    with reachable():
        newest = queue.rq.failed_job_registry.get_job_ids(0, LOOKED_AT - 1, desc=True)
        jobs = WorkJob.fetch_many(newest, connection=queue.connection, serializer=queue.rq.serializer)
    lone = [job for job in jobs if job is not None and not (job.meta or {}).get("delivery")]
    return tuple(_crash(job, now_ms) for job in lone[:MOST])


def has_crashed(queue: Queue, job_id: str) -> bool:
    """Whether the job is kept as a bug. Raises Unavailable."""
    with reachable():
        return job_id in queue.rq.failed_job_registry


def _crash(job: Job, now_ms: int) -> Crash:
    ended = job.ended_at
    meta = job.meta or {}
    at = build_moment(int(ended.timestamp() * 1000), now_ms) if ended else None
    return Crash(str(job.description or "a job"), meta.get("site"), at)
