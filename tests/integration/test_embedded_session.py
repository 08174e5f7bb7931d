"""The supervisor for real, over small programs that note what happens to them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE

import pytest

from bot.embedded.lock import HELD, end_holder, holder, take
from bot.embedded.session import Session, end_left_overs
from bot.embedded.supervisor import Program, render_supervisor
from tests.processes import wait_until
from tests.stores import ROOT

# Notes its start and its end; takes its time to end.
NOTER = """
import signal, sys, time
name, notes, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
def note(text):
    with open(notes, "a") as file:
        file.write(f"{text} {name}\\n")
def end(*_):
    time.sleep(seconds)
    note("end")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
sys.stdout.write(f"{name} says hello\\n")
sys.stdout.flush()
note("start")
while True:
    signal.pause()
"""


class World:
    """A supervisor over programs called store, web and worker (two of it)."""

    def __init__(self, folder: Path) -> None:
        self.run_dir = folder
        self.notes = folder / "notes"
        self.output: list[bytes] = []
        noter = folder / "noter.py"
        noter.write_text(NOTER)
        self.programs = [
            Program(name, (sys.executable, str(noter), name, str(self.notes), seconds), 10, count)
            for name, seconds, count in [("store", "0", 1), ("web", "0.3", 1), ("worker", "0.6", 2)]
        ]
        user = "root" if os.getuid() == 0 else None
        text = render_supervisor(self.programs, folder, sys.executable, user)
        (folder / "supervisord.conf").write_text(text)
        self.session = Session(folder, os.environ, self.output.append)

    def noted(self) -> list[str]:
        return self.notes.read_text().splitlines() if self.notes.exists() else []

    def pid(self, name: str) -> int | None:
        return holder(self.run_dir / f"{name}.lock")


@contextmanager
def running(folder: Path) -> Iterator[World]:
    world = World(folder)
    try:
        wait_until(lambda: len(world.noted()) == 4)
        yield world
    finally:
        if world.session.ended() is None:
            world.session.stop(20)
        end_left_overs(folder, world.programs)


def test_stops_in_reverse_order_each_waited_for(tmp_path: Path) -> None:
    with running(tmp_path) as world:
        assert world.session.stop(20) == 0
        ends = [note.split()[1] for note in world.noted() if note.startswith("end")]
        assert ends == ["worker", "worker", "web", "store"]
        assert sorted(world.output) == [b"store says hello\n", b"web says hello\n"] + 2 * [
            b"worker says hello\n"
        ]
        assert "stopped: store-0" in world.session.last_words()
        assert [world.pid(name) for name in ("supervisord-0", "store-0", "worker-1")] == [None] * 3


def test_a_crashed_program_is_started_again(tmp_path: Path) -> None:
    with running(tmp_path) as world:
        first = world.pid("web-0")
        assert first is not None
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: world.pid("web-0") not in (None, first))
        wait_until(lambda: world.noted().count("start web") == 2)


def test_what_a_killed_supervisor_leaves_is_ended_clients_first(tmp_path: Path) -> None:
    with running(tmp_path) as world:
        supervisor = world.pid("supervisord-0")
        assert supervisor is not None
        os.kill(supervisor, signal.SIGKILL)
        wait_until(lambda: world.session.ended() is not None)
        assert world.pid("store-0") is not None  # it runs on, with nobody to look after it
        ended = end_left_overs(tmp_path, world.programs)
        assert ended == ["worker-0", "worker-1", "web-0", "store-0"]
        assert [note.split()[1] for note in world.noted()[4:]] == ["worker", "worker", "web", "store"]


def test_what_a_killed_up_leaves_is_ended_by_its_supervisor(tmp_path: Path) -> None:
    with running(tmp_path) as world:
        assert end_left_overs(tmp_path, world.programs) == ["supervisord-0"]
        assert [note.split()[1] for note in world.noted()[4:]] == ["worker", "worker", "web", "store"]
        wait_until(lambda: world.session.ended() is not None)


def test_nothing_left_is_nothing_to_end(tmp_path: Path) -> None:
    (tmp_path / "web-0.lock").write_text(str(os.getpid()))  # of a process that is long gone, its id reused
    assert end_left_overs(tmp_path, [Program("web", ("x",), 5)]) == []


# ---- locks


@contextmanager
def holding(path: Path, script: str = "import signal; signal.pause()") -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "bot.embedded.lock", str(path), sys.executable, "-c", script]
    with subprocess.Popen(command, cwd=ROOT, start_new_session=True) as process:
        try:
            wait_until(lambda: holder(path) == process.pid)
            yield process
        finally:
            process.kill()


def test_a_lock_has_one_holder_and_ends_with_it(tmp_path: Path) -> None:
    path = tmp_path / "web-0.lock"
    with holding(path) as process:
        assert take(path) is None
        command = [sys.executable, "-m", "bot.embedded.lock", str(path), sys.executable, "-c", ""]
        refused = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
        assert refused.returncode == HELD
        assert str(path).encode() in refused.stderr
        process.kill()
        process.wait()
    lock = take(path)
    assert lock is not None
    assert path.read_text() == str(os.getpid())
    lock.release()
    assert holder(path) is None


def test_who_looks_at_a_lock_is_no_holder_and_stops_nobody_from_taking_it(tmp_path: Path) -> None:
    """Looking takes it for an instant."""
    path = tmp_path / "web-0.lock"
    path.write_text("1")  # of a process that is long gone, its id reused
    look = f"""
import fcntl, os, sys, time
file = os.open({str(path)!r}, os.O_RDWR)
fcntl.lockf(file, fcntl.LOCK_SH)
print("looks", flush=True)
sys.stdin.readline()
time.sleep(0.1)
os.close(file)
sys.stdin.readline()
"""
    with subprocess.Popen([sys.executable, "-c", look], stdin=PIPE, stdout=PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == "looks\n"
        assert holder(path) is None
        other.stdin.write("go on\n")
        other.stdin.flush()
        lock = take(path)
        assert lock is not None
        lock.release()
        other.stdin.write("end\n")


def test_forked_children_do_not_hold_the_lock_of_a_killed_program(tmp_path: Path) -> None:
    """A worker is started again although the child with its last job lives on for a while."""
    path, forked = tmp_path / "worker-0.lock", tmp_path / "forked"
    fork = f"""
import os, pathlib, signal
if os.fork():
    signal.pause()
else:
    pathlib.Path({str(forked)!r}).touch()
    signal.alarm(20)
    signal.pause()
"""
    with holding(path, fork) as process:
        wait_until(forked.exists)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert holder(path) is None
        os.killpg(process.pid, signal.SIGKILL)


def test_one_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    path, deaf = tmp_path / "web-0.lock", tmp_path / "deaf"
    script = f"""
import pathlib, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path({str(deaf)!r}).touch()
while True:
    signal.pause()
"""
    with holding(path, script) as process:
        wait_until(deaf.exists)
        assert end_holder(path, patience=0.5) is True
        assert process.wait() == -signal.SIGKILL


def test_no_holder_without_a_file(tmp_path: Path) -> None:
    assert holder(tmp_path / "none.lock") is None
    assert end_holder(tmp_path / "none.lock", 1.0) is False


@pytest.mark.parametrize("text", ["", "x", "-5"])
def test_a_lock_file_without_a_number_names_nobody(text: str, tmp_path: Path) -> None:
    path = tmp_path / "web-0.lock"
    with holding(path):
        path.write_text(text)
        assert holder(path) is None
