"""Which files are migrations."""

from pathlib import Path

import pytest

from bot.errors import BadSettings
from bot.migrate.load import load_migrations

TEXT = 'VERSION = {}\nTITLE = "try"\nNEEDS = 0\nDOWN = "None."\n\n\ndef up(steps):\n    pass\n'


def write(folder: Path, *versions: int) -> Path:
    for version in versions:
        (folder / f"{version:04d}_try.py").write_text(TEXT.format(version))
    return folder


def test_in_order_whatever_else_lies_there(tmp_path: Path) -> None:
    write(tmp_path, 2, 1, 3)
    for name in ("README.md", "0004_notes.txt", "helper.py", "0005.py"):
        (tmp_path / name).write_text("")
    found = load_migrations(tmp_path)
    assert [migration.id for migration in found] == ["0001", "0002", "0003"]
    assert len({migration.checksum for migration in found}) == 3


@pytest.mark.parametrize("versions", [(2,), (1, 3)])
def test_a_gap_is_refused(tmp_path: Path, versions: tuple[int, ...]) -> None:
    with pytest.raises(BadSettings, match="have a gap"):
        load_migrations(write(tmp_path, *versions))


def test_one_number_twice_is_refused(tmp_path: Path) -> None:
    write(tmp_path, 1)
    (tmp_path / "0001_again.py").write_text(TEXT.format(1))
    with pytest.raises(BadSettings, match="there twice"):
        load_migrations(tmp_path)


def test_a_file_that_says_another_number_is_refused(tmp_path: Path) -> None:
    (tmp_path / "0001_try.py").write_text(TEXT.format(7))
    with pytest.raises(BadSettings, match=r"0001_try\.py says that it is number 7"):
        load_migrations(tmp_path)
