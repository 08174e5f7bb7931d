"""The running supervisor: started, listened to, stopped; and what a killed one left behind."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bot.embedded.lock import end_holder
from bot.embedded.supervisor import Program

ROOT = Path(__file__).resolve().parents[2]
STOP_MARGIN = 15.0  # seconds beyond what the programs are given together
LOG_BYTES = 4000
POLL = 0.1  # seconds


class Session:
    """supervisord as a child process. `write` gets its output, a line at a time, in order."""

    def __init__(
        self, run_dir: Path, environment: Mapping[str, str], write: Callable[[bytes], object]
    ) -> None:
        self._run_dir = run_dir
        self._process = subprocess.Popen(
            _command(run_dir),
            env=_with_sources(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches `up` alone, which then stops the rest in order
        )
        self._pump = threading.Thread(target=self._pass_on, args=[write], daemon=True)
        self._pump.start()

    def ended(self) -> int | None:
        """The exit status, or None while it runs."""
        return self._process.poll()

    def stop(self, seconds: float, look: Callable[[], object] = lambda: None) -> int:
        """Stop everything in reverse order and wait; supervisord kills what does not end in time.

        `look` is called again and again meanwhile.
        """
        self._process.terminate()
        deadline = time.monotonic() + seconds + STOP_MARGIN
        while (status := self._process.poll()) is None:
            if time.monotonic() > deadline:
                self._process.kill()
            look()
            time.sleep(POLL)
        self._pump.join(1.0)  # what was said last
        return status

    def _pass_on(self, write: Callable[[bytes], object]) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                write(line)

    def last_words(self) -> str:
        """The end of supervisord's own log."""
        try:
            return (self._run_dir / "supervisord.log").read_text(errors="replace")[-LOG_BYTES:]
        except OSError:
            return ""


def end_left_overs(run_dir: Path, programs: Sequence[Program]) -> list[str]:
    """End what a killed supervisor (or `up`) left running: itself first, then clients before stores.

    Returns the names. A killed `up` leaves a supervisor that works on; a killed supervisor leaves programs
    that hold the sockets, the port and the stores' files.
    """
    seconds = {"supervisord": sum(program.stop_seconds for program in programs) + STOP_MARGIN}
    seconds |= {program.name: float(program.stop_seconds) for program in reversed(programs)}
    return [
        path.stem
        for name, patience in seconds.items()
        for path in sorted(run_dir.glob(f"{name}-*.lock"))
        if end_holder(path, patience)
    ]


def _command(run_dir: Path) -> list[str]:
    python = sys.executable
    files = [("-c", "conf"), ("-j", "pid"), ("-l", "log")]
    options = [word for flag, kind in files for word in (flag, str(run_dir / f"supervisord.{kind}"))]
    lock = str(run_dir / "supervisord-0.lock")
    return [
        python, "-m", "bot.embedded.lock", lock, python, "-m", "supervisor.supervisord",
        *options, "-y", "1MB", "-z", "1", "-q", str(run_dir),
    ]  # fmt: skip


def _with_sources(environment: Mapping[str, str]) -> dict[str, str]:
    """`python -m bot …` finds this very program from whatever directory `up` was started in."""
    path = [str(ROOT), *filter(None, [environment.get("PYTHONPATH", "")])]
    return {**environment, "PYTHONPATH": os.pathsep.join(path)}
