"""A short `benchmarks.stopping`: SIGTERM to one process after another while webhooks and releases come in."""

import shutil
import subprocess
import sys

import pytest

from tests.processes import ROOT

pytestmark = pytest.mark.long


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="no redis-server on PATH")
def test_nothing_is_dropped_lost_or_done_twice() -> None:
    short = ["--together", "--seconds", "12", "--webhooks", "10", "--releases", "1", "--calm", "0.5"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.stopping", *short],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| of which dropped (sent, and no answer) | 0 |" in done.stdout
    assert "| SIGTERM to | times |" in done.stdout
