"""`scripts/deploy`: what a cluster looks like afterwards, whatever failed on the way."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest
import yaml

from tests.deploy.fake_cluster import empty
from tests.deploy.fake_service import served
from tests.processes import wait_until
from tests.stores import ROOT

OLD, NEW = (f"ghcr.io/acme/altpress@sha256:{digit * 64}" for digit in "1f")
NAMES = ("altpress-web", "altpress-worker", "altpress-scheduler")
BEFORE = {name: {"revisions": {"4": OLD}, "current": 4, "newest": 4} for name in NAMES}
OTHERS = """\
apiVersion: v1
kind: ConfigMap
metadata:
  labels:
    name: other
  name: altpress-settings-abc
---
apiVersion: v1
kind: Service
metadata:
  name: altpress-web
---
apiVersion: batch/v1
kind: Job
metadata:
  name: altpress-migrate
spec:
  template:
    spec:
      containers:
      - image: altpress
"""
DEPLOYMENT = """\
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  template:
    spec:
      containers:
      - image: altpress
"""


@dataclass(frozen=True)
class Outcome:
    status: int
    said: str
    state: dict[str, Any]

    @property
    def runs(self) -> set[str]:
        return {d["revisions"][str(d["current"])] for d in self.state["deployments"].values()}

    @property
    def events(self) -> list[str]:
        """What happened, images by their age."""
        return [e.replace(OLD, "old").replace(NEW, "new") for e in self.state["events"]]


Deploy = Callable[..., Outcome]


@pytest.fixture
def deploy(tmp_path: Path) -> Iterator[Deploy]:
    """Deploys NEW into a cluster in a given state, as a workflow would."""
    state = tmp_path / "state.json"
    kubectl = tmp_path / "bin/kubectl"
    kubectl.parent.mkdir()
    kubectl.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT}/tests/deploy/fake_cluster.py "$@"\n')
    kubectl.chmod(0o755)
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    (overlay / "all.yaml").write_text(OTHERS + "".join(DEPLOYMENT.format(name=name) for name in NAMES))
    environment = {
        **os.environ, "PATH": f"{kubectl.parent}:{os.environ['PATH']}", "FAKE_CLUSTER": str(state),
        "ALTPRESS_SMOKE_METRICS_TOKEN": "t", "ALTPRESS_SMOKE_WEBHOOK_SECRET": "s",
    }  # fmt: skip

    versions = {OLD: "1.0", NEW: "2.0"}
    with served(state, versions, inside=False) as port, served(state, versions, inside=True) as inside:
        environment["FAKE_INSIDE"] = str(inside)

        def run(world: dict[str, Any], *options: str, interrupt: str = "", **environ: str) -> Outcome:
            state.write_text(json.dumps(world))
            command = [
                str(ROOT / "scripts/deploy"), "--overlay", str(overlay), "--namespace", "altpress",
                "--image", NEW, "--url", f"http://127.0.0.1:{port}", "--version", "2.0",
                "--verify-timeout", "0", "--poll", "0.05", *options,
            ]  # fmt: skip
            with subprocess.Popen(
                command, env=environment | environ, stdout=PIPE, stderr=subprocess.STDOUT, text=True
            ) as process:
                if interrupt:
                    wait_until(lambda: f'"{interrupt} ' in state.read_text())  # an event
                    process.send_signal(signal.SIGINT)
                    process.send_signal(signal.SIGTERM)
                said, _ = process.communicate(timeout=180)
            return Outcome(process.returncode, said, json.loads(state.read_text()))

        yield run


def old(**faults: Any) -> dict[str, Any]:
    return empty(**faults) | {"deployments": json.loads(json.dumps(BEFORE))}


def test_backup_then_migration_then_rollout(deploy: Deploy) -> None:
    done = deploy(old(), "--backup")
    assert (done.status, done.runs) == (0, {NEW}), done.said
    assert done.events == ["backup", "migrate new", *(f"run {name} new" for name in NAMES)]
    assert done.state["applied"][:2] == ["ConfigMap/altpress-settings-abc", "Job/altpress-migrate"]
    assert "passed   version" in done.said


def test_the_first_one_has_nothing_to_back_up(deploy: Deploy) -> None:
    done = deploy(empty(), "--backup")
    assert (done.status, done.runs, done.events[0]) == (0, {NEW}, "migrate new"), done.said


def test_the_job_of_the_last_time_is_replaced(deploy: Deploy) -> None:
    done = deploy(old(jobs={"altpress-migrate": OLD}))
    assert (done.status, done.state["jobs"]) == (0, {"altpress-migrate": NEW})


@pytest.mark.parametrize(
    ("fault", "event", "told"),
    [
        ({"backup": "fails"}, [], "exit code 1"),
        ({"migration": "Failed"}, ["backup", "migrate new"], "the migration failed"),
        ({"refused": ["ConfigMap/altpress-settings-abc"]}, ["backup"], "is invalid"),
    ],
)
def test_what_fails_before_the_rollout_leaves_what_runs(
    deploy: Deploy, fault: dict[str, Any], event: list[str], told: str
) -> None:
    done = deploy(old(**fault), "--backup")
    assert (done.status, done.runs, done.events) == (1, {OLD}, event)
    assert done.state["deployments"] == BEFORE
    assert "nothing was rolled out" in done.said
    assert told in done.said


@pytest.mark.parametrize(
    "fault",
    [{"broken": [NEW]}, {"unwell": [NEW]}, {"refused": ["Deployment/altpress-worker"]}],
    ids=["never ready", "ready and not well", "half applied"],
)
def test_what_fails_after_is_taken_back(deploy: Deploy, fault: dict[str, Any]) -> None:
    done = deploy(old(**fault))
    assert (done.status, done.runs) == (3, {OLD}), done.said
    assert done.events[0] == "migrate new"
    runs = [e.split()[1] for e in done.events if e.startswith("run ")]
    assert runs
    assert [e.split()[1] for e in done.events if e.startswith("back ")] == [n for n in NAMES if n in runs]
    assert "taken back: the version before runs" in done.said


def test_a_way_inside_that_never_opens_is_not_waited_for_without_end(deploy: Deploy) -> None:
    done = deploy(old(), "--timeout", "1", FAKE_INSIDE="")
    assert (done.status, done.runs) == (4, {OLD})
    assert "port-forward service/altpress-web did not come up" in done.said


def test_another_version_than_promised_is_taken_back(deploy: Deploy) -> None:
    done = deploy(old(), "--version", "3.0")
    assert (done.status, done.runs) == (3, {OLD})
    assert "runs '2.0', not '3.0'" in done.said


def test_a_first_one_that_fails_has_nothing_to_go_back_to(deploy: Deploy) -> None:
    done = deploy(empty(broken=[NEW]))
    assert (done.status, done.runs) == (4, {NEW})
    assert "nothing to go back to" in done.said


def test_a_version_before_that_is_not_well_either_is_told(deploy: Deploy) -> None:
    done = deploy(old(unwell=[OLD, NEW]))
    assert (done.status, done.runs) == (4, {OLD})
    assert "taking it back failed, too" in done.said


def test_a_cancelled_rollout_is_taken_back(deploy: Deploy) -> None:
    """As GitHub does it: SIGINT, and SIGTERM while it is still busy."""
    done = deploy(old(slow=[NEW]), interrupt="wait")
    assert (done.status, done.runs) == (4, {OLD}), done.said
    assert [e.split()[0] for e in done.events] == [
        "migrate",
        "run",
        "run",
        "run",
        "wait",
        "back",
        "back",
        "back",
    ]
    assert "taken back without looking" in done.said


def test_nothing_is_done_twice(deploy: Deploy) -> None:
    """The same image again: no new revision, and none to go back to."""
    first = deploy(old())
    again = deploy(first.state | {"events": []})
    assert (again.status, again.events) == (0, ["migrate new"])


def test_errors_are_told_where_github_shows_them(deploy: Deploy) -> None:
    done = deploy(old(migration="Failed"), GITHUB_ACTIONS="true")
    shown = [line for line in done.said.splitlines() if line.startswith("::error::")]
    assert shown == ["::error::nothing was rolled out: the migration failed"]
    assert "| ::error::said by the migration" in done.said  # not at the margin: no command to the runner


def test_manifests_with_another_image_are_refused(deploy: Deploy) -> None:
    done = deploy(old(), "--image-name", "ghcr.io/other/name")
    assert (done.status, done.events) == (1, [])
    assert "does not run ghcr.io/acme/altpress@sha256:f" in done.said


def renders() -> bool:
    """Debian's kubectl is of 2020, and knows no inline patches."""
    if shutil.which("kubectl") is None:
        return False
    command = ["kubectl", "version", "--client", "--output=json"]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return "kustomizeVersion" in told


