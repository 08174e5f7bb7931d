"""What happens around every job: the fields of its log lines, its clients, and the one catch.

A job is a function of a Context and JSON values, named in `bot.enqueue.JOBS` by its dotted name:

    @job("ingest")
    def ingest_release(ctx: Context, site_key: str, repository: str, release_id: int, delivery: str | None):
        ...

RQ calls it with the JSON values alone; a test calls `ingest_release.work(ctx, …)`. What it raises is policy:

    returns                     its token is settled in the ledger
    NotReady, Underway,         the job comes back later (`jobs/patience.py`), under the same id; when its
    Conflict, RateLimited,      patience is over, the token fails with the error's public sentence
    Rejected, BadIpa,           an outcome (`BotError.is_outcome`): the work has told whom it concerns before
    BadCatalog, BadSource,      it raised; the token is settled
    NotFound
    BotError, BadSettings       for the operator: the token fails; unless the credentials have been rotated
                                since the job began, which then comes back with the new ones
    anything else               a bug, or more time than allowed: logged with its traceback, the token fails,
                                and RQ keeps the job in its registry of failed ones, which holds bugs only

`gave_up` of `@job(…, gave_up=function)` is called as `function(ctx, reason, *args)` after every end but the
first two: a publish has no token of its own, and fails those of its causes there.
"""

import logging
import math
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, Protocol

from rq import Retry, get_current_job
from rq.job import Job as RqJob

from bot.context import Context, open_context
from bot.enqueue import JOBS as FUNCTIONS
from bot.enqueue.waits import WAITS
from bot.errors import BadSettings, BotError, Unavailable
from bot.metrics.table import JOB_SECONDS, JOBS
from bot.records import Job
from config.kept import KeptSettings
from config.log import bind
from jobs.patience import plan_retry
from jobs.trace import FOLLOWING, begin

log = logging.getLogger(__name__)
BUG = "Something went wrong inside altpress; its operator can see why in the log."
MANY = 1_000_000  # RQ's own bound of retries: `jobs/patience.py` ends them sooner
settings = KeptSettings()  # a worker reads them before it forks; its children, when a secret's file changed
Args = tuple[str | int | None, ...]
Opener = Callable[[], AbstractContextManager[Context]]
P = ParamSpec("P")


class GaveUp(Protocol):
    """Called when a job ended without success."""

    def __call__(self, ctx: Context, reason: str, *args: Any) -> None: ...


@dataclass(frozen=True)
class Run:
    """One execution of a job: for the log, the ledger and the patience."""

    id: str
    token: str
    delivery: str | None = None
    site: str | None = None
    origin: str | None = None  # what began it, where no delivery did
    attempt: int = 0  # how many are over
    age: float = 0  # seconds since the job was made


class JobFunction(Generic[P]):
    """A job as RQ calls it; `work` is the function itself."""

    def __init__(self, name: str, work: Callable[P, None], gave_up: GaveUp | None) -> None:
        self.name = name
        self.work = work
        self._gave_up = gave_up
        self.__doc__ = work.__doc__
        self.__name__ = work.__name__
        self.__module__ = work.__module__

    def __call__(self, *args: str | int | None) -> Retry | None:
        """The work in a worker: with the clients of this installation."""
        run = current_run(self.name, args)
        wait = self.perform(run, args, lambda: open_context(settings()))
        return None if wait is None else Retry(max=MANY, interval=whole_seconds(wait, time.time()))

    def perform(self, run: Run, args: Args, opener: Opener) -> float | None:
        """Do it once: None when it is over, or the seconds until it should come back."""
        started = time.monotonic()
        origin = find_origin(self.name, run)
        with bind(job=self.name, job_id=run.id, delivery=run.delivery, site=run.site, origin=origin):
            try:
                with opener() as ctx, ctx.meter.timing(JOB_SECONDS, self.name):
                    begin(ctx, run.delivery, origin)
                    return self._attempt(ctx, run, args)
            except Unavailable as error:  # the stores themselves: nothing could be written down
                return self._without_stores(run, error)
            finally:
                log.debug("job_ended", extra={"seconds": round(time.monotonic() - started, 3)})

    def _attempt(self, ctx: Context, run: Run, args: Args) -> float | None:
        started = time.monotonic()
        try:
            self.work(ctx, *args)  # type: ignore[call-arg,arg-type]  # JSON values: RQ knows no signatures
        except BotError as error:
            return self._judge(ctx, run, args, error)
        except Exception:
            log.exception("job_crashed")
            ctx.meter.count(JOBS, self.name, "crashed")
            _never_again()
            self._end(ctx, run, args, BUG, failed=True)
            raise
        if run.delivery is not None:
            ctx.store.deliveries.settle(run.delivery, run.token, now_ms())
        log.info(
            "job_done", extra={"seconds": round(time.monotonic() - started, 3), "attempt": run.attempt + 1}
        )
        ctx.meter.count(JOBS, self.name, "done")
        return None

    def _judge(self, ctx: Context, run: Run, args: Args, error: BotError) -> float | None:
        """Later, never, or not at all: what the error's class says."""
        if error.is_outcome:
            log.warning("job_refused", extra={"code": error.code, "reason": error.public})
            ctx.meter.count(JOBS, self.name, "refused")
            self._end(ctx, run, args, error.public, failed=False)
            return None
        wait = _plan(ctx, run, error)
        if wait is not None:
            log.info("job_later", extra={"code": error.code, "wait": wait, "reason": error.public})
            ctx.meter.count(JOBS, self.name, "later")
            _note_wait(error.public)
            return wait
        log.error("job_gave_up", extra={"code": error.code, "reason": error.public})
        ctx.meter.count(JOBS, self.name, "gave_up")
        self._end(ctx, run, args, error.public, failed=True)
        return None

    def _end(self, ctx: Context, run: Run, args: Args, reason: str, *, failed: bool) -> None:
        """Write the end into the ledger, and tell the job's own ending."""
        if run.delivery is not None and failed:
            ctx.store.deliveries.fail(run.delivery, run.token, reason, now_ms())
        elif run.delivery is not None:
            ctx.store.deliveries.settle(run.delivery, run.token, now_ms())
        if self._gave_up is not None:
            self._gave_up(ctx, reason, *args)

    @staticmethod
    def _without_stores(run: Run, error: Unavailable) -> float | None:
        wait = plan_retry(error, attempt=run.attempt, age=run.age, quiet_period=0, ready_timeout=0)
        log.warning("job_without_stores", extra={"wait": wait, "reason": error.public})
        return wait


