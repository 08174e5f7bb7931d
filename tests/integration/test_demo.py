"""`altpress demo --keep`: every step is seen, and nothing is left when it is told to end."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

STEPS = ("webhook accepted", "facts read", "source rebuilt", "replayed", "the bot answers")


@pytest.mark.tells_secrets("it invites into a world that ends with it")
@pytest.mark.long
def test_the_demo_shows_every_step_and_leaves_nothing() -> None:
    with tempfile.TemporaryDirectory(prefix="ap-") as folder:  # short: unix sockets lie in it
        said = Path(folder) / "said.txt"
        scratch = Path(folder) / "t"
        scratch.mkdir()
        with said.open("wb") as output:
            words = [sys.executable, "-m", "bot", "demo", "--keep", "--ipas", str(scratch / "none")]
            environment = dict(os.environ, TMPDIR=str(scratch))
            demo = subprocess.Popen(words, stdout=output, stderr=subprocess.STDOUT, env=environment)
        try:
            ends = time.monotonic() + 120
            while "Still up" not in said.read_text() and demo.poll() is None and time.monotonic() < ends:
                time.sleep(0.1)
        finally:
            demo.send_signal(signal.SIGTERM)
            status = demo.wait(60)
        told = said.read_text()
        assert "Every step was seen to happen" in told, told
        assert [step for step in STEPS if step not in told] == []
        assert "/login#token=" in told
        assert status == 143
        assert list(scratch.iterdir()) == []
