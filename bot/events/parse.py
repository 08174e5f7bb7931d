"""No I/O. Headers and bytes -> Event, or BadPayload. Hostile bytes raise nothing else."""

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from pydantic import ValidationError

from bot.errors import BadPayload
from bot.events import shapes
from bot.events.model import (
    CheckRequested,
    ChecksRequested,
    Comment,
    Event,
    Ignored,
    Installed,
    Ping,
    PullRequestChanged,
    Pushed,
    ReleaseChanged,
    ReleaseReady,
    RepositoryChanged,
    TagDeleted,
)
from bot.events.payload import Payload, dig, parse_payload
from bot.records import RepositoryFacts

NAME = re.compile(r"[a-z_]{1,64}\Z")
ALL_COMMITS = 20  # GitHub cuts the list: at 2048 commits today, at 20 on older servers
LONGEST_REF = 1024  # characters
DRAFT_ACTIONS = frozenset({"created", "edited"})
PULL_ACTIONS = frozenset({"opened", "synchronize", "reopened", "edited", "closed"})
S = TypeVar("S", bound=shapes.Shape)


def parse_event(headers: Mapping[str, str], body: bytes) -> Event:
    """The event that a delivery tells of; `headers` with names in any case. Raises BadPayload."""
    lower = {name.lower(): value for name, value in headers.items()}
    name = lower.get("x-github-event", "")
    if not NAME.match(name):
        raise BadPayload("The header X-GitHub-Event is missing, or no event's name.")
    payload = parse_payload(lower.get("content-type", ""), body)
    read = EVENTS.get(name)
    if read is None:
        envelope = _shape(shapes.Envelope, payload)
        return _ignored(envelope, f"altpress does not use the event {name}")
    return read(payload)


def _shape(shape: type[S], payload: Payload) -> S:
    try:
        return shape.model_validate(payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:100]
        raise BadPayload(f"The payload is not as GitHub sends it: {place or 'all of it'}.") from None
    except RecursionError:
        raise BadPayload("The payload is nested too deep.") from None


def _facts(repository: shapes.Repository) -> RepositoryFacts:
    return RepositoryFacts(
        id=repository.id,
        full_name=repository.full_name,
        owner=repository.owner.login,
        private=repository.private,
        default_branch=repository.default_branch,
        description=repository.description,
        homepage=repository.homepage or None,
        html_url=repository.html_url,
    )


def _ignored(envelope: shapes.Envelope, reason: str) -> Ignored:
    about = envelope.repository.full_name if envelope.repository else None
    return Ignored(action=envelope.action, reason=reason, about=about)


def _installation(envelope: shapes.Envelope) -> int | None:
    return envelope.installation.id if envelope.installation else None


def _ping(payload: Payload) -> Event:
    return Ping(hook_id=_shape(shapes.PingEvent, payload).hook_id)


def _release(payload: Payload) -> Event:
    seen = _shape(shapes.Release, payload)
    if seen.release.draft and seen.action in DRAFT_ACTIONS:
        return _ignored(seen, "a draft is nobody's business yet")
    return ReleaseChanged(
        action=seen.action, repository=_facts(seen.repository), installation=_installation(seen),
        release_id=seen.release.id, tag=seen.release.tag_name,
    )  # fmt: skip


def _ready(payload: Payload) -> Event:
    seen = _shape(shapes.Ready, payload)
    return ReleaseReady(
        about=seen.repository.full_name, tag=seen.tag, sites=tuple(seen.sites), told_ms=seen.told_ms
    )


def _comment(payload: Payload) -> Event:
    seen = _shape(shapes.IssueComment, payload)
    user = seen.comment.user
    if seen.action != "created":
        return _ignored(seen, "commands are taken from new comments only")
    if user is None or user.type == "Bot":
        return _ignored(seen, "written by a bot")
    return Comment(
        action=seen.action, repository=_facts(seen.repository), installation=_installation(seen),
        issue=seen.issue.number, pull_request=seen.issue.pull_request is not None,
        comment_id=seen.comment.id, author=user.login, author_type=user.type,
        body=seen.comment.body or "", url=seen.comment.html_url,
    )  # fmt: skip


def _push(payload: Payload) -> Event:
    seen = _shape(shapes.Push, payload)
    kind, _, branch = seen.ref.removeprefix("refs/").partition("/")
    if kind != "heads" or not branch:
        return _ignored(seen, "not a branch")
    told = not seen.forced and seen.before != shapes.NOWHERE and len(seen.commits) < ALL_COMMITS
    paths = frozenset(p for c in seen.commits for p in (*c.added, *c.removed, *c.modified))
    return Pushed(
        repository=_facts(seen.repository), installation=_installation(seen), branch=branch,
        head=_commit(seen.after), before=_commit(seen.before), changed=paths if told else None,
    )  # fmt: skip


