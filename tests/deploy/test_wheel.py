"""What a release carries beside its image: the wheel is whole, and nothing that is there is replaced."""

import importlib.metadata
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from bot import __version__
from tests.stores import ROOT

BUILD = """
import sys
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder
print(*SdistBuilder(sys.argv[1]).build(directory=sys.argv[2]))
print(*WheelBuilder(sys.argv[1]).build(directory=sys.argv[2]))
"""
# a release is a folder; what `gh` would print goes there and comes from there
GH = """#!/bin/sh
set -eu
case "$2" in
  view) ls "$RELEASE" ;;
  download) cat "$RELEASE/SHA256SUMS" ;;
  upload)
    shift 3
    for file in "$@"; do
      case "$file" in --*) ;; *) echo "$file" >> "$LOG"; cp "$file" "$RELEASE" ;; esac
    done ;;
esac
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-c", BUILD, str(ROOT), str(folder)]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    return folder


def tracked(*folders: str) -> set[str]:
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--", *folders]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    return {name for name in names if name and (ROOT / name).is_file()}


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no git checkout")
def test_the_wheel_holds_all_that_the_program_reads(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    assert wheel.name == f"altpress-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    wanted = tracked("bot", "jobs", "config")
    wanted |= {f"bot/migrate/{name}" for name in tracked("scripts/migrations")}
    wanted = {name.replace("bot/migrate/scripts/migrations", "bot/migrate/scripts") for name in wanted}
    assert {Path(name).suffix for name in wanted} >= {".py", ".html", ".css", ".js", ".svg"}
    assert wanted - names == set()
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests")]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no git checkout")
def test_the_wheel_can_be_built_from_the_sdist(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = tracked("bot", "jobs", "config", "scripts/migrations")
    assert (wanted | {"pyproject.toml", "README.md", "LICENSE"}) - names == set()


def test_all_that_builds_is_locked() -> None:
    script = (ROOT / "scripts/build_dist.sh").read_text()
    listed = re.search(r"/\^\(([a-z|-]+)\)==/", script)
    assert listed
    needed = {"hatchling"}
    for line in importlib.metadata.requires("hatchling") or ():
        if "python_version" not in line:
            needed.add(re.split(r"[<>=!~ ;\[]", line)[0])
    assert set(listed[1].split("|")) >= needed
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements/dev.txt").read_text(), re.MULTILINE))
    assert set(listed[1].split("|")) <= locked


@pytest.fixture
def attach(tmp_path: Path):
    for name in ("bin", "dist", "release"):
        (tmp_path / name).mkdir()
    (tmp_path / "bin/gh").write_text(GH)
    (tmp_path / "bin/gh").chmod(0o755)
    for name in ("altpress-1.whl", "altpress-1.tar.gz", "SHA256SUMS"):
        (tmp_path / "dist" / name).write_text(name)

    def run() -> tuple[int, list[str]]:
        log = tmp_path / "log"
        log.write_text("")
        environment = {
            "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin",
            "RELEASE": str(tmp_path / "release"),
            "LOG": str(log),
        }
        command = [str(ROOT / "scripts/attach_dist.sh"), str(tmp_path / "dist"), "v1"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, log.read_text().split()

    run.release = tmp_path / "release"  # type: ignore[attr-defined]  # where the files go
    return run


def test_files_are_attached_and_the_digests_come_last(attach) -> None:
    assert attach() == (0, ["altpress-1.tar.gz", "altpress-1.whl", "SHA256SUMS"])


def test_what_is_there_is_not_attached_again(attach) -> None:
    attach()
    assert attach() == (0, [])


def test_half_of_it_is_made_whole(attach) -> None:
    (attach.release / "altpress-1.whl").write_text("half")
    assert attach()[0] == 0
    assert (attach.release / "altpress-1.whl").read_text() == "altpress-1.whl"


def test_other_files_are_never_replaced(attach) -> None:
    (attach.release / "SHA256SUMS").write_text("others")
    assert attach() == (1, [])


def test_without_the_release_it_stops(attach) -> None:
    shutil.rmtree(attach.release)
    assert attach()[0] != 0
