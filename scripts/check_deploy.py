"""The checks of `make check-deploy` that need a program from outside: manifests, alerts, shell scripts.

A program that is not there is told, with where it comes from, and its checks are skipped; CI has all of them.
Exit status 1 when a check fails.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OVERLAYS = ROOT / "deploy/kubernetes/overlays"
ALERTS = ROOT / "deploy/prometheus"
VALIDATE = (Path(sys.executable).with_name("kubernetes-validate"), "--strict", "--quiet")


@dataclass(frozen=True)
class Check:
    """Commands to run, with the program that they need."""

    program: str
    found_in: str  # where to get it
    there: Callable[[], bool]
    commands: Callable[[Path], Iterator[Sequence[str | Path]]]  # given a folder for files in between


def on_path(program: str) -> Callable[[], bool]:
    return lambda: shutil.which(program) is not None


def kubectl_renders() -> bool:
    """Debian's is of 2020, and knows no inline patches."""
    if not on_path("kubectl")():
        return False
    command = ["kubectl", "version", "--client", "--output=json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r'"kustomizeVersion": "v(\d+)\.', done.stdout)
    return bool(found and int(found[1]) >= 5)


def manifests(place: Path) -> Iterator[Sequence[str | Path]]:
    """Each overlay, rendered, against the schemas of Kubernetes itself (KEDA's kinds have none there)."""
    for overlay in sorted(OVERLAYS.iterdir()):
        rendered = place / f"{overlay.name}.yaml"
        yield ["kubectl", "kustomize", overlay, "--output", rendered]
        yield [*VALIDATE, rendered]


def alerts(_: Path) -> Iterator[Sequence[str | Path]]:
    yield ["promtool", "check", "rules", *sorted((ALERTS / "rules").glob("*.yml"))]
    yield ["promtool", "test", "rules", *sorted((ALERTS / "tests").glob("*.yml"))]


def shell(_: Path) -> Iterator[Sequence[str | Path]]:
    yield ["shellcheck", *shell_scripts()]


def shell_scripts() -> list[Path]:
    """What git tracks, and a shell runs."""
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z"],  # noqa: S607 - the git of whoever asks
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    paths = [ROOT / name for name in listed.stdout.split("\0") if name and Path(name).suffix in {"", ".sh"}]
    return [path for path in paths if path.is_file() and _is_shell(path)]


def _is_shell(path: Path) -> bool:
    with path.open("rb") as file:
        first = file.readline(200)
    return first.startswith(b"#!") and first.split(b"/")[-1].split()[-1] in {b"sh", b"bash"}


CHECKS = (
    Check("kubectl", "https://kubernetes.io/docs/tasks/tools/, 1.30 or newer", kubectl_renders, manifests),
    Check("promtool", "Debian: prometheus", on_path("promtool"), alerts),
    Check("shellcheck", "Debian: shellcheck", on_path("shellcheck"), shell),
)


def run(check: Check, place: Path) -> bool:
    """Whether all of it passed, or could not be run."""
    if not check.there():
        sys.stdout.write(f"skipped: {check.program} is not installed ({check.found_in})\n")
        return True
    for command in check.commands(place):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        words = " ".join(str(word).removeprefix(f"{ROOT}/") for word in command)
        sys.stdout.write(f"{'passed' if done.returncode == 0 else 'FAILED'}: {words}\n")
        if done.returncode != 0:
            sys.stdout.write(done.stdout + done.stderr)
            return False
    return True


def main() -> int:
    with tempfile.TemporaryDirectory() as place:
        results = [run(check, Path(place)) for check in CHECKS]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
