"""A small cluster: a `kubectl` that keeps a state in a file.

The state is the world that tests look at: Deployments with their revisions, Jobs, and what happened in order.
`"broken"` images never become ready, `"slow"` ones not for a minute; `"unwell"` ones are ready, and not well
(`tests/deploy/fake_service.py`). Little is imported: it starts a dozen times in each test.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

REVISION = "deployment.kubernetes.io/revision"


def empty(**faults: Any) -> dict[str, Any]:
    return {"deployments": {}, "jobs": {}, "applied": [], "events": [], "broken": [], "unwell": [], **faults}


def image_of(manifest: dict[str, Any]) -> str:
    return str(manifest["spec"]["template"]["spec"]["containers"][0]["image"])


class Hanging(Exception):
    """The answer takes longer than anybody waits."""


class Kubectl:
    """One call; what it changes is in the state."""

    def __init__(self, state: dict[str, Any]) -> None:
        self.state = state

    def call(self, words: list[str], given: str) -> str:
        """What it prints. Raises SystemExit as kubectl ends."""
        verb = words[0]
        return str(getattr(self, f"do_{verb}")(words[1:], given) or "")

    def note(self, *words: object) -> None:
        self.state["events"].append(" ".join(map(str, words)))

    def do_kustomize(self, words: list[str], _: str) -> str:
        import yaml

        wrapper = json.loads((Path(words[0]) / "kustomization.yaml").read_text())
        base = (Path(words[0]) / wrapper["resources"][0] / "all.yaml").read_text()
        (image,) = wrapper["images"]
        documents = list(yaml.safe_load_all(base))
        for document in documents:
            if document["kind"] in {"Deployment", "Job"} and image_of(document) == image["name"]:
                container = document["spec"]["template"]["spec"]["containers"][0]
                container["image"] = f"{image['newName']}@{image['digest']}"
        return yaml.safe_dump_all(documents)

    def do_get(self, words: list[str], _: str) -> str:
        if words[0] == "job":
            condition = {"type": self.state.get("migration", "Complete"), "status": "True"}
            return json.dumps(
                {"status": {"conditions": [condition]} if words[1] in self.state["jobs"] else {}}
            )
        return json.dumps({"items": [self._deployment(name) for name in self.state["deployments"]]})

    def _deployment(self, name: str) -> dict[str, Any]:
        now = self.state["deployments"][name]
        containers = [{"image": now["revisions"][str(now["current"])]}]
        return {
            "metadata": {"name": name, "annotations": {REVISION: str(now["current"])}},
            "spec": {"template": {"spec": {"containers": containers}}},
        }

    def do_apply(self, _: list[str], given: str) -> None:
        import yaml

        for manifest in yaml.safe_load_all(given):
            kind, name = manifest["kind"], manifest["metadata"]["name"]
            if f"{kind}/{name}" in self.state.get("refused", []):
                raise SystemExit(f"error: {kind}/{name} is invalid")
            self.state["applied"].append(f"{kind}/{name}")
            if kind == "Job":
                self._run_job(name, image_of(manifest))
            elif kind == "Deployment":
                self._set_image(name, image_of(manifest))

    def _run_job(self, name: str, image: str) -> None:
        if name in self.state["jobs"]:
            raise SystemExit(f"error: job {name}: spec.template: field is immutable")
        self.state["jobs"][name] = image
        self.note("migrate", image)

    def _set_image(self, name: str, image: str) -> None:
        now = self.state["deployments"].setdefault(name, {"revisions": {}, "current": 0, "newest": 0})
        if now["revisions"].get(str(now["current"])) != image:
            now["newest"] += 1
            now["current"] = now["newest"]
            now["revisions"][str(now["current"])] = image
            self.note("run", name, image)

    def do_delete(self, words: list[str], _: str) -> None:
        self.state["jobs"].pop(words[1], None)

    def do_exec(self, words: list[str], _: str) -> None:
        if words[2:] != ["altpress", "backup"] or self.state.get("backup") == "fails":
            raise SystemExit("error: command terminated with exit code 1")
        self.note("backup")

    def do_logs(self, _: list[str], __: str) -> str:
        return "::error::said by the migration\n"

    def do_rollout(self, words: list[str], _: str) -> None:
        name = words[1].removeprefix("deployment/")
        now = self.state["deployments"][name]
        if words[0] == "undo":
            revision = words[2].removeprefix("--to-revision=")
            if revision not in now["revisions"]:
                raise SystemExit(f"error: unable to find specified revision {revision}")
            image = now["revisions"].pop(revision)  # the cluster gives it a new number
            now["current"] = now["newest"] = now["newest"] + 1
            now["revisions"][str(now["current"])] = image
            self.note("back", name, image)
        elif now["revisions"][str(now["current"])] in self.state.get("slow", []):
            self.note("wait", name)
            raise Hanging
        elif now["revisions"][str(now["current"])] in self.state["broken"]:
            raise SystemExit("error: timed out waiting for the condition")


def forward() -> None:
    """Until it is ended, as kubectl; without FAKE_INSIDE the cluster says nothing to it."""
    if not os.environ["FAKE_INSIDE"]:
        time.sleep(60)
    sys.stdout.write(f"Forwarding from 127.0.0.1:{os.environ['FAKE_INSIDE']} -> 8080\n")
    sys.stdout.flush()
    while True:
        time.sleep(60)


def main() -> None:
    if "port-forward" in sys.argv:
        forward()
    path = Path(os.environ["FAKE_CLUSTER"])
    state = json.loads(path.read_text())
    words = [word for word in sys.argv[1:] if not word.startswith("--namespace=")]
    given = sys.stdin.read() if "--filename=-" in words else ""
    try:
        sys.stdout.write(Kubectl(state).call(words, given))
    except Hanging:
        save(path, state)
        time.sleep(60)
    finally:
        save(path, state)


def save(path: Path, state: dict[str, Any]) -> None:
    """Whole, or not at all: others read it meanwhile."""
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(state))
    draft.replace(path)


if __name__ == "__main__":
    main()
