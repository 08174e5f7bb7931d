"""A small cluster: a `kubectl` that keeps a state in a file, and a web server that answers as what runs.

The state is the world that tests look at: Deployments with their revisions, Jobs, and what happened in order.
`"broken"` images never become ready; `"unwell"` ones become ready, and are not healthy.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

REVISION = "deployment.kubernetes.io/revision"
WEB = "altpress-web"
LOGIN = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
}  # fmt: skip
METRICS = """\
altpress_build_info{{python="3.13",version="{version}"}} 1
altpress_dependency_up{{dependency="mongodb"}} 1
altpress_workers 2
altpress_queue_jobs{{state="queued"}} 0
altpress_queue_oldest_age_seconds 0
altpress_sites 1
altpress_http_requests_total{{method="GET"}} 1
"""


def empty(**faults: Any) -> dict[str, Any]:
    return {"deployments": {}, "jobs": {}, "applied": [], "events": [], "broken": [], "unwell": [], **faults}


def image_of(manifest: dict[str, Any]) -> str:
    return str(manifest["spec"]["template"]["spec"]["containers"][0]["image"])


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
        elif now["revisions"][str(now["current"])] in self.state["broken"]:
            raise SystemExit("error: timed out waiting for the condition")


def forward() -> None:
    """Until it is ended, as kubectl."""
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
    finally:
        path.write_text(json.dumps(state))


class Handler(BaseHTTPRequestHandler):
    """What the cluster runs, seen from outside or from inside of it."""

    state: Path
    versions: dict[str, str]  # image -> version
    inside: bool

    def do_GET(self) -> None:
        state = json.loads(self.state.read_text())
        web = state["deployments"][WEB]
        image = web["revisions"][str(web["current"])]
        well = image not in state["unwell"]
        body = {
            "/metrics": METRICS.format(version=self.versions[image]),
            "/login": "<form></form>",
            "/health": json.dumps({"parts": {"mongodb": {"ok": well}}}),
        }.get(self.path, "{}")
        self.send(self.status(well), body)

    def status(self, well: bool) -> int:
        if self.path == "/metrics" and not self.inside:
            return 503  # the ingress sends it nowhere
        if self.path == "/metrics" and "Authorization" not in self.headers:
            return 401
        return 200 if well else 503

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send(200 if "X-Hub-Signature-256" in self.headers else 401, "{}")

    def send(self, status: int, body: str) -> None:
        self.send_response(status)
        for name, value in LOGIN.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def served(path: Path, versions: dict[str, str], *, inside: bool) -> Iterator[int]:
    """The port of what the cluster runs."""
    handler = type("Seen", (Handler,), {"state": path, "versions": versions, "inside": inside})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


if __name__ == "__main__":
    main()
