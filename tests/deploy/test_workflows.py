"""What the workflows promise, beyond what their linters know (`make check-deploy`)."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.stores import ROOT

FOLDER = ROOT / ".github"
WORKFLOWS = {path.stem: path for path in sorted((FOLDER / "workflows").glob("*.yml"))}
ACTIONS = sorted((FOLDER / "actions").glob("*/action.yml"))
FILES = [*WORKFLOWS.values(), *ACTIONS]
RELEASING = (ROOT / "docs/releasing.md").read_text()
WRITES = {  # beyond reading: which job may, and nobody else
    ("main", "image"): {"packages", "id-token", "attestations"},
    ("main", "passed"): {"packages"},
    ("release", "tag"): {"packages"},
    ("release", "package"): {"contents", "id-token", "attestations"},
}


def read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text())
    return loaded


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for workflow, path in WORKFLOWS.items():
        for name, job in read(path)["jobs"].items():
            yield workflow, name, job


def steps() -> Iterator[dict[str, Any]]:
    for _, _, job in jobs():
        yield from job.get("steps", ())
    for path in ACTIONS:
        yield from read(path)["runs"]["steps"]


def name_of(path: Path) -> str:
    return str(path.relative_to(FOLDER))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_actions_are_pinned_by_commit_with_their_version(path: Path) -> None:
    used = re.findall(r"uses: (\S+)(.*)", path.read_text())
    for action, comment in used:
        if action.startswith("./"):
            place = ROOT / action
            assert place.is_file() or (place / "action.yml").is_file()
            continue
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action)
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment)


def test_one_version_of_each_action() -> None:
    text = "".join(path.read_text() for path in FILES)
    pinned = set(re.findall(r"uses: ([^.\s]\S+)@(\S+ # \S+)", text))
    assert len({action for action, _ in pinned}) == len(pinned) > 3


def test_checkouts_leave_no_credentials() -> None:
    checkouts = [step for step in steps() if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) > 8
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_each_job_has_the_rights_that_it_needs_and_no_other() -> None:
    for path in WORKFLOWS.values():
        assert read(path)["permissions"] == {}
    for workflow, name, job in jobs():
        rights = job["permissions"]
        assert set(rights.values()) <= {"read", "write"}
        written = {right for right, kind in rights.items() if kind == "write"}
        assert written == WRITES.get((workflow, name), set()), (workflow, name)


def test_what_may_sign_a_release_runs_nobody_elses_code() -> None:
    """A dependency that runs beside the signature could have anything signed, and as anybody."""
    for workflow, name, job in jobs():
        if workflow == "release" and "id-token" in job["permissions"]:
            commands = "\n".join(step.get("run", "") for step in job["steps"])
            assert "pip" not in commands, name
            assert "altpress demo" not in commands, name
            assert "trial" in job["needs"], name


def test_nobody_from_outside_starts_what_may_write() -> None:
    for path in WORKFLOWS.values():
        triggers = set(read(path)[True])  # YAML reads the key `on` as true
        assert triggers <= {"pull_request", "push", "workflow_call", "workflow_dispatch", "release"}
    assert set(read(WORKFLOWS["ci"])[True]) == {"pull_request"}
    assert read(WORKFLOWS["main"])[True]["push"] == {"branches": ["main"]}
    secrets = {w for w, path in WORKFLOWS.items() if "secrets." in path.read_text()}
    assert secrets == {"main", "release"}


def test_everything_ends_and_nothing_runs_beside_itself() -> None:
    for workflow, name, job in jobs():
        if "uses" not in job:
            assert job["timeout-minutes"] <= 90, (workflow, name)
            assert job["runs-on"] == "ubuntu-24.04"
        if "environment" in job:
            assert job["concurrency"]["group"] == f"deploy-{job['environment']['name']}"
            assert job["concurrency"]["cancel-in-progress"] is False
    for workflow, path in WORKFLOWS.items():
        loaded = read(path)
        if set(loaded[True]) != {"workflow_call"}:
            assert loaded["concurrency"]["group"], workflow
            # half a deployment is worse than a late one
            assert loaded["concurrency"]["cancel-in-progress"] is (workflow == "ci")


def test_no_text_from_outside_becomes_a_command() -> None:
    """Not even ours: what a shell is to read comes in variables."""
    for step in steps():
        assert "${{" not in step.get("run", ""), step["name"]


def test_steps_call_what_there_is() -> None:
    commands = "\n".join(step.get("run", "") for step in steps())
    makefile = (ROOT / "Makefile").read_text()
    called = set(re.findall(r"\bmake ([a-z-]+)", commands))
    assert {"check", "check-deploy", "test", "test-long", "demo"} <= called
    assert all(re.search(rf"^{name}:", makefile, re.MULTILINE) for name in called)
    scripts = set(re.findall(r"(?<![\w/])(scripts/[\w.]+)", commands))
    assert {"scripts/deploy", "scripts/smoke", "scripts/tag_image.sh"} <= scripts
    assert all((ROOT / script).stat().st_mode & 0o111 for script in scripts)
    for folder in re.findall(r"pytest (\S+)", commands):
        assert (ROOT / folder).exists()


def test_options_of_scripts_are_ones_that_they_have() -> None:
    commands = "\n".join(step.get("run", "") for step in steps()).replace("\\\n", " ")
    checked = 0
    for script in ("scripts/deploy", "scripts/smoke"):
        known = set(re.findall(r'"(--[a-z-]+)"', (ROOT / script).read_text()))
        for line in re.findall(rf"{script} (.*)", commands):
            used = set(re.findall(r"(?<![\w-])--[a-z-]+", line))
            assert used <= known, line
            checked += len(used)
    assert checked > 5


@pytest.mark.parametrize(
    ("job", "environment"), [(("main", "staging"), "staging"), (("release", "production"), "production")]
)
def test_deployments_take_the_manifests_that_there_are(job: tuple[str, str], environment: str) -> None:
    (found,) = [j for w, n, j in jobs() if (w, n) == job]
    assert found["environment"]["name"] == environment
    (step,) = [s for s in found["steps"] if s.get("uses") == "./.github/actions/deploy"]
    given = step["with"]
    action = read(FOLDER / "actions/deploy/action.yml")["inputs"]
    assert set(given) <= set(action)
    assert {name for name, known in action.items() if known.get("required")} <= set(given)
    overlay = read(ROOT / given["overlay"] / "kustomization.yaml")
    assert overlay["namespace"] == given["namespace"]
    assert "@" in given["image"]
    assert (given.get("backup") == "true") is (environment == "production")


def test_a_repository_without_environments_deploys_nothing() -> None:
    for workflow, name, job in jobs():
        if "environment" in job:
            assert job["if"] == f"vars.{name.upper()}_URL != ''", (workflow, name)


def test_the_image_is_built_once() -> None:
    text = {name: path.read_text() for name, path in WORKFLOWS.items()}
    assert [name for name in text if "docker/build-push-action@" in text[name]] == ["main"]
    (push,) = [s for s in steps() if s.get("uses", "").startswith("docker/build-push-action@")]
    given = push["with"]
    assert (given["provenance"], given["sbom"], given["push"]) == ("mode=max", True, True)
    assert given["platforms"] == "linux/amd64,linux/arm64"
    assert "cache-from" not in given  # what others left behind is in no image
    dockerfile = (ROOT / "Dockerfile").read_text()
    arguments = re.findall(r"^(\w+)=", given["build-args"], re.MULTILINE)
    assert all(re.search(rf"^ARG {name}\b", dockerfile, re.MULTILINE) for name in arguments)
    assert re.search(rf"^FROM \S+ AS {given['target']}$", dockerfile, re.MULTILINE)


def test_every_secret_and_variable_is_documented() -> None:
    text = "".join(path.read_text() for path in FILES)
    named = set(re.findall(r"\b(?:secrets|vars)\.([A-Z_]+)", text))
    assert named >= {"KUBECONFIG", "STAGING_URL", "PRODUCTION_URL"}
    assert {name for name in named if f"`{name}`" not in RELEASING} == set()


def test_stores_are_those_of_the_compose_file() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    (job,) = [job for _, _, job in jobs() if "services" in job]
    for name, service in job["services"].items():
        default = re.fullmatch(r"\$\{[A-Z_]+:-(.+)\}", compose[name]["image"])
        assert default
        assert service["image"] == default[1]
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_dependabot_watches_all_that_is_pinned() -> None:
    updates = read(FOLDER / "dependabot.yml")["updates"]
    watched = {
        (u["package-ecosystem"], d) for u in updates for d in u.get("directories", [u.get("directory")])
    }
    assert {kind for kind, _ in watched} == {"github-actions", "docker", "docker-compose", "pip"}
    assert ("github-actions", "/.github/actions/deploy") in watched
    for update in updates:
        assert update["groups"]
        assert update["cooldown"]["default-days"] >= 7


def test_owners_and_templates_name_what_there_is() -> None:
    owners = (FOLDER / "CODEOWNERS").read_text().splitlines()
    paths = [line.split()[0] for line in owners if line and not line.startswith("#")]
    assert paths[0] == "*"
    assert all((ROOT / path.strip("/")).exists() for path in paths[1:])
    assert len(paths) > 3


@pytest.mark.parametrize("path", sorted((FOLDER / "ISSUE_TEMPLATE").glob("[!c]*.yml")), ids=name_of)
def test_forms_ask_for_no_secret(path: Path) -> None:
    form = path.read_text()
    assert "secret" in form  # each says not to paste one
    assert read(path)["body"]
