"""How `altpress up` ends: what has stopped is told, and what is still waited for."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event

from bot.embedded.lock import holder
from bot.embedded.session import Session, end_left_overs
from bot.embedded.supervisor import Program
from bot.every import Every

REMINDER = 5.0  # seconds between two lines that say what is still waited for
WHY = {"worker": "a job is under way", "web": "requests are under way"}
IMPATIENT = ("worker", "web", "scheduler")  # what a second Ctrl-C hurries; stores are always left in order


class Asked(Event):
    """That `up` shall end; and again, by somebody who does not want to wait for work under way."""

    def __init__(self) -> None:
        super().__init__()
        self.again = False

    def ask(self) -> None:
        self.again = self.is_set()
        self.set()


@contextmanager
def stop_signals() -> Iterator[Asked]:
    """What SIGINT and SIGTERM set, instead of breaking off in the middle of something."""
    asked = Asked()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: asked.ask()) for number in numbers}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end_all(
    run_dir: Path, programs: Sequence[Program], session: Session, asked: Asked, say: Callable[[str], object]
) -> None:
    """Stop all in reverse order, each waited for; after a killed supervisor, what it left."""
    if session.ended() is None:
        say("stopping, clients first, then the stores …")
        progress = Progress(run_dir, programs, say)
        asked.again = False
        session.stop(sum(program.stop_seconds for program in programs), lambda: progress.look(asked))
        progress.look(asked)  # the last one and its supervisor may have ended between two looks
    end_left_overs(run_dir, programs)
    say("stopped")


class Progress:
    """Watches the locks of the programs."""

    def __init__(self, run_dir: Path, programs: Sequence[Program], say: Callable[[str], object]) -> None:
        self._locks = {
            f"{program.name}-{number}": run_dir / f"{program.name}-{number}.lock"
            for program in reversed(programs)
            for number in range(program.count)
        }
        self._seconds = {program.name: program.stop_seconds for program in programs}
        self._say = say
        self._began = time.monotonic()
        self._reminders = Every(REMINDER, at_once=False)

    def look(self, asked: Asked) -> None:
        for name, lock in list(self._locks.items()):
            if holder(lock) is None:
                del self._locks[name]
                self._say(f"  {name} has stopped ({time.monotonic() - self._began:.1f} s)")
        if asked.again:
            asked.again = False
            self._hurry()
        if self._locks and self._reminders.due():
            self._remind(next(iter(self._locks)))

    def _remind(self, name: str) -> None:
        kind = name.rpartition("-")[0]
        why = f" ({WHY[kind]}; Ctrl-C again does not wait for it)" if kind in WHY else ""
        self._say(f"  waiting for {name}{why}, at most {self._seconds[kind]} s")

    def _hurry(self) -> None:
        """Each of them takes a second signal for impatience, and still loses nothing."""
        for name, lock in self._locks.items():
            if name.rpartition("-")[0] in IMPATIENT and (pid := holder(lock)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
