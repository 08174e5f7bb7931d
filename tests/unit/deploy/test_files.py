"""What the deployment files promise, beyond what their linters know (`make check-deploy`)."""

import fnmatch
import importlib.util
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.settings import SECRETS, Settings

ROOT = Path(__file__).resolve().parents[3]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
BOT = ("web", "worker", "scheduler")


def test_one_image_for_every_process_without_rights() -> None:
    for name in (*BOT, "sandbox"):
        service = COMPOSE[name]
        assert (service["image"], service["read_only"], service["cap_drop"]) == ("altpress", True, ["ALL"])
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "user" not in service  # the image's own
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, re.MULTILINE)


def test_each_waits_for_healthy_neighbours() -> None:
    healthy = {"condition": "service_healthy"}
    for name in BOT:
        assert COMPOSE[name]["depends_on"] == {"mongo": healthy, "redis": healthy}
    for name in ("worker", "scheduler", "mongo", "redis"):
        assert COMPOSE[name]["healthcheck"]["test"]
    assert "healthcheck" not in COMPOSE["web"]  # the image's own asks the web process


def test_nothing_is_reachable_from_outside() -> None:
    published = {name: service["ports"] for name, service in COMPOSE.items() if "ports" in service}
    assert set(published) == {"web", "sandbox"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_stores_keep_what_they_get() -> None:
    assert COMPOSE["mongo"]["volumes"] == ["mongo:/data/db"]
    assert COMPOSE["redis"]["volumes"] == ["redis:/data"]


@pytest.mark.parametrize("password", ["", "s3cret"])
def test_redis_starts_with_a_password_or_not_at_all(password: str, tmp_path: Path) -> None:
    entry = tmp_path / "docker-entrypoint.sh"
    entry.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    entry.chmod(0o755)
    command = [word.replace("$$", "$") for word in COMPOSE["redis"]["command"]]
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "REDIS_PASSWORD": password}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if not password:
        assert (run.returncode != 0, run.stdout) == (True, "")
        assert "REDIS_PASSWORD" in run.stderr
        return
    words = run.stdout.split()
    assert words[0] == "redis-server"
    options = dict(zip(words[1::2], words[2::2], strict=True))
    assert options == {
        "--appendonly": "yes", "--maxmemory-policy": "noeviction", "--requirepass": "s3cret",
    }  # fmt: skip


def test_health_checks_name_a_module_that_there_is() -> None:
    checks = [COMPOSE[name]["healthcheck"]["test"] for name in ("worker", "scheduler")]
    checks.append(["CMD", *json.loads(re.findall(r"CMD (\[.*\])", DOCKERFILE)[0])])
    for check in checks:
        assert check[1:3] == ["python", "-m"]
        assert importlib.util.find_spec(check[3])


def test_build_context_holds_what_is_copied_and_no_secret() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[0] == "*"
    allowed = [line[1:] for line in lines if line.startswith("!")]
    copied = re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE, re.MULTILINE)
    assert copied
    assert all(any(path.split("/")[0] == name for name in allowed) for path in copied)
    assert not any(fnmatch.fnmatch(".env", name) for name in allowed)


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
