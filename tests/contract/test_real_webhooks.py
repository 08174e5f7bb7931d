"""GitHub's own example payloads: each is accepted or ignored as it should be, none fails."""

from collections import Counter
from pathlib import Path

import pytest

from bot.events import Event, Ignored, Installed, Ping, parse_event
from bot.routing import route_event
from tests.fake_store import site_state

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "webhooks"
FILES = sorted(SHARED.glob("*/*.json"))
if not FILES:
    pytest.skip("no recorded webhooks beside the checkout (../shared/webhooks)", allow_module_level=True)

SITES = [
    site_state("Codertocat/Hello-World", "octocoders/hello-world", branch="master", repository_id=186853002),
]
# (event, action): what an installation must do with it when the repository is one of its own
ACCEPTED = {
    *(
        ("release", action)
        for action in ("published", "created", "deleted", "edited", "prereleased", "released")
    ),
    *(
        ("installation", a)
        for a in ("created", "deleted", "suspend", "unsuspend", "new_permissions_accepted")
    ),
    *(("installation_repositories", action) for action in ("added", "removed")),
    ("pull_request", "opened"),
    *(
        ("repository", action)
        for action in ("publicized", "created", "edited", "privatized", "renamed", "transferred")
    ),
}
NEVER = {"fork", "meta", "workflow_run"}


def read(path: Path) -> tuple[str, str | None, Event]:
    event = path.parent.name
    parsed = parse_event({"X-GitHub-Event": event, "Content-Type": "application/json"}, path.read_bytes())
    return event, parsed.action, parsed


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def test_all_are_there() -> None:
    assert len(FILES) == 77


@pytest.mark.parametrize("path", FILES, ids=name)
def test_payload_is_read(path: Path) -> None:
    event, action, parsed = read(path)
    if event == "ping":
        assert isinstance(parsed, Ping)
    elif event in ("meta", "workflow_run"):
        assert isinstance(parsed, Ignored)
    elif event == "issue_comment":
        assert isinstance(parsed, Ignored) == (action != "created")
    elif event == "push":
        assert isinstance(parsed, Ignored) == (b'"ref": "refs/tags/' in path.read_bytes())
    elif (event, action) in ACCEPTED:
        assert not isinstance(parsed, Ignored)
    else:
        assert event == "pull_request"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_payload_leads_to_work_exactly_when_it_concerns_a_site(path: Path) -> None:
    event, action, parsed = read(path)
    jobs = route_event(parsed, _sites_for(event), delivery="d1")
    if (event, action) in ACCEPTED:
        assert jobs
    elif event in NEVER | {"ping", "pull_request"}:
        assert not jobs
    if not isinstance(parsed, Installed):
        assert (
            route_event(parsed, [site_state("no/body", "else/where", repository_id=1)], delivery="d1") == []
        )


def _sites_for(event: str) -> list[object]:
    """A site that the repository holds or, for releases, feeds."""
    if event == "release":
        return [site_state("acme/source", "codertocat/hello-world")]
    return SITES  # type: ignore[return-value]


def test_what_becomes_of_all_of_them() -> None:
    kinds = Counter(type(read(path)[2]).__name__ for path in FILES)
    assert kinds == {
        "ReleaseChanged": 13, "Comment": 5, "Pushed": 2, "PullRequestChanged": 5, "Installed": 10,
        "RepositoryChanged": 13, "Ping": 4, "Ignored": 25,
    }  # fmt: skip
