"""deploy/systemd: the units as they are written, and as systemd reads them where it is there."""

import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from bot.cli import COMMANDS
from bot.cli.start import PATIENCE
from config.gunicorn import LAST_REQUESTS
from config.settings import Settings
from tests.deploy.manifests import DEPLOY, ROOT, read_variables

FOLDER = DEPLOY / "systemd"
SERVICES = sorted(path.name for path in FOLDER.glob("*.service"))
BOXED = {
    "NoNewPrivileges": "yes", "CapabilityBoundingSet": "", "ProtectSystem": "strict", "ProtectHome": "yes",
    "PrivateTmp": "yes", "PrivateDevices": "yes", "RestrictNamespaces": "yes", "RestrictSUIDSGID": "yes",
    "SystemCallFilter": "@system-service", "User": "altpress", "UMask": "0077",
}  # fmt: skip
MOST_EXPOSED = (
    20  # of 100, as `systemd-analyze security` counts; what answers the network cannot be much below
)


def read_unit(path: Path) -> dict[str, list[str]]:
    """Its settings, each with all that it was given."""
    found = defaultdict(list)
    for line in path.read_text().splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            found[name].append(value)
    return found


def only(path: str, name: str) -> str:
    [value] = read_unit(FOLDER / path)[name]
    return value


def test_there_is_one_for_all_and_one_for_each() -> None:
    kinds = ["-migrate", "-scheduler", "-web", "-worker@", ""]
    assert [f"altpress{kind}.service" for kind in kinds] == SERVICES


@pytest.mark.parametrize("name", SERVICES)
def test_runs_a_command_that_there_is(name: str) -> None:
    program, command, *_ = only(name, "ExecStart").split()
    assert (program, command in COMMANDS) == ("/opt/altpress/bin/altpress", True)
    assert command in re.split(r"[-@.]", name) or command == "up"


@pytest.mark.parametrize("name", SERVICES)
def test_has_no_right_that_it_does_not_need(name: str) -> None:
    assert {key: only(name, key) for key in BOXED} == BOXED


@pytest.mark.parametrize("name", SERVICES)
def test_finds_settings_and_secrets_where_the_environments_have_them(name: str) -> None:
    assert only(name, "EnvironmentFile") == "/etc/altpress/altpress.env"
    place = only(name, "BindReadOnlyPaths").rpartition(":")[2]
    files = [
        v
        for k, v in read_variables(DEPLOY / "environments/production/settings.env").items()
        if k.endswith("_FILE")
    ]
    assert {str(Path(file).parent) for file in files} == {place}


def test_each_may_finish_before_it_is_killed() -> None:
    fields = Settings.model_fields
    delay = float(read_variables(DEPLOY / "environments/production/settings.env")["ALTPRESS_STOP_DELAY"])
    assert float(only("altpress-worker@.service", "TimeoutStopSec")) > fields["stop_grace"].default
    assert float(only("altpress-web.service", "TimeoutStopSec")) > delay + LAST_REQUESTS


def test_database_is_migrated_before_anything_starts() -> None:
    for kind in ("web", "worker@", "scheduler"):
        unit = read_unit(FOLDER / f"altpress-{kind}.service")
        assert "altpress-migrate.service" in unit["After"][0]
        assert "altpress-migrate.service" in unit["Wants"][0]


@pytest.mark.parametrize("name", SERVICES)
def test_a_store_that_is_away_for_an_hour_keeps_nothing_stopped(name: str) -> None:
    """It ends a start with the status of a wrong setting, and a unit that is required and fails is not
    waited for by systemd: those behind it would never be started again.
    """
    unit = read_unit(FOLDER / name)
    assert (unit["Restart"], unit["RestartPreventExitStatus"], unit["Requires"]) == (["on-failure"], [], [])
    seconds = int(only(name, "StartLimitIntervalSec"))
    assert seconds == 0 or seconds / int(only(name, "StartLimitBurst")) < PATIENCE


def test_by_hand_is_as_by_unit(tmp_path: Path) -> None:
    """`sudo -u altpress altpress doctor` had neither settings nor secrets, and was not on PATH."""
    (tmp_path / "systemd-run").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "systemd-run").chmod(0o755)
    command = [FOLDER / "altpress.sh", "deliveries", "show", "a b"]
    path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    words = subprocess.run(command, env=path, capture_output=True, text=True, check=True).stdout.splitlines()
    assert words[-4:] == ["/opt/altpress/bin/altpress", "deliveries", "show", "a b"]
    for name in ("User", "UMask", "WorkingDirectory", "EnvironmentFile", "BindReadOnlyPaths"):
        assert f"--property={name}={only('altpress.service', name)}" in words
    given = {word.removeprefix("--setenv=") for word in words if word.startswith("--setenv=")}
    assert given < set(only("altpress.service", "Environment").split())


def test_page_tells_of_each() -> None:
    page = (ROOT / "docs/deployment.md").read_text()
    assert all(name.removesuffix(".service") in page for name in SERVICES)


@pytest.fixture
def readable(tmp_path: Path) -> Path:
    """The units with a program that this machine has."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze on PATH")
    for path in FOLDER.iterdir():
        text = path.read_text().replace("/opt/altpress/bin/altpress", "/bin/true")
        (tmp_path / path.name).write_text(text)
    return tmp_path


def analyze(folder: Path, *words: str) -> str:
    command = ["systemd-analyze", "--no-pager", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


def test_systemd_reads_them(readable: Path) -> None:
    assert analyze(readable, "verify", *(f"./{name}" for name in (*SERVICES, "altpress.target"))) == ""


@pytest.mark.parametrize("name", SERVICES)
def test_systemd_finds_them_closed(name: str, readable: Path) -> None:
    analyze(readable, "security", "--offline=true", f"--threshold={MOST_EXPOSED}", f"./{name}")
