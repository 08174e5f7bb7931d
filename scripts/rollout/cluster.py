"""What is asked of a cluster, through kubectl."""

# ruff: noqa: T201 - a script speaks on its standard output

import json
import re
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

WEB = "altpress-web"  # the Deployment, and its Service
DEPLOYMENTS = (WEB, "altpress-worker", "altpress-scheduler")
JOB = "altpress-migrate"
REVISION = "deployment.kubernetes.io/revision"
OPENS = 90  # seconds that a way inside may take at most: kubectl itself waits a minute for a pod


class Stop(Exception):
    """What comes next makes no sense any more."""


@dataclass(frozen=True)
class Running:
    """What a Deployment runs."""

    revision: str
    image: str


class Cluster:
    """kubectl, in one namespace."""

    def __init__(self, namespace: str, timeout: int, migrate_timeout: int, poll: float) -> None:
        self.namespace, self.poll = namespace, poll
        self.timeout, self.migrate_timeout = timeout, migrate_timeout  # seconds

    def running(self) -> dict[str, Running]:
        found = json.loads(self.run("get", "deployments", "--output=json"))["items"]
        return {
            item["metadata"]["name"]: Running(
                item["metadata"].get("annotations", {}).get(REVISION, ""),
                item["spec"]["template"]["spec"]["containers"][0]["image"],
            )
            for item in found
            if item["metadata"]["name"] in DEPLOYMENTS
        }

    def apply(self, manifests: Iterable[str]) -> None:
        if text := "---\n".join(manifests):
            self.run("apply", "--filename=-", given=text)

    def back_up(self) -> None:
        self.run("exec", "deployment/altpress-worker", "--", "altpress", "backup", shown=True)

    def migrate(self, manifest: str) -> None:
        """Run the Job to its end. A Job cannot be changed: the one of the last time goes first."""
        self.run("delete", "job", JOB, "--ignore-not-found", "--wait=true")
        self.apply([manifest])
        deadline = time.monotonic() + self.migrate_timeout
        while (ended := self._ended()) is None:
            if time.monotonic() > deadline:
                raise Stop(f"the migration has not ended within {self.migrate_timeout} s")
            time.sleep(self.poll)
        self.run("logs", f"job/{JOB}", "--tail=100", shown=True, must=False)
        if ended != "Complete":
            raise Stop("the migration failed")

    def _ended(self) -> str | None:
        status = json.loads(self.run("get", "job", JOB, "--output=json")).get("status", {})
        true = [c["type"] for c in status.get("conditions", []) if c["status"] == "True"]
        return next((kind for kind in true if kind in ("Complete", "Failed")), None)

    def wait(self, names: Iterable[str]) -> None:
        for name in names:
            self.run("rollout", "status", f"deployment/{name}", f"--timeout={self.timeout}s", shown=True)

    def undo(self, name: str, revision: str) -> None:
        self.run("rollout", "undo", f"deployment/{name}", f"--to-revision={revision}", shown=True)

    @contextmanager
    def forwarded(self) -> Iterator[str]:
        """The address on this machine of what the Service has now; closed at the end of the block."""
        command = ["kubectl", f"--namespace={self.namespace}", "port-forward", "--address=127.0.0.1"]
        forward = subprocess.Popen([*command, f"service/{WEB}", ":http"], stdout=subprocess.PIPE, text=True)
        late = threading.Timer(min(OPENS, self.timeout), forward.kill)  # one that hangs says nothing at all
        late.start()
        try:
            first = forward.stdout.readline() if forward.stdout else ""  # or its end, when it could not
            late.cancel()
            if not (port := re.search(r"127\.0\.0\.1:(\d+) ", first)):
                raise Stop(f"kubectl port-forward service/{WEB} did not come up")
            yield f"http://127.0.0.1:{port[1]}"
        finally:
            late.cancel()
            forward.terminate()
            forward.communicate()

    def run(self, *words: str, given: str | None = None, shown: bool = False, must: bool = True) -> str:
        """What kubectl prints. Raises Stop with what it complains of."""
        command = ["kubectl", f"--namespace={self.namespace}", *words]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
        if shown and done.stdout:
            print(_indent(done.stdout), flush=True)
        if must and done.returncode != 0:
            raise Stop(f"kubectl {' '.join(words[:3])}: {done.stderr.strip()[-2000:]}")
        return done.stdout


def _indent(text: str) -> str:
    # not at the margin, where GitHub takes `::…::` for a command
    return "\n".join(f"| {line}" for line in text.rstrip().splitlines())
