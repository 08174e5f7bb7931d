"""Waits that are over: jobs that were put off until later, and may come now."""

import time

import rq

from bot.enqueue.queue import Queue, id_of
from bot.enqueue.reachable import reachable
from bot.enqueue.table import JOBS
from bot.enqueue.work_job import WorkJob
from bot.records import Job

MOST = 2_000  # of those that come soonest
_STEP = 200


def hasten_ingests(queue: Queue, site_key: str, release_id: int) -> int:
    """Have the ingests of this release for this site that wait for their time come at once; how many.

    Their time is set to now, and RQ's scheduler takes them as it takes all: nothing is run twice. One that it
    has taken meanwhile is left alone.
    """
    registry = queue.rq.scheduled_job_registry
    hastened = 0
    with reachable():
        waiting = [
            job_id
            for job_id in registry.get_job_ids(0, MOST - 1, cleanup=False)
            if job_id.startswith("ingest-")
        ]
        for start in range(0, len(waiting), _STEP):
            for job in _fetch(queue, waiting[start : start + _STEP]):
                if job.func_name == JOBS["ingest"] and _is_about(job, site_key, release_id):
                    now = {job.id: int(time.time())}
                    hastened += bool(queue.connection.zadd(registry.key, now, xx=True, lt=True, ch=True))
    return hastened


def _fetch(queue: Queue, job_ids: list[str]) -> list[rq.job.Job]:
    found = WorkJob.fetch_many(job_ids, connection=queue.connection, serializer=queue.rq.serializer)
    return [job for job in found if job is not None]


def _is_about(job: rq.job.Job, site_key: str, release_id: int) -> bool:
    args = job.args or ()
    return len(args) >= 3 and args[0] == site_key and args[2] == release_id


def hasten_job(queue: Queue, job: Job) -> bool:
    """Have this job of a delivery come at once, if it waits for its time; whether it did."""
    with reachable():
        now = {id_of(job.token, job.delivery or ""): int(time.time())}
        return bool(
            queue.connection.zadd(queue.rq.scheduled_job_registry.key, now, xx=True, lt=True, ch=True)
        )
