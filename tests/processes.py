"""The real processes of altpress on real stores, for tests."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


class Process:
    """A running `altpress …`, and what it logs."""

    def __init__(self, popen: "subprocess.Popen[bytes]", output: Path) -> None:
        self.popen = popen
        self._output = output

    @property
    def text(self) -> str:
        return self._output.read_text(errors="replace")  # half a letter, while it is written

    def lines(self, event: str | None = None) -> list[dict[str, Any]]:
        """Its log: every line is one JSON object. The last one may be only half there while it runs."""
        text = self.text
        found = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
        return [line for line in found if event in (None, line["event"])]

    def stop(self, number: int = signal.SIGTERM, timeout: float = 60) -> int:
        self.popen.send_signal(number)
        return self.popen.wait(timeout)

    def wait_for(self, check: Callable[[], bool], timeout: float = 120) -> None:
        deadline = time.monotonic() + timeout
        while not check():
            # what it did last before it ended may have come between the two looks
            assert self.popen.poll() is None or check(), self.text
            assert time.monotonic() < deadline, self.text
            time.sleep(0.02)


@contextmanager
def altpress(*arguments: str, output: Path, module: str = "bot", **settings: object) -> Iterator[Process]:
    """`altpress …` (or `module`'s program) with these settings (`ALTPRESS_…`), until the end of the block."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ALTPRESS_")}
    environment["ALTPRESS_STOP_DELAY"] = "0"  # no load balancer has to notice
    environment |= {f"ALTPRESS_{name.upper()}": str(value) for name, value in settings.items()}
    command = [sys.executable, "-m", module, *arguments]
    with output.open("wb") as log:
        popen = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    process = Process(popen, output)
    try:
        yield process
    finally:
        if popen.poll() is None:
            popen.terminate()
            try:
                popen.wait(60)
            except subprocess.TimeoutExpired:
                popen.kill()
                popen.wait()


def worker_of_tests(*arguments: str, output: Path, **settings: object) -> AbstractContextManager[Process]:
    """`altpress worker`, which does the jobs of `tests.worker_jobs` as well."""
    return altpress(*arguments, output=output, module="tests.worker", **settings)


def wait_until(check: Callable[[], object]) -> None:
    """For longer than any machine takes."""
    deadline = time.monotonic() + 90
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def free_port() -> int:
    """For a server that is started later: not one that the system gives to whoever asks for any (port 0)."""
    while True:
        port = random.randrange(10_000, 32_768)
        with socket.socket() as found, suppress(OSError):
            found.bind(("127.0.0.1", port))
            return port
