"""A running sandbox for tests: the real server in its own process, on a free port, stopped at the end."""

import atexit
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import requests

from bot.sandbox.git import Git
from bot.sandbox.objects import ENVIRONMENT
from bot.sandbox.prepare import SandboxKeys, prepare
from bot.sandbox.running import Running, load_running, remove_running
from bot.sandbox.seed import seed
from bot.sandbox.world import open_state

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Sandbox:
    """Where it is, and how to sign in."""

    data: Path
    running: Running
    keys: SandboxKeys
    tokens: Mapping[str, str]  # login -> personal token

    @property
    def api(self) -> str:
        return self.running.api_url

    @property
    def html(self) -> str:
        return self.running.html_url


@contextmanager
def run_sandbox(data: Path, *, bot_url: str = "http://127.0.0.1:9") -> Iterator[Sandbox]:
    """A sandbox in `data`; without a `bot_url` its webhooks find nobody."""
    command = [sys.executable, "-m", "bot.sandbox", "--data", str(data), "--port", "0", "--bot-url", bot_url]
    if not data.exists():
        shutil.copytree(make_template(), data, symlinks=True)
    remove_running(data)  # of one that was killed
    log = data.parent / f"{data.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=output, env={**os.environ, "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )  # fmt: skip
        try:
            running = _wait(process, data, log)
            tokens = json.loads((data / "sandbox-tokens.json").read_text())
            yield Sandbox(data, running, prepare(data), tokens)
        finally:
            with suppress(ProcessLookupError):  # all of it at once: what it holds is thrown away
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            remove_running(data)


@functools.cache
def make_template() -> Path:
    """A new sandbox's data directory, made once a test process: keys and git take most of a start."""
    data = Path(tempfile.mkdtemp(prefix="altpress-sandbox-")) / "data"
    atexit.register(shutil.rmtree, data.parent, ignore_errors=True)
    keys = prepare(data)
    with open_state(data) as state:
        seed(state, Git(data / "git"), public_key=keys.load_public_key())
    return data


def _wait(process: subprocess.Popen[bytes], data: Path, log: Path) -> Running:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        running = load_running(data)
        if running:
            return running
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise RuntimeError(f"the sandbox did not start: {log.read_text()[-2000:]}")


def as_user(sandbox: Sandbox, login: str) -> requests.Session:
    """A person with a personal token."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {sandbox.tokens[login]}"
    return session


def run_git(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """git as a developer uses it, with nobody's configuration."""
    environment = {**ENVIRONMENT, "GIT_AUTHOR_NAME": "Dev", "GIT_AUTHOR_EMAIL": "dev@acme.invalid"}
    environment |= {"GIT_COMMITTER_NAME": "Dev", "GIT_COMMITTER_EMAIL": "dev@acme.invalid"}
    return subprocess.run(
        ["git", *map(str, arguments)], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
