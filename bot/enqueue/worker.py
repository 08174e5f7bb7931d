"""RQ's worker, which stops without losing anything.

SIGTERM (or SIGINT): it takes no new job. The job under way may end; when `stop_grace` is nearly over, its
child is told to let go, and unwinds as after any error; a child that does not is killed when it is over. The
job is in the queue again, at its front, before the worker ends. A second signal: the same without the grace.

RQ's own handler raises wherever the worker happens to be: between Redis's answer and the child, the job that
the answer held was found again after a minute. Here nothing is interrupted; an idle worker looks each second.
"""

import logging
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any

from redis.exceptions import RedisError
from rq import Queue
from rq.executions import Execution
from rq.job import Job
from rq.worker.base import WorkerStatus

from bot.enqueue.hand_back import hand_back
from bot.enqueue.patient import PatientWorker

log = logging.getLogger(__name__)
UNWIND = 3.0  # seconds that a child has to let go, at the end of the grace
ECHO = 0.5  # seconds within which a second signal is the first one's (a wrapper that passes it on)
LET_GO = signal.SIGUSR1
NEVER = float("inf")
ExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


class LetGo(BaseException):
    """In the child: its time is up. Nothing of ours catches it; what has to be given back, is."""


class LastingWorker(PatientWorker):
    """One worker. `handed_back` gets each job that it does not finish; `before_fork` is called for each that
    it begins: what is read there is known to all children.
    """

    def __init__(
        self,
        *args: Any,
        stop_grace: float,
        handed_back: Callable[[Job], None] = lambda _: None,
        before_fork: Callable[[], object] = lambda: None,
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self._grace = stop_grace
        self._handed_back = handed_back
        self._before_fork = before_fork
        self._told = NEVER
        self._let_go_at = NEVER
        self._kill_at = NEVER
        self._cut = False  # whether the child under way was told to let go

    def is_stopping(self) -> bool:
        """Whether it was told to."""
        return self._stop_requested

    # ---- signals: they note what is wanted, and have a wait end sooner

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        del signum, frame
        now = time.monotonic()
        if os.getpid() != self.pid:
            return
        if not self._stop_requested:
            self._stop_requested = True
            self._told = now
            self._let_go_at = now + max(0.0, self._grace - UNWIND)
            self._kill_at = now + self._grace
        elif now > self._told + ECHO:
            self._let_go_at = min(self._let_go_at, now)
            self._kill_at = min(self._kill_at, now + UNWIND)
        self._hurry()

    def _hurry(self) -> None:
        """RQ's alarm, which wakes it from waiting for the child, no later than it is time."""
        left = max(0.001, min(self._let_go_at if not self._cut else NEVER, self._kill_at) - time.monotonic())
        if signal.getitimer(signal.ITIMER_REAL)[0] > left:
            signal.setitimer(signal.ITIMER_REAL, left)

    def listen(self) -> None:
        """Signals are for this worker from now on."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.request_stop)

    def _install_signal_handlers(self) -> None:
        self.listen()

    # ---- doing them

    def execute_job(self, job: Job, queue: Queue) -> None:
        with self._reaching():
            if self._stop_requested:  # told while Redis answered
                self._give_back(job, queue, None)
                return
            self._cut = False
            execution = self.prepare_execution(job)
            self._before_fork()
            self.fork_work_horse(job, queue)
            self.monitor_work_horse(job, queue, execution)
            if self._cut:
                self._give_back(job, queue, execution)
            self.set_state(WorkerStatus.IDLE)

    def wait_for_horse(self) -> Any:
        """RQ calls it at least every `job_monitoring_interval`, and whenever the alarm comes sooner.

        How a child ends that was told to is no concern of RQ's.
        """
        now = time.monotonic()
        if now >= self._let_go_at and not self._cut:
            self._cut = True
            self._tell_horse(LET_GO)
        if now >= self._kill_at:
            self._kill_at = NEVER
            self._tell_horse(signal.SIGKILL)
        self._hurry()
        pid, status, usage = super().wait_for_horse()
        return pid, os.EX_OK if self._cut else status, usage

    def _tell_horse(self, number: signal.Signals) -> None:
        if pid := self.horse_pid:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _give_back(self, job: Job, queue: Queue, execution: Execution | None) -> None:
        if hand_back(queue, job, execution):
            seconds = round(time.monotonic() - self._told, 1)
            fields = {"job": job.description, "job_id": job.id, "delivery": (job.meta or {}).get("delivery")}
            log.warning("job_handed_back", extra={**fields, "seconds": seconds})
            self._handed_back(job)

    # ---- in the child

    def setup_work_horse_signals(self) -> None:
        """Who stops a group of processes means the worker: it tells its child when it is time."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(LET_GO, _let_go)

    def _finalize_failure(self, job: Job, queue: Queue, execution: Execution, exc_info: ExcInfo) -> None:
        kind = exc_info[0] or BaseException
        if issubclass(kind, LetGo):
            os._exit(0)  # the worker hands the job back
        if issubclass(kind, RedisError):
            log.warning("job_end_untold", extra={"job_id": job.id, "reason": kind.__name__})
            os._exit(1)  # once Redis answers, the worker has it done again
        super()._finalize_failure(job, queue, execution, exc_info)


def _let_go(number: int, frame: FrameType | None) -> None:
    del number, frame
    signal.signal(LET_GO, signal.SIG_IGN)  # once: it is not disturbed while it unwinds
    raise LetGo
