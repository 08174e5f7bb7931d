"""A running sandbox for tests: the real server in its own process, on a free port, stopped at the end."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from bot.sandbox.objects import ENVIRONMENT
from bot.sandbox.prepare import SandboxKeys, prepare
from bot.sandbox.running import Running, load_running, remove_running

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
    remove_running(data)  # of one that was killed
    log = data.parent / f"{data.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=output, env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
        try:
            running = _wait(process, data, log)
            tokens = json.loads((data / "sandbox-tokens.json").read_text())
            yield Sandbox(data, running, prepare(data), tokens)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], data: Path, log: Path) -> Running:
    deadline = time.monotonic() + 30
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
