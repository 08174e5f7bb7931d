"""`scripts/check_deploy.py` and `scripts/tag_image.sh`: what they say when something lacks or is wrong."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stores import ROOT

NAME = "ghcr.io/acme/altpress"
OLD, NEW = (f"sha256:{digit * 64}" for digit in "1f")
# what `docker buildx imagetools` does to a registry that is a folder: a file a tag, its digest inside
DOCKER = """\
#!/bin/sh
[ "$1 $2" = "buildx imagetools" ] || exit 64
case "$3" in
  inspect)
    if [ -n "${AWAY:-}" ]; then echo "ERROR: failed to do request: connection refused" >&2; exit 1; fi
    if [ ! -e "$REGISTRY/${4##*:}" ]; then echo "ERROR: $4: not found" >&2; exit 1; fi
    [ "$5 $6" = "--format {{.Manifest.Digest}}" ] && cat "$REGISTRY/${4##*:}" ;;
  create) printf '%s' "${WRITES:-${6##*@}}" > "$REGISTRY/${5##*:}" ;;
esac
"""


def check_deploy(path: str) -> tuple[int, list[str]]:
    command = [sys.executable, str(ROOT / "scripts/check_deploy.py")]
    run = subprocess.run(command, env={"PATH": path}, capture_output=True, text=True, check=False)
    return run.returncode, run.stdout.splitlines()


def programs(folder: Path, **scripts: str) -> str:
    """A PATH of these alone."""
    for name, text in scripts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return str(folder)


def test_what_is_not_installed_is_told(tmp_path: Path) -> None:
    status, told = check_deploy(programs(tmp_path))
    assert status == 0
    assert [line.split(" (")[0] for line in told] == [
        f"skipped: {name} is not installed" for name in ("kubectl", "promtool", "shellcheck")
    ]
    assert "skipped: promtool is not installed (Debian: prometheus)" in told


def test_a_kubectl_that_cannot_render_counts_as_none(tmp_path: Path) -> None:
    """As Debian has it: of 2020."""
    old = '#!/bin/sh\necho \'{"clientVersion": {"gitVersion": "v1.20.5"}}\'\n'
    status, told = check_deploy(programs(tmp_path, kubectl=old))
    assert (status, told[0].split(" (")[0]) == (0, "skipped: kubectl is not installed")


def test_a_check_that_fails_fails_all(tmp_path: Path) -> None:
    strict = '#!/bin/sh\necho "$2: an error"; [ "$2" != test ]\n'.replace("$2", "$1")
    status, told = check_deploy(programs(tmp_path, promtool=strict))
    assert status == 1
    assert told[1].startswith("passed: promtool check rules deploy/prometheus/rules/")
    assert told[2].startswith("FAILED: promtool test rules deploy/prometheus/tests/")
    assert "test: an error" in told


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="no shellcheck on PATH")
def test_every_shell_script_is_read(tmp_path: Path) -> None:
    for name in ("shellcheck", "git"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    status, told = check_deploy(str(tmp_path))
    assert status == 0, told
    (line,) = [line for line in told if "shellcheck" in line]
    assert line.startswith("passed: ")
    assert all(name in line for name in (".ci/run", "scripts/tag_image.sh"))


def tag(
    registry: dict[str, str], *words: str, folder: Path, **environ: str
) -> tuple[int, str, dict[str, str]]:
    """Exit status, what is said, and the registry afterwards."""
    place = folder / "registry"
    place.mkdir()
    for name, digest in registry.items():
        (place / name).write_text(digest)
    path = f"{programs(folder, docker=DOCKER)}:{os.environ['PATH']}"
    command = [str(ROOT / "scripts/tag_image.sh"), *words]
    environment = {"PATH": path, "REGISTRY": str(place), **environ}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return run.returncode, run.stdout, {file.name: file.read_text() for file in place.iterdir()}


@pytest.mark.parametrize(
    ("before", "words", "after"),
    [
        ({}, ["1.2.3"], {"1.2.3": NEW}),
        ({"latest": OLD}, ["latest"], {"latest": NEW}),
        ({"1.2.2": OLD}, ["--once", "1.2.3"], {"1.2.2": OLD, "1.2.3": NEW}),
        ({"1.2.3": NEW}, ["--once", "1.2.3"], {"1.2.3": NEW}),
    ],
)
def test_an_image_gets_a_tag(
    before: dict[str, str], words: list[str], after: dict[str, str], tmp_path: Path
) -> None:
    status, said, registry = tag(before, *words[:-1], f"{NAME}@{NEW}", words[-1], folder=tmp_path)
    assert (status, registry) == (0, after), said
    assert said == f"{NAME}:{words[-1]} is {NEW}\n"


def test_a_version_never_moves(tmp_path: Path) -> None:
    status, said, registry = tag({"1.2.3": OLD}, "--once", f"{NAME}@{NEW}", "1.2.3", folder=tmp_path)
    assert (status, registry) == (1, {"1.2.3": OLD})
    assert said == f"::error::{NAME}:1.2.3 is {OLD} already, not {NEW}.\n"


def test_a_registry_that_is_away_moves_no_version(tmp_path: Path) -> None:
    status, said, registry = tag(
        {"1.2.3": OLD}, "--once", f"{NAME}@{NEW}", "1.2.3", folder=tmp_path, AWAY="1"
    )
    assert (status, registry) == (1, {"1.2.3": OLD})
    assert "connection refused" in said


def test_a_registry_that_stores_something_else_is_noticed(tmp_path: Path) -> None:
    status, said, _ = tag({}, f"{NAME}@{NEW}", "1.2.3", folder=tmp_path, WRITES=OLD)
    assert (status, said) == (1, f"::error::{NAME}:1.2.3 became {OLD}, not {NEW}.\n")
