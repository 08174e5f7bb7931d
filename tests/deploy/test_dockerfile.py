"""The image: what its Dockerfile says, and what its build stage makes, without an engine."""

import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import __version__
from bot.migrate.load import load_migrations
from tests.deploy.dockerfile import Stage, base_environment, parse_dockerfile, run_stage

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "Dockerfile").read_text()
STAGES = parse_dockerfile(TEXT)
IGNORE = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
NOBODY = 65534
MINE = ("bot", "jobs", "config", "scripts/migrations", "requirements/runtime.txt", "LICENSE")
SECRET = [
    ".env", ".env.production", ".git/config", ".altpress/webhook_secret", ".venv/bin/python", "key.pem",
    "bot/__pycache__/errors.cpython-313.pyc", "requirements/dev.txt", "scripts/smoke", "tests/conftest.py",
]  # fmt: skip


def stage_of_copy(stage: Stage) -> list[str]:
    return [step.text for step in stage.of("COPY") if "--from=" not in step.text]


def in_context(path: str) -> bool:
    """Whether the engine is sent the file: the last line that names it, or a folder it lies in, decides."""
    names = [path, *(str(parent) for parent in Path(path).parents if parent != Path())]
    sent = True
    for line in IGNORE:
        pattern = line.removeprefix("!")
        patterns = {pattern, pattern.removeprefix("**/")}
        if any(fnmatch.fnmatch(name, p) for name in names for p in patterns):
            sent = line.startswith("!")
    return sent


def test_last_stage_is_what_runs() -> None:
    assert list(STAGES) == ["build", "base", "sandbox", "runtime"]
    assert {STAGES["build"].base, STAGES["base"].base} == {"${PYTHON_IMAGE}"}
    assert {STAGES["sandbox"].base, STAGES["runtime"].base} == {"base"}


def test_base_image_is_an_argument_with_no_invented_digest() -> None:
    assert re.search(r"^ARG PYTHON_IMAGE=python:3\.\d+-slim-\w+$", TEXT, re.MULTILINE)
    assert not re.search(r"sha256:[0-9a-f]{8}", TEXT)


def test_runs_without_rights() -> None:
    """By number: Kubernetes holds `runAsNonRoot` against nothing else."""
    for name in ("base", "sandbox"):
        assert STAGES[name].of("USER")[-1].text == "10001:10001"
    assert not STAGES["runtime"].of("USER")
    assert not STAGES["runtime"].of("RUN")


def test_nothing_is_fetched_but_wheels_with_known_hashes() -> None:
    [install] = [step.text for step in STAGES["build"].of("RUN") if " install" in step.text]
    assert "--require-hashes" in install
    assert "--only-binary :all:" in install
    fetching = re.compile(r"apt-get|curl|wget|git clone|pip install")
    for name in ("base", "runtime"):
        assert not [step for step in STAGES[name].of("RUN") if fetching.search(step.text)]


def test_is_labelled() -> None:
    [label] = STAGES["runtime"].of("LABEL")
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in label.pairs.items()}
    arguments = {word for step in STAGES["runtime"].of("ARG") for word in step.words}
    assert labels["title"] == "altpress"
    for name, argument in (("source", "SOURCE"), ("revision", "REVISION"), ("created", "CREATED")):
        assert (labels[name], f"{argument}=" in arguments) == (f"${{{argument}}}", True)
    assert f"VERSION={__version__}" in arguments


def test_context_holds_what_is_copied_and_nothing_else() -> None:
    copied = [
        word for text in map(stage_of_copy, STAGES.values()) for line in text for word in line.split()[:-1]
    ]
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    sent = [path for path in tracked.split() if in_context(path)]
    assert set(copied) <= set(MINE)
    for path in copied:
        assert any(name == path or name.startswith(f"{path}/") for name in sent), path
    assert not [path for path in sent if not path.startswith(MINE)]


@pytest.mark.parametrize("path", SECRET)
def test_context_holds_no_secret_and_no_test(path: str) -> None:
    assert not in_context(path)


@pytest.fixture(scope="module")
def built() -> Iterator[Path]:
    """What the build stage leaves: /opt/altpress, in a folder that anybody may read."""
    folder = Path(tempfile.mkdtemp(prefix="altpress-image-"))
    folder.chmod(0o755)
    moved = {"/opt/altpress": str(folder / "opt/altpress"), "/src": str(folder / "src")}
    try:
        environment = base_environment(folder / "bin")
        try:
            run_stage(STAGES["build"], context=ROOT, root=folder, moved=moved, env=environment)
        except subprocess.CalledProcessError:
            index = ["python", "-m", "pip", "download", "--no-deps", "-q", "-d", folder / "click", "click"]
            if subprocess.run(index, env=environment, check=False).returncode:
                pytest.skip("no package index can be reached")
            raise
        shutil.rmtree(folder / "src")
        subprocess.run(["chmod", "-R", "a-w", folder / "opt"], check=True)
        yield folder / "opt/altpress"
    finally:
        subprocess.run(["chmod", "-R", "u+w", folder], check=False)
        shutil.rmtree(folder)


def may_be_nobody() -> bool:
    """Whether this is root, and others may run the Python that it has."""
    python = Path(sys.base_prefix, "bin")
    return os.getuid() == 0 and all(folder.stat().st_mode & 0o001 for folder in (python, *python.parents))


def run(built: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    """As the image would: nobody's rights, a tree that is read-only, its own folder and variables alone."""
    [step] = STAGES["base"].of("ENV")
    environment = step.pairs | {"PATH": f"{built}/bin:/usr/bin:/bin", "TMPDIR": "/tmp"}
    who: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if may_be_nobody() else {}
    return subprocess.run(
        command, cwd="/", env=environment, capture_output=True, text=True, check=False, **who
    )


@pytest.mark.long
@pytest.mark.xdist_group("image")
class TestBuilt:
    def test_says_its_version(self, built: Path) -> None:
        assert run(built, "altpress", "--version").stdout.split()[-1] == __version__

    def test_is_its_own_source(self, built: Path) -> None:
        told = run(
            built, "python", "-c", "import bot, jobs, config, sys; print(bot.__file__, *sys.path)"
        ).stdout
        assert told.startswith(str(built))
        assert str(ROOT) not in told

    def test_has_no_pip(self, built: Path) -> None:
        assert run(built, "python", "-c", "import pip").stderr.endswith("No module named 'pip'\n")

    def test_is_compiled_so_that_it_starts_quickly(self, built: Path) -> None:
        for source in built.glob("lib/python3.*/site-packages/bot/*.py"):
            assert list((source.parent / "__pycache__").glob(f"{source.stem}.*.pyc")), source

    @pytest.mark.parametrize("name", ["web", "worker", "scheduler"])
    def test_has_each_process(self, built: Path, name: str) -> None:
        assert run(built, "altpress", name, "--help").returncode == 0

    def test_health_check_fails_where_nothing_runs(self, built: Path) -> None:
        checked = run(built, "python", "-m", "bot.cli.alive", "web")
        assert (checked.returncode, checked.stderr) == (1, "Error: no sign of life of the web\n")

    def test_knows_its_migrations(self, built: Path) -> None:
        code = "from bot.migrate.load import load_migrations; [print(m.title) for m in load_migrations()]"
        told = run(built, "python", "-c", code)
        assert told.stdout.splitlines() == [migration.title for migration in load_migrations()], told.stderr
        assert run(built, "altpress", "migrate", "--help").returncode == 0
