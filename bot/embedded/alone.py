"""The built-in MongoDB by itself, for a command that needs it while `altpress up` is stopped."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bot.embedded.mongo import WITH_INPUT
from bot.embedded.session import ROOT
from bot.embedded.urls import mongo_socket
from bot.errors import Unavailable

PATIENCE = 30.0  # seconds


@contextmanager
def engine_alone(data_dir: Path, answers: Callable[[], bool]) -> Iterator[None]:
    """It answers inside the block, and has ended after it. Raises Unavailable when it does not start.

    The caller holds the directory's lock; the engine takes the one that it has under the supervisor, too.
    """
    run = data_dir / "run"
    run.mkdir(exist_ok=True, mode=0o700)
    python = sys.executable
    command = [
        python, "-m", "bot.embedded.lock", str(run / "mongo-0.lock"),
        python, "-m", "bot.embedded.mongo", str(mongo_socket(data_dir)), str(data_dir / "mongo"), WITH_INPUT,
    ]  # fmt: skip
    with tempfile.TemporaryFile(prefix="altpress-") as words:  # for a person it would be noise
        # its input ends with this process, however that ends; Ctrl-C reaches this one alone
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=words,
            start_new_session=True,
        )  # fmt: skip
        try:
            deadline = time.monotonic() + PATIENCE
            while not answers():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise Unavailable(
                        f"The embedded database in {data_dir} does not start{_last_line(words)}."
                    )
                time.sleep(0.05)
            yield
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def _last_line(words: BinaryIO) -> str:
    """Python's last word on why it ended: `: sqlite3.OperationalError: database or disk is full`."""
    words.seek(0)
    lines = words.read().decode(errors="replace").splitlines()
    return f": {lines[-1]}" if lines else ""