def job(name: str, *, gave_up: GaveUp | None = None) -> Callable[[Callable[P, None]], JobFunction[P]]:
    """Make a function `(ctx, *values) -> None` a job; see the module."""
    return lambda work: JobFunction(name, work, gave_up)


def current_run(name: str, args: Args) -> Run:
    """What RQ knows about the job that runs in this process; outside of RQ, a run of its own."""
    token = Job(name=name, args=args).token
    current = get_current_job()
    if current is None:
        return Run(id="none", token=token)
    meta = current.meta or {}
    return Run(
        id=current.id, token=meta.get("token", token), delivery=meta.get("delivery"), site=meta.get("site"),
        origin=meta.get("origin"), attempt=current.number_of_retries or 0,
        age=time.time() - current.created_at.timestamp(),
    )  # fmt: skip


def _plan(ctx: Context, run: Run, error: BotError) -> float | None:
    """`plan_retry`; but who was refused with credentials that were rotated meanwhile tries the new ones."""
    if isinstance(error, BadSettings) and settings.differ_from(ctx.settings):
        return 1.0
    return plan_retry(
        error, attempt=run.attempt, age=run.age,
        quiet_period=ctx.settings.quiet_period, ready_timeout=ctx.settings.ready_timeout,
    )  # fmt: skip


def find_origin(name: str, run: Run) -> str | None:
    """What began this work, by its id: a new one where nothing else did; None where deliveries did."""
    if run.delivery or name in FOLLOWING:
        return None
    return run.origin or f"{name}-{secrets.token_hex(4)}"


def whole_seconds(wait: float, now: float) -> int:
    """RQ's interval for a wait from `now` on: RQ drops the fraction of the time it adds up to, and a job that
    comes a moment too early asks GitHub in vain.
    """
    return math.ceil(now + wait) - math.floor(now) if wait > 0 else 0


def _note_wait(reason: str) -> None:
    """For those who ask what the job waits for."""
    current = get_current_job()
    if current is not None:
        current.meta[WAITS] = reason
        current.save_meta()  # type: ignore[no-untyped-call]  # RQ's own


def _never_again() -> None:
    """RQ's own retries are for killed workers (`bot/enqueue/queue.py`): a bug only happens again."""
    current = get_current_job()
    if current is not None:
        current.retries_left = 0


def abandon(killed: RqJob, opener: Opener | None = None) -> None:
    """A job whose worker was killed each time it was tried: it fails in the ledger, too."""
    if killed.should_retry or not (killed.meta or {}).get("delivery"):
        return
    delivery, token = killed.meta["delivery"], str(killed.meta.get("token"))
    with bind(job=killed.func_name, job_id=killed.id, delivery=delivery):
        try:
            with (opener or (lambda: open_context(settings())))() as ctx:
                ctx.meter.count(JOBS, _name_of(killed), "killed")
                ctx.store.deliveries.fail(delivery, token, BUG, now_ms())
        except BotError as error:
            log.warning("job_abandoned_untold", extra={"reason": error.public})
        log.error("job_abandoned")


def _name_of(killed: RqJob) -> str:
    """As the table has it."""
    return next((name for name, function in FUNCTIONS.items() if function == killed.func_name), "other")


def now_ms() -> int:
    return time.time_ns() // 1_000_000
