"""deploy/cloud-run: what can be known of it without Google."""

from typing import Any

import pytest
import yaml

from bot import __version__
from bot.cli import COMMANDS
from config.settings import SECRETS, Settings
from tests.deploy.manifests import DEPLOY, ROOT, read_base

FOLDER = DEPLOY / "cloud-run"
KINDS = {
    "web": ("serving.knative.dev/v1", "Service"),
    "worker": ("run.googleapis.com/v1", "WorkerPool"),
    "scheduler": ("run.googleapis.com/v1", "WorkerPool"),
    "migrate": ("run.googleapis.com/v1", "Job"),
}
TO_THE_KILL = 10  # seconds that Cloud Run gives after SIGTERM
FIELDS = {f"ALTPRESS_{name.upper()}" for name in Settings.model_fields}


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    return found


def container(name: str) -> dict[str, Any]:
    spec = read(name)["spec"]["template"]["spec"]
    [found] = spec.get("containers") or spec["template"]["spec"]["containers"]
    return dict(found)


def test_there_is_a_file_for_each_process() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(KINDS)
    page = (ROOT / "docs/cloud-run.md").read_text()
    assert all(f"deploy/cloud-run/{name}.yaml" in page for name in KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_is_what_it_says(name: str) -> None:
    found, runs = read(name), container(name)
    assert (found["apiVersion"], found["kind"]) == KINDS[name]
    assert found["metadata"]["name"] == f"altpress-{name}"
    assert (runs["args"], name in COMMANDS) == ([name], True)
    assert runs["image"].endswith(f"/altpress:{__version__}")


@pytest.mark.parametrize("name", KINDS)
def test_settings_exist_and_secrets_are_named_alone(name: str) -> None:
    variables = {entry["name"]: entry for entry in container(name)["env"]}
    secret = {key for key, entry in variables.items() if "valueFrom" in entry}
    assert set(variables) - {"TMPDIR"} <= FIELDS
    assert secret == {key for key in variables if key.removeprefix("ALTPRESS_").lower() in SECRETS}
    for key in secret:
        word = key.lower().replace("_", "-")
        assert variables[key]["valueFrom"]["secretKeyRef"] == {"name": word, "key": "latest"}


@pytest.mark.parametrize("name", KINDS)
def test_each_gets_the_secrets_that_kubernetes_gives_it(name: str) -> None:
    given = {entry["name"] for entry in container(name)["env"] if "valueFrom" in entry}
    there = read_base("production").environment(name)
    assert given == {
        key.removesuffix("_FILE") for key, path in there.items() if key.endswith("_FILE") and path
    }


def test_each_ends_before_it_is_killed() -> None:
    grace = {entry["name"]: entry.get("value") for entry in container("worker")["env"]}["ALTPRESS_STOP_GRACE"]
    assert float(str(grace)) < TO_THE_KILL
    assert {"name": "ALTPRESS_STOP_DELAY", "value": "0"} in container("web")["env"]


def test_one_of_each_is_always_there() -> None:
    web = read("web")["spec"]["template"]["metadata"]["annotations"]
    assert int(web["autoscaling.knative.dev/minScale"]) >= 1
    assert web["run.googleapis.com/cpu-throttling"] == "false"
    for name in ("worker", "scheduler"):
        assert int(read(name)["metadata"]["annotations"]["run.googleapis.com/manualInstanceCount"]) >= 1
