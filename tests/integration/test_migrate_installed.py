"""An altpress that is installed has its migrations with it."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bot.migrate.load import CHECKOUT
from tests.installation import empty_stores
from tests.stores import ROOT

__all__ = ["empty_stores"]
pytestmark = pytest.mark.long
BUILD = """
import sys
from hatchling.builders.wheel import WheelBuilder
print(*WheelBuilder(sys.argv[1]).build(directory=sys.argv[2]))
"""
STATUS = """
import sys
import bot.migrate.load
from bot.cli import main
print(bot.migrate.load.INSTALLED)
sys.argv = ["altpress", "migrate", "status"]
sys.exit(main())
"""


def test_the_wheels_program_knows_them(tmp_path: Path, empty_stores: dict[str, str]) -> None:
    cache = CHECKOUT / "__pycache__"
    cache.mkdir(exist_ok=True)
    (cache / "0001_versions.left-over.pyc").touch()
    try:
        command = [sys.executable, "-c", BUILD, str(ROOT), str(tmp_path)]
        built = subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=120
        ).stdout.split()
    finally:
        (cache / "0001_versions.left-over.pyc").unlink()
    wheel = next(Path(name) for name in built if name.endswith(".whl"))
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if name.startswith("bot/migrate/scripts/")}
        archive.extractall(tmp_path / "site")
    assert names == {f"bot/migrate/scripts/{path.name}" for path in CHECKOUT.glob("0*.py")}
    shown = subprocess.run(
        [sys.executable, "-P", "-c", STATUS],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(tmp_path / "site"),
            **{f"ALTPRESS_{name}": value for name, value in empty_stores.items()},
        },
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    place, *lines, _ = shown.stdout.splitlines()
    assert Path(place) == tmp_path / "site" / "bot" / "migrate" / "scripts"
    assert [line[:4] for line in lines] == ["0001", "0002", "0003"]
