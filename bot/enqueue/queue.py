"""What altpress does with RQ's queue.

One queue for all: RQ moves a job from one queue to a worker in one step (`BLMOVE`), from several in two, and
a worker that is killed between the two would lose it. Publishes and commands go to its front.

A job that belongs to a delivery has an id made of both, so the dispatcher may enqueue it again after a crash.
Others are merged: while one of the same name and arguments waits, a second adds nothing; while one runs, one
more is kept. `enqueue_publish` has the rule of `publish_interval`.

Some jobs do not run beside others of their kind (`alone.py`).
"""

import math
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import redis
import rq
from rq.job import JobStatus
from rq.rate_limit import RateLimit, RateLimitRegistry
from rq.serializers import JSONSerializer

from bot.enqueue.alone import digest, name_limit
from bot.enqueue.lost import read_status
from bot.enqueue.maintenance import WorkQueue
from bot.enqueue.reachable import reachable
from bot.enqueue.table import FRONT, JOBS
from bot.enqueue.windows import Windows
from bot.records import Job

QUEUE = "altpress"
TIMEOUT = 900  # seconds that a job may run: an IPA of 4 GiB without ranges takes minutes
KILLED_TRIES = 3  # how often a job is tried again whose worker was killed
OLDEST_AMONG = 100
WORKER_KEY = rq.Worker.redis_worker_namespace_prefix
HEARD = "heard"  # of a worker: when, in Redis's own time
FAILURE_TTL = 7 * 86_400  # seconds that RQ keeps a bug
WAITING = frozenset({JobStatus.QUEUED, JobStatus.SCHEDULED, JobStatus.RATE_LIMITED, JobStatus.DEFERRED})


class JobState(StrEnum):
    """As much as the ledger wants to know of a job."""

    ALIVE = "alive"  # waits, or runs
    FAILED = "failed"  # a bug, or its worker was killed too often


class Depth(NamedTuple):
    """How many jobs there are, by what they wait for."""

    queued: int
    running: int
    scheduled: int
    held: int  # until another of the same site, or release, is over
    failed: int  # bugs


