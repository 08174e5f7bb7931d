"""Payloads of our own, one for each case, and hostile bytes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import BadPayload
from bot.events import (
    EVENTS,
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
    parse_event,
)

DATA = Path(__file__).resolve().parents[1] / "data" / "events"
FILES = sorted(DATA.glob("*.json"))
HEAD, BEFORE = "2" * 40, "1" * 40

Told = dict[str, Any]
CASES: dict[str, tuple[type[Event], Told]] = {
    "ping": (Ping, {"hook_id": 12}),
    "release.published": (
        ReleaseChanged,
        {"action": "published", "release_id": 31001, "tag": "v1.2.0", "installation": 77},
    ),
    "release.published-without-assets": (ReleaseChanged, {"release_id": 31001}),
    "ready": (
        ReleaseReady,
        {"about": "acme/app", "full_name": "acme/app", "tag": "v1.2.0", "sites": ("acme/source@main",)},
    ),
    "release.prereleased": (ReleaseChanged, {"action": "prereleased"}),
    "release.released": (ReleaseChanged, {"action": "released"}),
    "release.edited": (ReleaseChanged, {"action": "edited"}),
    "release.created-draft": (Ignored, {"action": "created", "about": "acme/app"}),
    "release.edited-draft": (Ignored, {"action": "edited"}),
    "release.unpublished": (ReleaseChanged, {"action": "unpublished"}),
    "release.deleted": (ReleaseChanged, {"action": "deleted"}),
    "issue_comment.created": (
        Comment,
        {
            "issue": 1,
            "comment_id": 8001,
            "author": "developer",
            "body": "Please\n\n/rebuild\n",
            "pull_request": False,
        },
    ),
    "issue_comment.created-on-pull-request": (Comment, {"pull_request": True}),
    "issue_comment.created-without-command": (Comment, {"author_type": "User"}),
    "issue_comment.created-by-bot": (Ignored, {"reason": "written by a bot"}),
    "issue_comment.created-by-ghost": (Ignored, {"reason": "written by a bot"}),
    "issue_comment.edited": (Ignored, {"action": "edited"}),
    "issue_comment.deleted": (Ignored, {"action": "deleted"}),
    "push.branch": (
        Pushed,
        {
            "branch": "main",
            "head": HEAD,
            "before": BEFORE,
            "changed": frozenset({"docs/new.md", "altpress.yml"}),
        },
    ),
    "push.forced": (Pushed, {"changed": None}),
    "push.new-branch": (Pushed, {"before": None, "changed": None}),
    "push.deleted-branch": (Pushed, {"head": None}),
    "push.slashed-branch": (Pushed, {"branch": "feature/a/b", "changed": frozenset()}),
    "push.tag": (Ignored, {"about": "acme/source"}),
    "create.branch": (Pushed, {"branch": "main", "head": None}),
    "create.tag": (Ignored, {}),
    "delete.branch": (Pushed, {"branch": "main", "head": None}),
    "delete.tag": (TagDeleted, {"tag": "v1", "action": "tag_deleted"}),
    "pull_request.opened": (PullRequestChanged, {"number": 3, "base": "main", "head": HEAD, "merged": False}),
    "pull_request.edited-base": (PullRequestChanged, {"base": "main", "base_before": "next"}),
    "pull_request.edited-title": (Ignored, {"action": "edited"}),
    "pull_request.synchronize": (PullRequestChanged, {"action": "synchronize", "base_before": None}),
    "check_run.rerequested": (
        CheckRequested,
        {"run": 85000001, "external_id": "pull:3:acme/source@main", "app": 801, "installation": 77},
    ),
    "check_suite.rerequested": (ChecksRequested, {"head": HEAD, "app": 801, "installation": 77}),
    "check_suite.requested": (Ignored, {"about": "acme/source"}),
    "check_run.completed": (Ignored, {"about": "acme/source"}),
    "pull_request.closed": (PullRequestChanged, {"merged": True}),
    "pull_request.labeled": (Ignored, {"action": "labeled"}),
    "installation.created": (
        Installed,
        {"installation": 77, "repositories": ("acme/app", "acme/source"), "removed": False},
    ),
    "installation.deleted": (Installed, {"removed": True}),
    "installation.suspend": (Installed, {"removed": True, "repositories": ()}),
    "installation.unsuspend": (Installed, {"removed": False}),
    "installation_repositories.added": (Installed, {"repositories": ("acme/new",), "removed": False}),
    "installation_repositories.removed": (Installed, {"repositories": ("acme/app",), "removed": True}),
    "repository.renamed": (RepositoryChanged, {"previous": "acme/app", "full_name": "acme/app2"}),
    "repository.transferred": (RepositoryChanged, {"previous": "acme/app", "full_name": "umbrella/app"}),
    "repository.privatized": (RepositoryChanged, {"action": "privatized", "previous": None}),
    "repository.edited": (RepositoryChanged, {"full_name": "acme/source"}),
    "workflow_run.completed": (Ignored, {"about": "acme/app"}),
}


def headers(case: str, content_type: str = "application/json") -> dict[str, str]:
    return {"X-GitHub-Event": case.partition(".")[0], "Content-Type": content_type}


def test_every_payload_has_a_case_and_every_event_a_payload() -> None:
    assert {path.stem for path in FILES} == set(CASES)
    assert set(EVENTS) <= {case.partition(".")[0] for case in CASES}


@pytest.mark.parametrize("case", CASES)
def test_payload_becomes_its_event(case: str) -> None:
    kind, told = CASES[case]
    event = parse_event(headers(case), (DATA / f"{case}.json").read_bytes())
    assert type(event) is kind
    assert {name: getattr(event, name) for name in told} == told


def test_form_and_json_tell_the_same() -> None:
    body = (DATA / "release.published.json").read_bytes()
    form = urlencode({"payload": body.decode()}).encode()
    kind = "application/x-www-form-urlencoded; charset=utf-8"
    assert parse_event(headers("release", kind), form) == parse_event(headers("release"), body)


def test_header_names_are_read_in_any_case() -> None:
    body = (DATA / "ping.json").read_bytes()
    assert isinstance(parse_event({"x-github-EVENT": "ping", "content-TYPE": "application/json"}, body), Ping)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe{\x00}\x00",
        b"[]",
        b"null",
        b'"release"',
        b'{"hook_id": NaN}',
        b'{"hook_id": Infinity}',
        b'{"hook_id": ' + b"9" * 5000 + b"}",
        b'{"hook_id": 1e400000}x',
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'{"hook_id": "12"}',
        b'{"hook_id": true}',
        b'{"hook_id": 0}',
        b'{"hook_id": 18446744073709551616}',
        b'{"hook_id": 12.5}',
    ],
    ids=lambda body: body[:20].decode("latin-1"),
)
def test_hostile_bytes_are_a_bad_payload(body: bytes) -> None:
    with pytest.raises(BadPayload):
        parse_event(headers("ping"), body)


@pytest.mark.parametrize(
    "body", [b"", b"payload", b"x=1", b"payload=%7B", b"payload=%ff", b"a=1&b=2&c=3&d=4&e=5"]
)
def test_hostile_forms_are_a_bad_payload(body: bytes) -> None:
    with pytest.raises(BadPayload):
        parse_event(headers("ping", "application/x-www-form-urlencoded"), body)


@pytest.mark.parametrize("name", ["", "Release", "release\n", "a" * 65, "re-lease", "é"])
def test_odd_event_names_are_a_bad_payload(name: str) -> None:
    with pytest.raises(BadPayload):
        parse_event({"X-GitHub-Event": name, "Content-Type": "application/json"}, b"{}")


def release_with(change: Callable[[Told], object]) -> bytes:
    payload = json.loads((DATA / "release.published.json").read_bytes())
    change(payload)
    return json.dumps(payload).encode()


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p.pop("release"),
        lambda p: p.pop("repository"),
        lambda p: p.update(release=[]),
        lambda p: p.update(action=1),
        lambda p: p["release"].update(id="31001"),
        lambda p: p["release"].update(tag_name="\ud800"),
        lambda p: p["release"].update(tag_name=""),
        lambda p: p["repository"].update(full_name="acme/app/../x"),
        lambda p: p["repository"].update(full_name="acme/app\n"),
        lambda p: p["repository"].update(full_name="acme"),
        lambda p: p["repository"].update(html_url="javascript:alert(1)"),
        lambda p: p["repository"].update(id=2**63),
        lambda p: p["repository"].update(owner=None),
        lambda p: p["installation"].update(id=None),
    ],
)  # fmt: skip
def test_fields_that_do_not_fit_are_a_bad_payload(change: Callable[[Told], object]) -> None:
    with pytest.raises(BadPayload):
        parse_event(headers("release"), release_with(change))


def test_what_is_not_read_may_hold_anything() -> None:
    body = release_with(lambda p: p.update(sender={"login": "\ud800", "deep": [[[1e300]]]}, extra=None))
    assert isinstance(parse_event(headers("release"), body), ReleaseChanged)


def test_bad_payload_never_repeats_what_came_in() -> None:
    with pytest.raises(BadPayload) as caught:
        parse_event(headers("release"), release_with(lambda p: p["release"].update(id="ghs_secret")))
    assert "ghs_secret" not in caught.value.public
    assert "release.id" in caught.value.public


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = [*EVENTS, "workflow_run"]


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(NAMES), body=st.binary(max_size=200) | JSON.map(lambda v: json.dumps(v).encode()))
def test_any_bytes_are_an_event_or_a_bad_payload(name: str, body: bytes) -> None:
    answer(name, body)


@settings(max_examples=250, deadline=None)
@given(data=st.data(), path=st.sampled_from(FILES))
def test_any_change_of_a_payload_is_an_event_or_a_bad_payload(data: st.DataObject, path: Path) -> None:
    payload = json.loads(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        place = payload
        while True:
            key = data.draw(st.sampled_from(sorted(place))) if place else "x"
            inner = place.get(key)
            if not isinstance(inner, dict) or data.draw(st.booleans()):
                place[key] = data.draw(JSON)
                break
            place = inner
    answer(path.stem.partition(".")[0], json.dumps(payload).encode())


def answer(name: str, body: bytes) -> None:
    """An event that can be stored and logged, or BadPayload: nothing else."""
    try:
        event = parse_event(headers(name), body)
    except BadPayload:
        return
    event.model_dump_json()
    (event.full_name or "").encode()
    (event.action or "").encode()