@pytest.mark.skipif(not renders(), reason="no kubectl (1.30 or newer) on PATH")
@pytest.mark.parametrize(
    ("overlay", "namespace"), [("staging", "altpress-staging"), ("production", "altpress")]
)
def test_the_real_overlays_hold_what_is_deployed(overlay: str, namespace: str) -> None:
    """Rendered by the real kubectl; no cluster is asked."""
    command = [
        str(ROOT / "scripts/deploy"), "--overlay", str(ROOT / "deploy/kubernetes/overlays" / overlay),
        "--namespace", namespace, "--image", NEW, "--url", "https://altpress.example.com", "--render",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    manifests = list(yaml.safe_load_all(done.stdout))
    images = {c["image"] for m in manifests for c in containers(m)}
    assert images == {NEW}
    assert {m["metadata"]["namespace"] for m in manifests if m["kind"] != "Namespace"} == {namespace}
    deployments = [m for m in manifests if m["kind"] == "Deployment"]
    assert {m["metadata"]["name"] for m in deployments} == set(NAMES)
    assert all(m["spec"].get("revisionHistoryLimit", 10) >= 2 for m in deployments)  # there is a way back
    (service,) = [m for m in manifests if m["kind"] == "Service"]
    assert (service["metadata"]["name"], service["spec"]["ports"][0]["name"]) == ("altpress-web", "http")


def containers(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        manifest.get("spec", {}).get("template", {}).get("spec", {}).get("containers", [])
    )
    return found


def test_one_that_is_cancelled_before_has_done_nothing(deploy: Deploy) -> None:
    done = deploy(old(migration="Running"), interrupt="migrate")
    assert (done.status, done.runs, done.events) == (1, {OLD}, ["migrate new"]), done.said
    assert "nothing was rolled out: it was broken off" in done.said


@pytest.mark.parametrize("image", ["altpress:latest", "altpress@sha256:12", f"{NEW}\nx", "-x"])
def test_only_an_image_by_its_digest_is_taken(deploy: Deploy, image: str) -> None:
    done = deploy(old(), f"--image={image}")
    assert (done.status, done.state) == (2, old())
