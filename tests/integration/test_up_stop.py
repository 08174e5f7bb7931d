"""What `altpress up` tells while it ends, and what a second Ctrl-C does."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.cli import up_stop
from bot.cli.up_stop import Asked, Progress, end_all
from bot.embedded.lock import holder
from bot.embedded.session import Session
from bot.embedded.supervisor import Program
from tests.processes import ROOT

PROGRAMS = [Program("mongo", (), 30), Program("worker", (), 60, 2)]
NAMES = ("mongo-0", "worker-0", "worker-1")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[dict[str, "subprocess.Popen[bytes]"]]:
    """Programs that hold their locks until they are ended."""
    with ExitStack() as stack:
        found = {}
        for name in NAMES:
            command = [sys.executable, "-m", "bot.embedded.lock", str(tmp_path / f"{name}.lock")]
            sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
            found[name] = stack.enter_context(subprocess.Popen([*command, *sleep], cwd=ROOT))
            stack.callback(found[name].kill)
        deadline = time.monotonic() + 60
        while not all(holder(tmp_path / f"{name}.lock") for name in NAMES):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield found


def test_it_tells_what_has_stopped_and_hurries_work_but_no_store(
    tmp_path: Path, running: dict[str, "subprocess.Popen[bytes]"], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(up_stop, "REMINDER", 0.0)
    said: list[str] = []
    asked, progress = Asked(), Progress(tmp_path, PROGRAMS, said.append)
    asked.ask()
    running["worker-1"].kill()
    running["worker-1"].wait()
    progress.look(asked)
    assert [line.split(" (")[0] for line in said] == ["  worker-1 has stopped", "  waiting for worker-0"]
    assert "a job is under way; Ctrl-C again does not wait for it), at most 60 s" in said[1]
    assert running["worker-0"].poll() is None

    asked.ask()
    progress.look(asked)
    assert running["worker-0"].wait(60) != 0
    assert running["mongo-0"].poll() is None
    assert not asked.again, "once for each time it was asked"


def test_what_stops_together_with_its_supervisor_is_told_too(
    tmp_path: Path, running: dict[str, "subprocess.Popen[bytes]"]
) -> None:
    class AtOnce(Session):
        """All of it has ended before anybody could look."""

        def __init__(self) -> None:
            """Nothing is started."""

        def ended(self) -> int | None:
            return None

        def stop(self, seconds: float, look: Callable[[], object] = lambda: None) -> int:
            for process in running.values():
                process.kill()
                process.wait()
            return 0

    said: list[str] = []
    end_all(tmp_path, PROGRAMS, AtOnce(), Asked(), said.append)
    told = [line.split(" (")[0].strip() for line in said[1:-1]]
    assert told == [f"{name} has stopped" for name in ("worker-0", "worker-1", "mongo-0")]
