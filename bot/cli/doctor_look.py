"""How `altpress doctor` looks at what may fail or hang: that is a finding, and hides nothing else."""

import queue
import threading
from collections.abc import Callable, Iterator

from bot.errors import BadSettings, BotError, Unavailable
from bot.setup.findings import Finding, error

SILENCE = 45.0  # seconds without a finding until a look is given up
QUIET = 2.0  # seconds without a finding until somebody who waits is told what for
Look = Callable[[], Iterator[Finding]]


def guarded(code: str, subject: str, look: Look) -> Iterator[Finding]:
    """What cannot be looked at is a finding, and hides nothing else."""
    try:
        yield from look()
    except BadSettings as problem:
        yield error(code, subject, problem.public, "set it right (see .env.example)")
    except Unavailable as problem:
        yield error(code, subject, problem.public, "see that it runs and can be reached from here")
    except BotError as problem:
        yield error(code, subject, problem.public, "look into altpress's log")


def bounded(
    code: str, subject: str, look: Look, *, silence: float = SILENCE, waits: Callable[[str], None]
) -> Iterator[Finding]:
    """The same in a thread of its own, which is left behind when nothing comes of it for so long.

    No deadline for the whole: what it finds is shown as it comes, and each finding starts the silence anew.
    `waits` is told the subject when it takes a while.
    """
    found: queue.SimpleQueue[Finding | BaseException | None] = queue.SimpleQueue()
    threading.Thread(target=_run, args=(code, subject, look, found), daemon=True).start()
    quiet = min(QUIET, silence)
    while True:
        try:
            try:
                one = found.get(timeout=quiet)
            except queue.Empty:
                waits(subject)
                one = found.get(timeout=silence - quiet)
        except queue.Empty:
            told = f"it did not answer within {silence:.0f} s"
            yield error(code, subject, told, "see that it runs and can be reached from here")
            return
        if one is None:
            return
        if isinstance(one, BaseException):
            raise one
        yield one


def _run(
    code: str, subject: str, look: Look, found: "queue.SimpleQueue[Finding | BaseException | None]"
) -> None:
    try:
        for one in guarded(code, subject, look):
            found.put(one)
        found.put(None)
    except BaseException as bug:  # noqa: BLE001 - raised again where the findings are read
        found.put(bug)
