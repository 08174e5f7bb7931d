"""Locks of the data directory: one process each, and no process left behind.

A lock is a file under POSIX `lockf`: the system lets go of it when its process ends, however it ends; it
stays over `exec`, and forked children (a worker's job under way) do not have it. The file holds the process
id, which counts only while the lock is held. So whoever comes later tells a running process from the trace
of a killed one, and can end exactly that process.

`python -m bot.embedded.lock FILE COMMAND …` takes the lock and becomes COMMAND, which holds it from then on.
"""

import contextlib
import fcntl
import os
import signal
import sys
import time
from pathlib import Path

LOOKS = 20  # tries for a lock that somebody may only be looking at, for an instant
PAUSE = 0.02  # seconds between two tries
HELD = 75  # exit status of the launcher when another process has the lock (EX_TEMPFAIL)


class Lock:
    """A held lock, until `release` or the end of the process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        os.close(self._descriptor)


def take(path: Path, *, inherit: bool = False) -> Lock | None:
    """The lock, with this process's id in the file; None when another process holds it.

    With `inherit` the program has it that this process becomes by `exec`.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if not _insist(descriptor):
        os.close(descriptor)
        return None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    os.set_inheritable(descriptor, inherit)
    return Lock(descriptor)


def holder(path: Path) -> int | None:
    """The id of the process that holds the lock; None when nobody does.

    Not for a lock of this very process: looking would let go of it (so POSIX wants it).
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        # shared: two who look at once do not take each other for the holder
        text = b"" if _try(descriptor, fcntl.LOCK_SH) else os.pread(descriptor, 32, 0)
    finally:
        os.close(descriptor)
    return int(text) if text.isdigit() else None


def end_holder(path: Path, patience: float) -> bool:
    """End the process that holds the lock, and its group: asked first, killed after `patience` seconds.

    True when there was one. Supervised programs each lead a group of their own.
    """
    pid = holder(path)
    if pid is None:
        return False
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
        _send(pid, number)
        if _ended(path, seconds):
            break
    return True


def _insist(descriptor: int) -> bool:
    for _ in range(LOOKS):
        if _try(descriptor, fcntl.LOCK_EX):
            return True
        time.sleep(PAUSE)
    return False


def _try(descriptor: int, kind: int) -> bool:
    try:
        fcntl.lockf(descriptor, kind | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # POSIX leaves the choice to the system
        return False
    return True


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        if os.getpgid(pid) == pid:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)


def _ended(path: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holder(path) is None:
            return True
        time.sleep(0.05)
    return False


def main(arguments: list[str]) -> None:
    """Take the lock, then become the command."""
    path, *command = arguments
    if take(Path(path), inherit=True) is None:
        sys.stderr.write(f"altpress: another process holds {path}\n")
        sys.exit(HELD)
    os.execv(command[0], command)  # noqa: S606 - our own command, no shell


if __name__ == "__main__":
    main(sys.argv[1:])
