"""`altpress up --sandbox` as an operator would start it, with sites and apps on its GitHub."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bot.embedded.lock import holder
from bot.sandbox.client import SandboxClient
from tests.chaos.plan import Site

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {
    "ALTPRESS_QUIET_PERIOD": "0",
    "ALTPRESS_PUBLISH_INTERVAL": "5",
    "ALTPRESS_SWEEP_INTERVAL": "20",
    "ALTPRESS_WORKERS": "2",
    "ALTPRESS_WRITES_PER_HOUR": "5000",  # a run makes hours of releases in minutes
}


@dataclass
class Stage:
    """The running installation. `kill` ends one of its processes without warning."""

    data: Path
    process: "subprocess.Popen[bytes]"
    kills: dict[str, int] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        return self.data.parent / f"{self.data.name}.log"

    def client(self) -> SandboxClient:
        return SandboxClient.find(self.data)

    def kill(self, target: str, dice: random.Random) -> bool:
        """SIGKILL; False when there is no such process at the moment."""
        found = self._find(target)
        if not found:
            return False
        with suppress(ProcessLookupError):
            os.kill(dice.choice(found), signal.SIGKILL)
            self.kills[target] = self.kills.get(target, 0) + 1
            return True
        return False

    def _find(self, target: str) -> list[int]:
        """Process ids: of programs, or of the work horses (the children of workers)."""
        name = "worker" if target == "horse" else target
        pids = [pid for path in (self.data / "run").glob(f"{name}-*.lock") if (pid := holder(path))]
        return [child for pid in pids for child in _children(pid)] if target == "horse" else pids


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


@contextmanager
def run_stage(data: Path, **settings: str) -> Iterator[Stage]:
    """Up and ready, until the end of the block."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ALTPRESS_")}
    environment |= {**SETTINGS, **settings, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "bot", "up", "--sandbox", "--data", str(data), "--port", "0"]
    data.parent.mkdir(parents=True, exist_ok=True)
    with (data.parent / f"{data.name}.log").open("wb") as log:
        process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    stage = Stage(data, process)
    try:
        _wait(stage)
        yield stage
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(120)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(stage: Stage, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not (stage.data / "up.json").exists():
        if stage.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"altpress did not start: {stage.log.read_text()[-3000:]}")
        time.sleep(0.1)
    json.loads((stage.data / "up.json").read_text())


def build_world(client: SandboxClient, sites: Sequence[Site]) -> None:
    """The apps' repositories, then the sites that they feed."""
    for site in sites:
        for app in site.apps:
            client.create(app.repository, {"README.md": b"An app.\n"})
    for site in sites:
        files = {"README.md": b"A site.\n", "altpress.yml": site.catalog.encode()}
        client.create(site.repository, files)
        client.push(site.repository, {"notes.md": b"A push that everybody hears of.\n"})