def _commit(sha: str) -> str | None:
    return None if set(sha) == {"0"} else sha


def _deleted(payload: Payload) -> Event:
    seen = _shape(shapes.Branch, payload)
    if seen.ref_type != "tag":
        return _branch(payload)
    return TagDeleted(
        action="tag_deleted",
        repository=_facts(seen.repository),
        installation=_installation(seen),
        tag=seen.ref,
    )


def _branch(payload: Payload) -> Event:
    seen = _shape(shapes.Branch, payload)
    if seen.ref_type != "branch":
        return _ignored(seen, "not a branch")
    return Pushed(
        repository=_facts(seen.repository), installation=_installation(seen), branch=seen.ref, head=None
    )


def _pull_request(payload: Payload) -> Event:
    seen = _shape(shapes.PullRequest, payload)
    before = dig(seen.changes.base if seen.changes else None, "ref", "from", longest=LONGEST_REF)
    if seen.action not in PULL_ACTIONS or (seen.action == "edited" and before is None):
        return _ignored(seen, "the pull request's commits are the same")
    pull = seen.pull_request
    own = pull.head.repo is not None and pull.head.repo.id == seen.repository.id
    return PullRequestChanged(
        branch=pull.head.ref if own else None, base_before=before,
        action=seen.action, repository=_facts(seen.repository), installation=_installation(seen),
        number=pull.number, base=pull.base.ref, head=pull.head.sha, merged=bool(pull.merged),
    )  # fmt: skip


def _check_run(payload: Payload) -> Event:
    seen = _shape(shapes.CheckRun, payload)
    run = seen.check_run
    if seen.action != "rerequested" or run.app is None:
        return _ignored(seen, "nobody asks for the check once more")
    return CheckRequested(
        action=seen.action, repository=_facts(seen.repository), installation=_installation(seen),
        run=run.id, external_id=run.external_id or "", app=run.app.id,
    )  # fmt: skip


def _check_suite(payload: Payload) -> Event:
    seen = _shape(shapes.CheckSuite, payload)
    suite = seen.check_suite
    if seen.action != "rerequested" or suite.app is None:  # `requested` comes with each push
        return _ignored(seen, "nobody asks for the checks once more")
    return ChecksRequested(
        action=seen.action, repository=_facts(seen.repository), installation=_installation(seen),
        head=suite.head_sha, app=suite.app.id,
    )  # fmt: skip


def _installed(payload: Payload) -> Event:
    seen = _shape(shapes.Installation, payload)
    names = tuple(r.full_name for r in seen.repositories)
    removed = seen.action in ("deleted", "suspend")
    return Installed(
        action=seen.action, installation=seen.installation.id, repositories=names, removed=removed
    )


def _installed_repositories(payload: Payload) -> Event:
    seen = _shape(shapes.InstallationRepositories, payload)
    removed = seen.action == "removed"
    listed = seen.repositories_removed if removed else seen.repositories_added
    return Installed(
        action=seen.action, installation=seen.installation.id, removed=removed,
        repositories=tuple(r.full_name for r in listed),
    )  # fmt: skip


def _repository(payload: Payload) -> Event:
    seen = _shape(shapes.RepositoryEvent, payload)
    return RepositoryChanged(
        action=seen.action, repository=_facts(seen.repository), installation=_installation(seen),
        previous=_previous(seen),
    )  # fmt: skip


def _previous(seen: shapes.RepositoryEvent) -> str | None:
    """Its name before: `changes.repository.name.from`, `changes.owner.from.{user,organization}.login`."""
    owner, _, name = seen.repository.full_name.partition("/")
    changes = seen.changes or shapes.Changed()
    old_name = dig(changes.repository, "name", "from")
    old_owner = dig(changes.owner, "from", "user", "login") or dig(
        changes.owner, "from", "organization", "login"
    )
    return f"{old_owner or owner}/{old_name or name}" if old_name or old_owner else None


EVENTS: dict[str, Callable[[Payload], Event]] = {
    "ping": _ping,
    "release": _release,
    "ready": _ready,  # none of GitHub's
    "issue_comment": _comment,
    "push": _push,
    "create": _branch,
    "delete": _deleted,
    "pull_request": _pull_request,
    "check_run": _check_run,
    "check_suite": _check_suite,
    "installation": _installed,
    "installation_repositories": _installed_repositories,
    "repository": _repository,
}
