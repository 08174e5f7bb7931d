"""docs/secrets.md knows every secret, and no file of secrets gets into git."""

import re
import subprocess
from pathlib import Path

import pytest

from config.settings import SECRETS
from tests.leaks import MADE

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "secrets.md").read_text(encoding="utf-8")
ROTATED = {
    "webhook_secrets": "The webhook's secret",
    "github_app_private_key": "The App's private key",
    "github_token": "A fine-grained token",
    "session_key": "The session key",
    "dashboard_password_hash": "The dashboard's password",
    "metrics_token": "The token of the metrics",
    "mongo_url": "MongoDB's password",
    "redis_url": "Redis' password",
    "backup_key": "The backups' key",
}


def test_every_secret_has_its_row_and_no_other_setting() -> None:
    table = PAGE.partition("| setting |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `ALTPRESS_(\w+)` \|(.*)\|$", table, re.MULTILINE)
    assert sorted(name.lower() for name, _ in rows) == sorted(SECRETS)
    for name, rest in rows:
        cells = [cell.strip() for cell in rest.split("|")]
        assert len(cells) == 4, name
        assert all(cells), name


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_can_be_rotated_by_what_the_page_says(name: str) -> None:
    steps = PAGE.partition(f"\n### {ROTATED[name]}\n")[2].partition("\n##")[0]
    assert len(steps.split()) > 10


def test_what_the_page_has_redis_told_is_what_was_tried() -> None:
    tried = (ROOT / "tests/integration/test_rotation.py").read_text(encoding="utf-8")
    for words in re.findall(r"^ACL SETUSER default (\S+)$", PAGE, re.MULTILINE):
        assert f'"{words}"' in tried


@pytest.mark.parametrize("name", [".env", ".env.production", ".env.local", ".altpress/sandbox-app.pem"])
def test_files_of_secrets_are_ignored_by_git(name: str) -> None:
    asked = subprocess.run(["git", "check-ignore", "--no-index", "-q", name], cwd=ROOT, check=False)
    if asked.returncode == 128:
        pytest.skip("not a git checkout")
    assert asked.returncode == 0


def test_the_example_is_not_ignored() -> None:
    asked = subprocess.run(["git", "check-ignore", "--no-index", "-q", ".env.example"], cwd=ROOT, check=False)
    assert asked.returncode in {1, 128}


def test_the_example_and_the_pages_hold_no_secret() -> None:
    for path in (ROOT / ".env.example", *(ROOT / "docs").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        found = [kind for kind, pattern in MADE.items() if pattern.search(text)]
        assert [kind for kind in found if kind != "a password in an address"] == [], path.name
