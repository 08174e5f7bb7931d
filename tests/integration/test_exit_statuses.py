"""What a command's exit status says (docs/operations.md), by the real command."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli import TRY_LATER
from tests.processes import ROOT, free_port

PAGE = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")


def altpress(*words: str, stdout: int | None = subprocess.PIPE, **settings: object) -> tuple[int, str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ALTPRESS_")}
    environment |= {f"ALTPRESS_{name.upper()}": str(value) for name, value in settings.items()}
    run = subprocess.run(
        [sys.executable, "-m", "bot", *words], cwd=ROOT, env=environment, stdout=stdout,
        stderr=subprocess.PIPE, text=True, check=False, timeout=180,
    )  # fmt: skip
    return run.returncode, run.stderr


def test_a_store_that_is_away_is_told_from_a_wrong_setting(tmp_path: Path) -> None:
    nobody = f"mongodb://127.0.0.1:{free_port()}/?serverSelectionTimeoutMS=200"
    away, told = altpress("deliveries", "list", mongo_url=nobody, data_dir=tmp_path)
    assert (away, "ALTPRESS_MONGO_URL" in told) == (TRY_LATER, True)
    wrong, told = altpress("deliveries", "list", mongo_url=nobody, data_dir=tmp_path, port="none")
    assert (wrong, told.startswith("altpress: ALTPRESS_PORT")) == (2, True)


@needs_full
@pytest.mark.parametrize("words", [["--help"], ["--version"], ["password", "--help"]])
def test_help_that_cannot_be_written_is_a_sentence(words: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        told = altpress(*words, stdout=full.fileno())
    assert told == (2, "altpress: The output cannot be written: No space left on device.\n")


def test_the_page_has_each() -> None:
    table = PAGE.partition("\n## Exit statuses\n")[2]
    assert re.findall(r"^\| (\d+)", table, re.MULTILINE) == ["0", "1", "2", str(TRY_LATER), "130"]
