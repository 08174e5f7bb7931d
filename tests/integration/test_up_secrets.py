"""A whole altpress on one machine: where others could look, there is no secret."""

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.leaks import Secrets
from tests.processes import altpress
from tests.stores import short_dir

# where secrets are kept, each for its owner alone
KEPT = {
    "sandbox-app.pem", "sandbox-oidc.pem", "sandbox-webhook-secret", "sandbox-tokens.json", "sandbox.json",
    "dashboard-password", "dashboard-password-hash",
}  # fmt: skip
DATABASES = ("mongo", "redis", "git")


def descendants(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            yield child
            yield from descendants(child)


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="command lines are read from /proc")
def test_no_secret_where_others_can_look() -> None:
    with short_dir() as folder:
        data = folder / "data"
        words = ("up", "--sandbox", "--data", str(data), "--port", "0")
        settings = {
            "quiet_period": 0,
            "publish_interval": 0,
            "workers": 1,
            "metrics_token": "a-metrics-token",
        }
        with altpress(*words, output=folder / "up.log", **settings) as process:
            process.wait_for(lambda: "altpress is up" in process.text, 90)
            secrets = Secrets()
            secrets.add_data(data)
            secrets.add("metrics_token", "a-metrics-token")
            assert len(secrets) > 50
            lines = {pid: Path(f"/proc/{pid}/cmdline").read_text() for pid in descendants(process.popen.pid)}
            assert len(lines) >= 6
            assert {pid: secrets.find(line) for pid, line in lines.items() if secrets.find(line)} == {}
            assert open_files(data) == []
            assert told_files(data, secrets) == {}
            assert secrets.find(doctor(data)) == []


def open_files(data: Path) -> list[str]:
    """What somebody else on the machine could read, once inside the directory, which lets nobody in."""
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    files = [path for path in data.rglob("*") if path.is_file() and path.relative_to(data).parts[0] != "git"]
    return [path.name for path in files if path.stat().st_mode & 0o077]


def told_files(data: Path, secrets: Secrets) -> dict[str, list[str]]:
    """Configurations, notes and logs that hold a secret."""
    files = [path for path in data.rglob("*") if path.is_file() and path.name not in KEPT]
    texts = [path for path in files if path.relative_to(data).parts[0] not in DATABASES]
    assert {"supervisord.conf", "redis.conf", "up.json"} <= {path.name for path in texts}
    found = {str(path): secrets.find(path.read_text(errors="replace")) for path in texts}
    return {path: kinds for path, kinds in found.items() if kinds}


def doctor(data: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "doctor", "--json", "--data", str(data)], text=True,
        capture_output=True, check=False, timeout=180,
    )  # fmt: skip
    assert json.loads(done.stdout)["findings"]
    return done.stdout + done.stderr
