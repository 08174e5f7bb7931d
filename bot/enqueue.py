"""Jobs into RQ: by dotted name from one table, with JSON arguments, under ids that make twice harmless.

One queue for all: RQ moves a job from one queue to a worker in one step (`BLMOVE`), from several in two, and
a worker that is killed between the two would lose it. Publishes and commands go to its front.

A job that belongs to a delivery has an id made of both, so the dispatcher may enqueue it again after a crash.
Others are merged: while one of the same name and arguments waits, a second adds nothing; while one runs, one
more is kept. `enqueue_publish` has the rule of `publish_interval`.
"""

import hashlib
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import redis
import rq
from redis.exceptions import RedisError
from rq.job import JobStatus
from rq.rate_limit import RateLimit, RateLimitRegistry
from rq.serializers import JSONSerializer

from bot.errors import Unavailable
from bot.records import Job

JOBS: dict[str, str] = {
    "ingest": "jobs.ingest.ingest_release",
    "scan": "jobs.scan.scan_app",
    "publish": "jobs.publish.publish_site",
    "command": "jobs.command.run_comment",
    "sync": "jobs.sync.sync_site",
    "sweep": "jobs.sweep.sweep",
}
QUEUE = "altpress"
FRONT = frozenset({"publish", "command"})  # a person waits for these
TIMEOUT = 900  # seconds that a job may run: an IPA of 4 GiB without ranges takes minutes
KILLED_TRIES = 3  # how often a job is tried again whose worker was killed
FAILURE_TTL = 7 * 86_400  # seconds that RQ keeps a bug
WAITING = frozenset({JobStatus.QUEUED, JobStatus.SCHEDULED, JobStatus.RATE_LIMITED, JobStatus.DEFERRED})

# The window that a trigger at `now` falls into, in milliseconds. A later window starts on a whole second: RQ's
# scheduler drops the fraction, and a job that starts before its window opens could miss a trigger.
# KEYS: the site's key; ARGV: now, interval. Returns {start of the window, 1 when this trigger opened it}.
_WINDOW = """
local now, interval = tonumber(ARGV[1]), tonumber(ARGV[2])
local start = tonumber(redis.call('GET', KEYS[1]) or '-1')
if start > now and start <= now + interval + 1000 then return {start, 0} end
local window = now
if start >= 0 and start <= now and now < start + interval then
  window = math.ceil((start + interval) / 1000) * 1000
end
redis.call('SET', KEYS[1], window, 'PX', 2 * interval + 60000)
return {window, 1}
"""


class Depth(NamedTuple):
    """How many jobs there are, by what they wait for."""

    queued: int
    running: int
    scheduled: int
    held: int  # until another of the same site is over
    failed: int  # bugs


class WorkQueue(rq.Queue):
    """RQ's queue with a maintenance lock that a killed worker does not hold for 15 minutes."""

    def acquire_maintenance_lock(self) -> bool:
        return bool(self.connection.set(self.registry_cleaning_key, 1, nx=True, ex=30))


class Queue:
    """What altpress does with RQ. Raises Unavailable when Redis does not answer."""

    def __init__(self, connection: "redis.Redis", *, publish_interval: float) -> None:
        self._redis = connection
        self._interval_ms = round(publish_interval * 1000)
        self._window: Callable[..., Any] = connection.register_script(_WINDOW)
        self.rq = WorkQueue(QUEUE, connection=connection, serializer=JSONSerializer, default_timeout=TIMEOUT)

    def ping(self) -> None:
        with _reachable():
            self._redis.ping()

    def enqueue(self, job: Job, *, delay: float = 0) -> str:
        """Put the job into the queue, `delay` seconds from now; its id, or that of the one it joined."""
        with _reachable():
            job_id = _job_id(job)
            if job.delivery is None:
                job_id, merged = self._free_id(job_id)
                if merged:
                    return job_id
            self._put(job, job_id, at=_later(delay) if delay > 0 else None)
            return job_id

    def enqueue_publish(self, site_key: str, *, now: float) -> str:
        """A publish of the site: now, or at the end of the interval when one runs already; its id.

        Call it after the trigger has raised the site's generation: then a publish that has not started yet
        includes the trigger, and need not be followed by another.
        """
        with _reachable():
            limit = RateLimit(f"publish:{_digest(site_key)}", concurrency=1)
            if waiting := RateLimitRegistry(limit.key, self._redis).get_rate_limited_job_ids():
                return waiting[-1]
            now_ms = math.floor(now * 1000)
            window, opened = self._open_window(site_key, now_ms)
            job_id = f"publish-{_digest(site_key)}-{window}"
            if opened or self._status(job_id) is None:
                at = datetime.fromtimestamp(window / 1000, UTC) if window > now_ms else None
                job = Job(name="publish", args=(site_key, str(window)), site=site_key)
                self._put(job, job_id, at=at, rate_limit=limit)
            return job_id

    def depth(self) -> Depth:
        with _reachable():
            held = sum(r.get_rate_limited_job_count() for r in RateLimitRegistry.all(self._redis))
            return Depth(
                queued=self.rq.count,
                running=self.rq.started_job_registry.get_job_count(cleanup=False),
                scheduled=self.rq.scheduled_job_registry.get_job_count(cleanup=False),
                held=held,
                failed=self.rq.failed_job_registry.get_job_count(cleanup=False),
            )

    def _open_window(self, site_key: str, now_ms: int) -> tuple[int, bool]:
        key = f"altpress:window:{site_key}"
        start, opened = self._window(keys=[key], args=[now_ms, self._interval_ms])
        return int(start), bool(opened)

    def _free_id(self, job_id: str) -> tuple[str, bool]:
        """An id that a new job may have, and whether one that waits already has it."""
        for candidate in (job_id, f"{job_id}-next"):
            status = self._status(candidate)
            if status in WAITING:
                return candidate, True
            if status != JobStatus.STARTED:
                return candidate, False
        return f"{job_id}-next", True

    def _status(self, job_id: str) -> JobStatus | None:
        raw = self._redis.hget(rq.job.Job.key_for(job_id), "status")
        return JobStatus(raw.decode()) if isinstance(raw, bytes) else None

    def _put(self, job: Job, job_id: str, *, at: datetime | None, **options: Any) -> None:
        meta = {"token": job.token, "delivery": job.delivery, "site": job.site}
        options.update(
            args=job.args, job_id=job_id, meta={k: v for k, v in meta.items() if v is not None},
            description=job.name, result_ttl=0, failure_ttl=FAILURE_TTL, retry=rq.Retry(max=KILLED_TRIES),
            at_front=job.name in FRONT,
        )  # fmt: skip
        if at is None:
            self.rq.enqueue(JOBS[job.name], **options)
        else:
            self.rq.enqueue_at(at, JOBS[job.name], **options)


def _job_id(job: Job) -> str:
    """Letters, digits, `-` and `_` alone, as RQ wants it; the same for the same work of the same delivery."""
    return f"{job.name}-{_digest(job.token, job.delivery or '')}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]


def _later(delay: float) -> datetime:
    """A whole second: RQ's scheduler drops the fraction, and would come too early."""
    return datetime.fromtimestamp(math.ceil(datetime.now(UTC).timestamp() + delay), UTC)


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise Unavailable(f"The queue does not answer ({type(error).__name__}).") from error
