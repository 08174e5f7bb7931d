"""A Dockerfile as values, and its steps run without an engine, in a folder instead of an image."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CONTINUED = re.compile(r"\\\n(?:[ \t]*#[^\n]*\n)*")
LINE = re.compile(r"([A-Z]+)\s+(.*)", re.DOTALL)


@dataclass(frozen=True)
class Step:
    """One instruction: `RUN`, and all that stands after it, on one line."""

    name: str
    text: str

    @property
    def words(self) -> list[str]:
        return shlex.split(self.text)

    @property
    def pairs(self) -> dict[str, str]:
        """Of ENV, LABEL and ARG; an ARG without a default has none here."""
        found = (word.partition("=") for word in self.words)
        return {name: value for name, sign, value in found if sign}


@dataclass(frozen=True)
class Stage:
    name: str
    base: str
    steps: tuple[Step, ...]

    def of(self, name: str) -> list[Step]:
        return [step for step in self.steps if step.name == name]


def parse_dockerfile(text: str) -> dict[str, Stage]:
    """Its stages by name, in their order."""
    lines = CONTINUED.sub(" ", text).splitlines()
    steps = [Step(*found.groups()) for line in lines if (found := LINE.fullmatch(line.strip()))]
    begins = [n for n, step in enumerate(steps) if step.name == "FROM"]
    stages = {}
    for begin, end in zip(begins, [*begins[1:], len(steps)], strict=True):
        base, _, name = steps[begin].text.partition(" AS ")
        stages[name] = Stage(name, base, tuple(steps[begin + 1 : end]))
    return stages


def run_stage(
    stage: Stage, *, context: Path, root: Path, moved: Mapping[str, str], env: Mapping[str, str]
) -> None:
    """Run COPY, ENV and RUN as an engine would; `moved` says where a folder of the image lies instead."""
    environ = dict(env)
    for step in stage.steps:
        text = step.text
        for there, here in moved.items():
            text = text.replace(there, here)
        if step.name in ("ENV", "ARG"):
            environ |= Step(step.name, text).pairs
            environ.pop("PIP_NO_CACHE_DIR", None)  # what a test has fetched once is enough
        elif step.name == "COPY":
            *sources, target = shlex.split(text)
            for source in sources:
                _copy(context / source, Path(target))
        elif step.name == "RUN":
            subprocess.run(["sh", "-c", text], cwd=root, env=environ, check=True, stdin=subprocess.DEVNULL)


def _copy(source: Path, target: Path) -> None:
    """A folder's contents, or a file, as COPY takes them (the context holds no compiled files)."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(
            source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"), dirs_exist_ok=True
        )
    else:
        shutil.copy(source, target)


def base_environment(folder: Path) -> dict[str, str]:
    """What the base image gives a step: a PATH on which `python` is one with pip, no network but pip's."""
    folder.mkdir()
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(f"{sys.base_prefix}/bin/python3")} "$@"\n')
    python.chmod(0o755)
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("PIP_") or name.endswith("_proxy")
    }
    return {**kept, "PATH": f"{folder}:/usr/bin:/bin", "HOME": str(Path.home()), "LC_ALL": "C.UTF-8"}
