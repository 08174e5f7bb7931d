"""What a repository of one's own has to change: docs/deployment.md has it done, and forgets nothing."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.processes import ROOT

PAGE = "docs/deployment.md"
STANDS_FOR = re.compile(r"github\.com/altpress/altpress|@altpress/(maintainers|security)")
TELLS_OF_THEM = {PAGE, "tests/deploy/test_placeholders.py"}


def git(*arguments: str, cwd: Path) -> str:
    run = subprocess.run(["git", *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    if run.returncode == 128:
        pytest.skip("not a git checkout")
    return run.stdout


def named(folder: Path) -> list[str]:
    """The files of the checkout that name somebody in particular."""
    found = git("grep", "-lE", r"github\.com/altpress/altpress|@altpress/", cwd=folder).splitlines()
    return sorted(
        name for name in set(found) - TELLS_OF_THEM if STANDS_FOR.search((folder / name).read_text())
    )


def test_what_the_page_says_changes_all_of_them(tmp_path: Path) -> None:
    files = named(ROOT)
    assert ".github/CODEOWNERS" in files
    assert "deploy/prometheus/rules/altpress.yml" in files
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    git("init", "-q", cwd=tmp_path)
    git("add", ".", cwd=tmp_path)
    section = (ROOT / PAGE).read_text().partition("## In a repository of your own")[2]
    script = section.partition("```sh\n")[2].partition("```")[0]
    subprocess.run(["sh", "-euc", script], cwd=tmp_path, check=True)
    assert named(tmp_path) == []
    owners = (tmp_path / ".github/CODEOWNERS").read_text()
    assert "@ORGANISATION/TEAM" in owners
    assert "@ORGANISATION/TEAM @" not in owners
    rules = (tmp_path / "deploy/prometheus/rules/altpress.yml").read_text()
    assert "https://github.com/OWNER/REPOSITORY/blob/main/docs/runbook.md#altpressdown" in rules
