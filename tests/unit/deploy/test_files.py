"""What the deployment files promise, beyond what their linters know (`make check-deploy`)."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.settings import SECRETS, Settings

ROOT = Path(__file__).resolve().parents[3]
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())


def steps() -> list[dict[str, Any]]:
    return [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]


def test_actions_are_pinned_and_hold_no_credentials() -> None:
    text = (ROOT / ".github/workflows/ci.yml").read_text()
    used = re.findall(r"uses: (\S+)(.*)", text)
    assert used
    for action, comment in used:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action)
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment)
    checkouts = [step for step in steps() if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) == len(WORKFLOW["jobs"])
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_jobs_may_read_and_nothing_else() -> None:
    assert WORKFLOW["permissions"] == {}
    for job in WORKFLOW["jobs"].values():
        assert job["permissions"] == {"contents": "read"}
        assert job["timeout-minutes"] <= 30
    assert "pull_request_target" not in WORKFLOW[True]  # YAML reads the key `on` as true


def test_workflow_calls_targets_that_there_are() -> None:
    makefile = (ROOT / "Makefile").read_text()
    called = {name for step in steps() for name in re.findall(r"\bmake ([a-z-]+)", step.get("run", ""))}
    assert {"check", "check-deploy", "test", "demo"} <= called
    assert all(re.search(rf"^{name}:", makefile, re.MULTILINE) for name in called)


@pytest.mark.parametrize(
    "path", ["docs/deployment.md", "docs/metrics.md", "docker-compose.yml", "Dockerfile"]
)
def test_settings_that_are_named_exist(path: str) -> None:
    fields = {f"ALTPRESS_{name.upper()}" for name in Settings.model_fields}
    fields |= {f"ALTPRESS_{name.upper()}_FILE" for name in SECRETS}
    named = set(re.findall(r"\bALTPRESS_[A-Z_]+\b", (ROOT / path).read_text()))
    assert named - {"ALTPRESS_X_FILE", "ALTPRESS_"} <= fields
