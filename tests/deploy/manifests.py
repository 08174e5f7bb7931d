"""The manifests of deploy/kubernetes as values: as they are written, and as an overlay renders them."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
OVERLAYS = {"staging": "altpress-staging", "production": "altpress"}  # with their namespaces
Object = dict[str, Any]


@dataclass(frozen=True)
class Manifests:
    """All objects of one environment."""

    objects: tuple[Object, ...]

    def of(self, *kinds: str) -> list[Object]:
        return [found for found in self.objects if found["kind"] in kinds]

    def named(self, kind: str, name: str) -> Object:
        [found] = [found for found in self.of(kind) if found["metadata"]["name"] == name]
        return found

    def pods(self) -> dict[str, Object]:
        """The pod templates by component."""
        workloads = self.of("Deployment", "Job", "CronJob")
        return {
            w["metadata"]["labels"]["app.kubernetes.io/component"]: w["spec"]["template"] for w in workloads
        }

    def settings(self) -> dict[str, str]:
        """Of all processes, as the ConfigMap has them."""
        [found] = [o for o in self.of("ConfigMap") if o["metadata"]["name"].startswith("altpress-settings")]
        return dict(found["data"])

    def environment(self, component: str) -> dict[str, str]:
        """What one process gets: its own variables win."""
        container = self.pods()[component]["spec"]["containers"][0]
        own = {entry["name"]: entry.get("value", "of the Secret") for entry in container["env"]}
        return {**self.settings(), **own}


def read_variables(path: Path) -> dict[str, str]:
    """`NAME=value` a line, as kustomize, systemd and docker compose read it."""
    lines = (line for line in path.read_text().splitlines() if line and line[0] != "#")
    return dict(line.split("=", 1) for line in lines)


def read_base(environment: str) -> Manifests:
    """The base as it is written, with an environment's settings, where nothing can render."""
    base = DEPLOY / "kubernetes/base"
    kustomization = yaml.safe_load((base / "kustomization.yaml").read_text())
    [generator] = kustomization["configMapGenerator"]
    data = dict(literal.split("=", 1) for literal in generator["literals"])
    data |= read_variables(DEPLOY / f"environments/{environment}/settings.env")
    settings = {"kind": "ConfigMap", "metadata": {"name": generator["name"]}, "data": data}
    pairs = kustomization["labels"][0]["pairs"]
    objects = [
        found
        for name in kustomization["resources"]
        for found in yaml.safe_load_all((base / name).read_text())
    ]
    return Manifests((settings, *(_labelled(found, pairs) for found in objects)))


def _labelled(found: Object, pairs: dict[str, str]) -> Object:
    """With the labels that the kustomization adds to all."""
    for part in _labelled_parts(found):
        part.setdefault("labels", {}).update(pairs)
    return found


def _labelled_parts(found: Object) -> Iterator[Object]:
    yield found["metadata"]
    if template := found.get("spec", {}).get("template"):
        yield template["metadata"]


def render(folder: Path) -> Manifests:
    """What the overlay gives; the test is skipped where nothing on PATH can render it."""
    done = subprocess.run([*find_renderer(), str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return Manifests(tuple(yaml.safe_load_all(done.stdout)))


def find_renderer() -> list[str]:
    if shutil.which("kustomize"):
        return ["kustomize", "build"]
    if shutil.which("kubectl"):
        command = ["kubectl", "version", "--client", "--output=json"]
        told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        if told.get("kustomizeVersion", "v4").removeprefix("v") >= "5":
            return ["kubectl", "kustomize"]
    pytest.skip("no kustomize 5 on PATH, nor a kubectl with it (1.27 or newer)")
