"""Tokens as the jobs of a workflow get them.

| request | does |
|---|---|
| POST tokens | `repository`, `audience`, `ref`, `event`: `{"value": …}`, as GitHub answers a job |
"""

import time
import uuid

from flask import Response

from bot.sandbox.control import control
from bot.sandbox.control_lookups import find_target
from bot.sandbox.http import ApiError, answer, read_json
from bot.sandbox.model import Repository
from bot.sandbox.oidc import Run
from bot.sandbox.routes.lookups import find_world
from bot.sandbox.routes.oidc import find_issuer
from bot.sandbox.shapes import Json


@control.post("/tokens")
def issue_token() -> Response:
    """Without `ref` the job runs on the default branch, without `event` for a push."""
    body = read_json()
    run = _build_run(find_target(body), body)
    audience = str(body["audience"]) if body.get("audience") else None
    token = find_issuer().issue(run, audience=audience, jti=str(uuid.uuid4()), now=int(time.time()))
    return answer({"value": token}, 201)


def _build_run(repository: Repository, body: Json) -> Run:
    """Raises ApiError 404 where no workflow could run."""
    ref = str(body.get("ref") or f"refs/heads/{repository.default_branch}")
    sha = find_world().bare(repository).ref(ref) if ref.startswith("refs/") else None
    if sha is None:
        raise ApiError(404, f"{repository.full_name} has no ref {ref!r}, such as refs/tags/v1.0")
    owner = find_world().state.find_user(repository.owner)
    return Run(
        repository=repository, owner_id=owner.id if owner else 1, ref=ref, sha=sha,
        event=str(body.get("event") or "push"), id=time.time_ns() // 1_000_000,
    )  # fmt: skip
