"""Clone, fetch and push over HTTP: `git http-backend` as a CGI program.

Who may push is checked before git runs, which branches they may not by a hook; what a push changed is seen by
comparing the references before and after, and told to the App.
"""

import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from flask import Blueprint, Response, request

from bot.sandbox.errors import AuthError
from bot.sandbox.guarding import find_refused
from bot.sandbox.http import ApiError
from bot.sandbox.model import Repository
from bot.sandbox.objects import ENVIRONMENT
from bot.sandbox.pushes import Move, announce_push
from bot.sandbox.routes.lookups import find_actor, find_caller, find_repository, find_world

clone = Blueprint("clone", __name__)
_CHUNK = 64 * 1024
_HOOK = """\
#!/bin/sh
# Made by altpress: refuses the branches that the sandbox protects (githooks(5), update).
reason=$(printf '%s' "$ALTPRESS_PROTECTED" | awk -F '\\t' -v ref="$1" '$1 == ref { print $2 }')
[ -z "$reason" ] && exit 0
echo "error: GH006: Protected branch update failed for $1." >&2
echo "error: $reason" >&2
exit 1
"""
_pushing = threading.Lock()  # one push at a time: so the difference of the references is that push's own


@clone.get("/<owner>/<name>.git/info/refs")
def show_refs(owner: str, name: str) -> Response:
    service = request.args.get("service", "")
    if service not in {"git-upload-pack", "git-receive-pack"}:
        raise ApiError(403, "Please use the smart HTTP protocol")
    repository = _open(owner, name, push=service == "git-receive-pack")
    return _run(repository, "info/refs")


@clone.post("/<owner>/<name>.git/git-upload-pack")
def fetch(owner: str, name: str) -> Response:
    return _run(_open(owner, name, push=False), "git-upload-pack")


@clone.post("/<owner>/<name>.git/git-receive-pack")
def push(owner: str, name: str) -> Response:
    repository, actor, world = _open(owner, name, push=True), find_actor(), find_world()
    bare = world.bare(repository)
    with _pushing:
        before = bare.refs()
        guard = _guard(world.git.root.parent / "hooks", find_refused(world, repository, actor))
        response = _run(repository, "git-receive-pack", guard)
        response.get_data()  # git has ended, and the references are where it left them
        after = bare.refs()
    for ref in sorted(before.keys() | after.keys()):
        if before.get(ref) != after.get(ref):
            announce_push(world, repository, Move(ref, before.get(ref), after.get(ref)), actor)
    return response


def _open(owner: str, name: str, *, push: bool) -> Repository:
    """The repository, or a 401 that makes git ask for a password."""
    repository = find_repository(owner, name)
    if push and find_caller().kind == "anonymous":
        raise AuthError(401, "Authentication required")
    return find_repository(owner, name, "contents", "write") if push else repository


def _guard(folder: Path, refused: Mapping[str, str]) -> dict[str, str]:
    """Variables that make git ask our hook, which turns these branches away with their reasons."""
    if not refused:
        return {}
    hook = folder / "update"
    if not hook.exists():
        folder.mkdir(exist_ok=True)
        draft = folder / "update.new"
        draft.write_text(_HOOK)
        draft.chmod(0o700)
        draft.replace(hook)
    told = "".join(f"{ref}\t{reason}\n" for ref, reason in refused.items())
    settings = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.hooksPath",
        "GIT_CONFIG_VALUE_0": str(folder),
    }
    return {**settings, "ALTPRESS_PROTECTED": told}


def _run(repository: Repository, service: str, more: Mapping[str, str] | None = None) -> Response:
    """What `git http-backend` answers, streamed."""
    process = subprocess.Popen(
        ["git", "http-backend"],  # noqa: S607  # git is wherever PATH says
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**_environment(repository, service), **(more or {})},
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    output = process.stdout
    feeder = threading.Thread(target=_feed, args=(request.stream, process.stdin), daemon=True)
    feeder.start()
    status, headers = _read_head(output)

    def body() -> Iterator[bytes]:
        with process:
            yield from iter(lambda: output.read(_CHUNK), b"")
        feeder.join()

    return Response(body(), status, headers)


def _feed(source: IO[bytes], target: IO[bytes]) -> None:
    """The request's body into git; git may close early when it refuses."""
    try:
        while chunk := source.read(_CHUNK):
            target.write(chunk)
    except BrokenPipeError:
        pass
    finally:
        target.close()


def _environment(repository: Repository, service: str) -> dict[str, str]:
    """CGI variables (RFC 3875), as git-http-backend(1) reads them."""
    caller = find_caller()
    return ENVIRONMENT | {
        "GIT_PROJECT_ROOT": str(find_world().git.root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{repository.full_name}.git/{service}",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.query_string.decode("latin-1"),
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        "REMOTE_USER": caller.user.login if caller.user else "",
        "REMOTE_ADDR": "127.0.0.1",
    }


def _read_head(stream: IO[bytes]) -> tuple[int, dict[str, str]]:
    """The status and headers of a CGI answer."""
    status, headers = 200, {}
    for line in iter(stream.readline, b""):
        name, _, value = line.decode("latin-1").strip().partition(": ")
        if not name:
            break
        if name.lower() == "status":
            status = int(value.split(" ")[0])
        else:
            headers[name] = value
    return status, headers