class Queue:
    """What altpress does with RQ. Raises Unavailable when Redis does not answer."""

    def __init__(self, connection: redis.Redis, *, publish_interval: float) -> None:
        self._redis = connection
        self.origin: str | None = None  # of what is enqueued for no delivery (`jobs/trace.py`)
        self._windows = Windows(connection, publish_interval)
        self.rq = WorkQueue(QUEUE, connection=connection, serializer=JSONSerializer, default_timeout=TIMEOUT)

    @property
    def connection(self) -> redis.Redis:
        return self._redis

    def ping(self) -> None:
        with reachable():
            self._redis.ping()

    def info(self) -> dict[str, Any]:
        """What Redis says of itself; a managed one may leave things out."""
        with reachable():
            return dict(self._redis.info())

    def oldest_age(self, *, now: datetime) -> float:
        """Seconds that the oldest of the next jobs has waited; 0 for an empty queue.

        The first hundred are looked at: beyond those that go to the front, they wait in their order.
        """
        with reachable():
            keys = [rq.job.Job.key_for(job_id) for job_id in self.rq.get_job_ids(0, OLDEST_AMONG)]
            pipeline = self._redis.pipeline(transaction=False)
            for key in keys:
                pipeline.hget(key, "enqueued_at")
            found = [rq.utils.utcparse(value.decode()) for value in pipeline.execute() if value]
        return max(((now - moment).total_seconds() for moment in found), default=0.0)

    def server_time(self) -> float:
        """What time it is at the server (Unix seconds)."""
        with reachable():
            seconds, microseconds = self._redis.time()
        return float(seconds) + float(microseconds) / 1e6

    def worker_ages(self, *, now: datetime, prefix: str = "") -> list[float]:
        """Seconds since each worker whose name begins so was last heard of, the freshest first.

        By Redis's clock; `now` is for workers of before, which noted it by their own.
        """
        with reachable():
            keys = rq.worker_registration.get_keys(queue=self.rq, connection=self._redis)
            ours = [key for key in keys if key.removeprefix(WORKER_KEY).startswith(prefix)]
            with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.time()
                for key in ours:
                    pipeline.hmget(key, HEARD, "last_heartbeat")
                (here, _), *beats = pipeline.execute()
        ages = [here - int(heard) for heard, _ in beats if heard]
        seen = [rq.utils.utcparse(beat.decode()) for heard, beat in beats if beat and not heard]
        return sorted([float(age) for age in ages] + [(now - moment).total_seconds() for moment in seen])

    def enqueue(self, job: Job, *, delay: float = 0) -> str:
        """Put the job into the queue, `delay` seconds from now; its id, or that of the one it joined."""
        with reachable():
            job_id = _job_id(job)
            if job.delivery is None:
                job_id, merged = self._free_id(job_id)
                if merged:
                    return job_id
            self._put(job, job_id, at=_later(delay) if delay > 0 else None, rate_limit=_one_at_a_time(job))
            return job_id

    def enqueue_publish(self, site_key: str, *, now: float) -> str:
        """A publish of the site: now, or at the end of the interval when one runs already; its id.

        Call it after the trigger has raised the site's generation: then a publish that has not started yet
        includes the trigger, and need not be followed by another.
        """
        with reachable():
            limit = _one_at_a_time(Job(name="publish", args=(site_key,)))
            assert limit is not None
            if waiting := RateLimitRegistry(limit.key, self._redis).get_rate_limited_job_ids():
                return waiting[-1]
            now_ms = math.floor(now * 1000)
            window, opened = self._windows.open(site_key, now_ms)
            job_id = f"publish-{digest(site_key)}-{window}"
            if opened or self._status(job_id) is None:
                at = datetime.fromtimestamp(window / 1000, UTC) if window > now_ms else None
                job = Job(name="publish", args=(site_key, str(window)), site=site_key)
                self._put(job, job_id, at=at, rate_limit=limit)
            return job_id

    def put_off_publish(self, site_key: str, *, seconds: float, now: float) -> str:
        """The site's next publish is then, and takes in everything that is triggered before; its id."""
        # a whole second, as all windows; and never the one that runs now
        window = max(math.ceil(now + seconds), math.floor(now) + 1) * 1000
        job_id = f"publish-{digest(site_key)}-{window}"
        with reachable():
            self._windows.stretch(site_key, window, math.floor(now * 1000))
            if self._status(job_id) is None:
                job = Job(name="publish", args=(site_key, str(window)), site=site_key)
                at = datetime.fromtimestamp(window / 1000, UTC)
                self._put(job, job_id, at=at, rate_limit=_one_at_a_time(job))
        return job_id

    def put_off_until(self, site_key: str, *, now_ms: int) -> int | None:
        """When the site's publish comes that was put off, in milliseconds; None: none was."""
        with reachable():
            return self._windows.stretched_until(site_key, now_ms)

    def is_passed_over(self, site_key: str, window: str, *, now: float) -> bool:
        """Whether the publish of this window is left to one that was put off."""
        with reachable():
            return self._windows.is_passed_over(site_key, window, math.floor(now * 1000))

    def close_window(self, site_key: str, window: str) -> None:
        """Tell that the publish of this window made no commit; the interval is one between commits."""
        with reachable():
            self._windows.close(site_key, window)

    def state_of(self, token: str, delivery: str) -> JobState | None:
        """How the job of a delivery is that the ledger knows by this token; None: it is not there."""
        with reachable():
            status = self._status(id_of(token, delivery))
        if status is None:
            return None
        return JobState.ALIVE if status in {*WAITING, JobStatus.STARTED} else JobState.FAILED

    def depth(self) -> Depth:
        with reachable():
            return Depth(
                queued=self.rq.count,
                running=self.rq.started_job_registry.get_job_count(cleanup=False),
                scheduled=self.rq.scheduled_job_registry.get_job_count(cleanup=False),
                held=self._held(),
                failed=self.rq.failed_job_registry.get_job_count(cleanup=False),
            )

    def _held(self) -> int:
        """In one round trip: there is a limit for each release that is being read."""
        with self._redis.pipeline(transaction=False) as counts:
            for limit in RateLimitRegistry.all(self._redis):
                counts.zcard(limit.rate_limited_key)
            return sum(counts.execute())

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
        return read_status(self.rq, job_id)

    def _put(self, job: Job, job_id: str, *, at: datetime | None, **options: Any) -> None:
        origin = None if job.delivery else self.origin
        meta = {"token": job.token, "delivery": job.delivery, "site": job.site, "origin": origin}
        options.update(
            args=job.args, job_id=job_id, meta={k: v for k, v in meta.items() if v is not None},
            description=job.name, result_ttl=0, failure_ttl=FAILURE_TTL, retry=rq.Retry(max=KILLED_TRIES),
            at_front=job.name in FRONT,
        )  # fmt: skip
        if at is None:
            self.rq.enqueue(JOBS[job.name], **options)
        else:
            self.rq.enqueue_at(at, JOBS[job.name], **options)


def _one_at_a_time(job: Job) -> RateLimit | None:
    """The limit that the job shares with those that must not run beside it."""
    key = name_limit(job)
    return RateLimit(key, concurrency=1) if key is not None else None


def _job_id(job: Job) -> str:
    """Letters, digits, `-` and `_` alone, as RQ wants it; the same for the same work of the same delivery."""
    return id_of(job.token, job.delivery or "")


def id_of(token: str, delivery: str) -> str:
    """The id of the job that the ledger knows by this token."""
    return f"{token.partition(':')[0]}-{digest(token, delivery)}"


def _later(delay: float) -> datetime:
    """A whole second: RQ's scheduler drops the fraction, and would come too early."""
    return datetime.fromtimestamp(math.ceil(datetime.now(UTC).timestamp() + delay), UTC)
