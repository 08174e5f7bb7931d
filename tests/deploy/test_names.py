"""Settings that deployment files and pages name."""

import re
from pathlib import Path

import pytest

from config.settings import SECRETS, Settings

ROOT = Path(__file__).resolve().parents[2]


FIELDS = {f"ALTPRESS_{name.upper()}" for name in Settings.model_fields}
FIELDS |= {f"ALTPRESS_{name.upper()}_FILE" for name in SECRETS}
OTHERS = re.compile(r"ALTPRESS_(|X|X_FILE|RELOAD|(SMOKE|TEST)_\w+)")  # scripts and tests take these
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "docker-compose.yml", "Dockerfile", "deploy/**/*.y*ml")
    for path in ROOT.glob(pattern)
)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_settings_that_are_named_exist(path: Path) -> None:
    named = set(re.findall(r"\bALTPRESS_[A-Z0-9_]*", path.read_text(encoding="utf-8")))
    assert {name for name in named - FIELDS if not OTHERS.fullmatch(name)} == set()
