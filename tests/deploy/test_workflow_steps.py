"""The shell steps of the workflows, run as a runner would, with a registry that is a folder."""

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import __version__
from tests.deploy.test_checkers import DOCKER
from tests.stores import ROOT

BASE, IMAGE, OTHER = (f"sha256:{digit * 64}" for digit in "b1f")
NAME = "ghcr.io/acme/altpress"


@dataclass(frozen=True)
class Done:
    status: int
    said: str
    outputs: dict[str, str]


@dataclass(frozen=True)
class Runner:
    """A checkout with a commit, a registry, and what GitHub gives to each step."""

    folder: Path

    @property
    def checkout(self) -> Path:
        return self.folder / "checkout"

    @property
    def registry(self) -> dict[str, str]:
        return {file.name: file.read_text() for file in (self.folder / "registry").iterdir()}

    @property
    def commit(self) -> str:
        return self.git("rev-parse", "HEAD").strip()

    def git(self, *words: str) -> str:
        who = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        command = ["git", "-C", str(self.checkout), *who, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def push(self, tag: str, digest: str) -> None:
        (self.folder / "registry" / tag).write_text(digest)

    def step(self, steps: list[dict[str, Any]], name: str, **environ: str) -> Done:
        (step,) = [step for step in steps if step["name"] == name]
        outputs = self.folder / "outputs"
        outputs.write_text("")
        environment = {
            "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin", "REGISTRY": str(self.folder / "registry"),
            "GITHUB_OUTPUT": str(outputs), "GITHUB_REPOSITORY": "Acme/Altpress", "GITHUB_SHA": self.commit,
            **environ,
        }  # fmt: skip
        # GitHub's own: without `shell:` a pipe that breaks in the middle goes unnoticed
        options = ["--noprofile", "--norc", "-e", "-o", "pipefail"] if "shell" in step else ["-e"]
        command = ["bash", *options, "-c", step["run"]]
        done = subprocess.run(
            command, cwd=self.checkout, env=environment, capture_output=True, text=True, check=False
        )
        lines = [line.split("=", 1) for line in outputs.read_text().splitlines()]
        return Done(done.returncode, done.stdout + done.stderr, dict(lines))


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    runner = Runner(tmp_path)
    for name in ("bin", "registry", "checkout/bot", "checkout/scripts"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "bin/docker").write_text(DOCKER)
    (tmp_path / "bin/docker").chmod(0o755)
    for path in ("Dockerfile", "bot/__init__.py", "scripts/tag_image.sh"):
        shutil.copy(ROOT / path, runner.checkout / path)
    runner.git("init", "-q")
    runner.git("add", "-A")
    runner.git("commit", "-q", "-m", "One")
    return runner


def steps_of(workflow: str, job: str) -> list[dict[str, Any]]:
    loaded = yaml.safe_load((ROOT / f".github/workflows/{workflow}.yml").read_text())
    steps: list[dict[str, Any]] = loaded["jobs"][job]["steps"]
    return steps


def action_steps() -> list[dict[str, Any]]:
    loaded = yaml.safe_load((ROOT / ".github/actions/deploy/action.yml").read_text())
    steps: list[dict[str, Any]] = loaded["runs"]["steps"]
    return steps


def test_the_facts_of_an_image(runner: Runner) -> None:
    base = str(re.findall(r"^ARG PYTHON_IMAGE=(.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[0])
    runner.push(base.split(":")[1], BASE)
    done = runner.step(steps_of("main", "image"), "Names, times and the base image's digest of today")
    assert done.status == 0, done.said
    assert done.outputs["name"] == NAME
    assert done.outputs["version"] == __version__
    assert done.outputs["base"] == f"{base}@{BASE}"
    assert done.outputs["epoch"] == runner.git("log", "-1", "--format=%ct").strip()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", done.outputs["created"])


def test_without_the_base_image_nothing_is_built(runner: Runner) -> None:
    done = runner.step(steps_of("main", "image"), "Names, times and the base image's digest of today")
    assert (done.status != 0, done.outputs) == (True, {})


def test_what_staging_ran_is_noted(runner: Runner) -> None:
    done = runner.step(steps_of("main", "passed"), "Tag", NAME=NAME, DIGEST=IMAGE)
    assert (done.status, runner.registry) == (0, {f"staging-{runner.commit}": IMAGE}), done.said


Find = Callable[..., Done]


@pytest.fixture
def find(runner: Runner) -> Find:
    def run(tag: str = f"v{__version__}", stage: str = "staging") -> Done:
        return runner.step(steps_of("release", "find"), "By the commit of the tag", TAG=tag, STAGE=stage)

    return run


def test_a_release_takes_what_staging_ran(runner: Runner, find: Find) -> None:
    runner.push(f"sha-{runner.commit}", OTHER)  # built again since, and not tried
    runner.push(f"staging-{runner.commit}", IMAGE)
    done = find()
    assert done.status == 0, done.said
    assert done.outputs == {"name": NAME, "digest": IMAGE, "version": __version__, "commit": runner.commit}


def test_without_a_staging_what_was_built_is_taken(runner: Runner, find: Find) -> None:
    runner.push(f"sha-{runner.commit}", IMAGE)
    assert find(stage="sha").outputs["digest"] == IMAGE


def test_what_staging_has_not_run_is_not_released(runner: Runner, find: Find) -> None:
    runner.push(f"sha-{runner.commit}", IMAGE)
    done = find()
    assert (done.status, done.outputs) == (1, {})
    assert f"::error::No image staging-{runner.commit}" in done.said


@pytest.mark.parametrize("tag", ["v99.0.0", __version__, "v1;id", "$(id)"])
def test_a_tag_that_is_not_the_version_is_refused(runner: Runner, find: Find, tag: str) -> None:
    runner.push(f"staging-{runner.commit}", IMAGE)
    done = find(tag)
    assert (done.status, done.outputs) == (1, {})
    assert f"their tag is v{__version__}" in done.said
    assert "uid=" not in done.said


@pytest.mark.parametrize(
    ("version", "tags"),
    [("1.2.3", {"1.2.3", "latest"}), ("1.2.3rc1", {"1.2.3rc1"}), ("2.0-beta", {"2.0-beta"})],
)
def test_names_of_a_release(runner: Runner, version: str, tags: set[str]) -> None:
    given = {"IMAGE": f"{NAME}@{IMAGE}", "VERSION": version, "DEPLOYED": "success"}
    done = runner.step(steps_of("release", "tag"), "Tag", **given)
    assert (done.status, runner.registry) == (0, dict.fromkeys(tags, IMAGE)), done.said
    assert "notice" not in done.said


def test_a_version_that_names_another_image_stops_a_release(runner: Runner) -> None:
    runner.push("1.2.3", OTHER)
    given = {"IMAGE": f"{NAME}@{IMAGE}", "VERSION": "1.2.3", "DEPLOYED": "success"}
    done = runner.step(steps_of("release", "tag"), "Tag", **given)
    assert (done.status, runner.registry) == (1, {"1.2.3": OTHER})


def test_a_fork_is_told_that_nothing_was_deployed(runner: Runner) -> None:
    given = {"IMAGE": f"{NAME}@{IMAGE}", "VERSION": "1.2.3", "DEPLOYED": "skipped"}
    done = runner.step(steps_of("release", "tag"), "Tag", **given)
    assert done.status == 0
    assert "::notice::Not deployed" in done.said


def test_the_way_to_the_cluster_is_private_and_goes_again(runner: Runner) -> None:
    config = runner.folder / "kubeconfig"
    given = {"GIVEN": "apiVersion: v1\nkind: Config", "METRICS_TOKEN": "t", "WEBHOOK_SECRET": "w"}
    done = runner.step(action_steps(), "The way to the cluster", KUBECONFIG=str(config), **given)
    assert (done.status, done.said) == (0, "")
    assert (config.read_text(), config.stat().st_mode & 0o777) == ("apiVersion: v1\nkind: Config\n", 0o600)
    last = action_steps()[-1]
    assert last["if"] == "always()"
    runner.step(action_steps(), last["name"], KUBECONFIG=str(config))
    assert not config.exists()


@pytest.mark.parametrize("lacks", ["GIVEN", "METRICS_TOKEN", "WEBHOOK_SECRET"])
def test_a_secret_that_lacks_is_named(runner: Runner, lacks: str) -> None:
    given = {"GIVEN": "c", "METRICS_TOKEN": "t", "WEBHOOK_SECRET": "w"} | {lacks: ""}
    config = runner.folder / "kubeconfig"
    done = runner.step(action_steps(), "The way to the cluster", KUBECONFIG=str(config), **given)
    assert (done.status, config.exists()) == (1, False)
    assert f"lacks a secret: {lacks.replace('GIVEN', 'KUBECONFIG')} " in done.said


@pytest.mark.parametrize(("backup", "option"), [("true", "--backup"), ("false", "")])
def test_what_a_deployment_is_given(runner: Runner, backup: str, option: str) -> None:
    script = runner.checkout / "scripts/deploy"
    script.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    script.chmod(0o755)
    given = {"OVERLAY": "o", "NAMESPACE": "n", "IMAGE": "i", "VERSION": "v", "URL": "u; id", "BACKUP": backup}
    done = runner.step(action_steps(), "Deploy", **given)
    words = ["--overlay", "o", "--namespace", "n", "--image", "i", "--version", "v", "--url", "u; id"]
    assert (done.status, done.said.splitlines()) == (0, [*words, *([option] if option else [])])
