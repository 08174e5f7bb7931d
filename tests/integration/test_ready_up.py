"""`altpress up --sandbox` and the commands of docs/ready.md: every process its own, an hour of quiet."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.processes import ROOT, altpress
from tests.stores import short_dir

pytestmark = pytest.mark.long


def run(data: Path, *words: str) -> str:
    """The output of an `altpress sandbox …` that must succeed."""
    command = [sys.executable, "-m", "bot", "sandbox", *words, "--data", str(data)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_token_of_the_sandbox_ends_the_wait_of_the_bot_beside_it(tmp_path: Path) -> None:
    with short_dir() as data:
        words = ("up", "--sandbox", "--data", str(data / "d"), "--port", "0")
        settings = {"workers": 1, "quiet_period": 3600, "publish_interval": 0, "log_format": "json"}
        with altpress(*words, output=tmp_path / "up.log", **settings) as up:
            up.wait_for((data / "d" / "up.json").exists, timeout=180)
            facts: dict[str, Any] = json.loads((data / "d" / "up.json").read_text())
            run(data / "d", "release", "acme/app", "--tag", "v1.0")
            source = f"{facts['sandbox_api_url'].removesuffix('/api/v3')}/raw/acme/source/main/apps.json"

            def tell() -> int:
                asked = ("acme/app", "--audience", "acme/source", "--ref", "refs/tags/v1.0")
                headers = {"Authorization": f"Bearer {run(data / 'd', 'token', *asked)}"}
                return requests.post(f"{facts['url']}/hooks/ready", headers=headers, timeout=60).status_code

            def versions() -> list[str]:
                apps = requests.get(source, timeout=60).json()["apps"]
                return [version["version"] for app in apps for version in app["versions"]]

            up.wait_for(lambda: requests.get(source, timeout=60).ok, timeout=180)
            assert versions() == []
            up.wait_for(lambda: tell() == 202, timeout=180)
            up.wait_for(lambda: versions() == ["1.0"], timeout=180)
