"""`altpress web` as a process, with settings that cannot be used."""

import os
import subprocess
import sys
from pathlib import Path

from tests.installation import empty_stores

__all__ = ["empty_stores"]
ROOT = Path(__file__).resolve().parents[2]


def test_a_password_that_is_no_hash_is_told_with_what_to_do(empty_stores: dict[str, str]) -> None:
    settings = {
        **empty_stores,
        "GITHUB_TOKEN": "ghp_" + "x" * 36,
        "SITES": "acme/source",
        "WEBHOOK_SECRETS": "s" * 40,
        "DASHBOARD_PASSWORD_HASH": "$argon2id$v=19$m=x,t=3,p=4$c2FsdA$aGFzaA",
        "PORT": "0",
    }
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ALTPRESS_")}
    environment |= {f"ALTPRESS_{name}": value for name, value in settings.items()}
    done = subprocess.run(
        [sys.executable, "-m", "bot", "web"], cwd=ROOT, env=environment, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode not in {0, -9}
    assert "`altpress password` makes one" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
