"""What the deployment files name."""

import re
from pathlib import Path

import pytest

from config.settings import SECRETS, Settings

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    "path", ["docs/deployment.md", "docs/metrics.md", "docker-compose.yml", "Dockerfile"]
)
def test_settings_that_are_named_exist(path: str) -> None:
    fields = {f"ALTPRESS_{name.upper()}" for name in Settings.model_fields}
    fields |= {f"ALTPRESS_{name.upper()}_FILE" for name in SECRETS}
    named = set(re.findall(r"\bALTPRESS_[A-Z_]+\b", (ROOT / path).read_text()))
    assert named - {"ALTPRESS_X_FILE", "ALTPRESS_"} <= fields
