"""`bot.github.pulls` against a running sandbox: what it sends, and what it makes of the answers."""

import contextlib
from collections.abc import Iterator

import pytest
import requests

from bot.errors import NotAllowed, ProtectedBranch, RateLimited
from bot.github import GitHub
from bot.records import Site
from bot.records.blobs import blob_id
from tests.installation import Hub
from tests.sandboxes import Sandbox, as_user, run_sandbox

BRANCH, DIGEST = "altpress/publish/main", "a" * 16
SITE = Site(repository="acme/source", branch="main")


class Blobs(dict[str, bytes]):
    """A cache of blobs."""

    def put(self, sha: str, data: bytes) -> None:
        self[sha] = data


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with run_sandbox(tmp_path_factory.mktemp("adapter") / "data") as running:
        yield running


@pytest.fixture
def github(sandbox: Sandbox) -> Iterator[GitHub]:
    """The App; what it left is removed at the end."""
    found = GitHub.from_app(sandbox.keys.app_id, sandbox.keys.private_key_file.read_text(), sandbox.api)
    yield found
    maintainer(sandbox, "DELETE", "/branches/main/protection")
    for pull in found.find_pulls(SITE, BRANCH):
        if pull.open:
            found.close_pull(SITE, pull.number, "over")
    found.remove_branch(SITE, BRANCH)
    found.close()


def maintainer(sandbox: Sandbox, method: str, path: str, body: object = None) -> requests.Response:
    return as_user(sandbox, "maintainer").request(method, f"{sandbox.api}/repos/acme/source{path}", json=body)


def protect(sandbox: Sandbox, **changes: object) -> None:
    rules: dict[str, object] = {
        "required_status_checks": None, "enforce_admins": None, "restrictions": None,
        "required_pull_request_reviews": {}, **changes,
    }  # fmt: skip
    assert maintainer(sandbox, "PUT", "/branches/main/protection", rules).ok


def push(github: GitHub, text: str, digest: str = DIGEST) -> str:
    base = github.fetch_tree(SITE, github.fetch_head(SITE))
    files = {"apps.json": text.encode()}
    return github.push_proposal(SITE, BRANCH, base, files, "Publish it\n\n- one\n", digest)


def test_tries_that_are_cut_off_get_many_icons_through_together(sandbox: Sandbox, github: GitHub) -> None:
    base = github.fetch_tree(SITE, github.fetch_head(SITE))
    files = {f"icons/{number}.png": b"\x89PNG\0\xff%d" % number for number in range(50)}
    hub = Hub(sandbox)
    try:
        for _ in range(2):  # 53 writes in all
            hub.ask("PUT", "limits", json={"enforced": True, "minute": 30})
            with contextlib.suppress(RateLimited):
                github.push_proposal(SITE, BRANCH, base, files, "Publish it", DIGEST)
    finally:
        hub.ask("PUT", "limits", json={})
        hub.close()
    head = github.find_branch_head(SITE, BRANCH)
    assert head is not None
    tree = github.fetch_tree(SITE, head.sha)
    assert {path: tree.blobs[path] for path in files} == {path: blob_id(data) for path, data in files.items()}


@pytest.mark.parametrize("rules", [{}, {"restrictions": {"users": [], "teams": []}}])
def test_a_protected_branch_is_known_as_such(
    sandbox: Sandbox, github: GitHub, rules: dict[str, object]
) -> None:
    assert not github.is_protected(SITE)
    protect(sandbox, **rules)
    assert github.is_protected(SITE)
    base = github.fetch_tree(SITE, github.fetch_head(SITE))
    with pytest.raises(ProtectedBranch) as caught:
        github.apply_commit(SITE, base, {"apps.json": b"{}"}, "Publish", Blobs())
    assert isinstance(caught.value, NotAllowed)
    assert not caught.value.retry
    assert github.fetch_head(SITE) == base.commit


def test_a_branch_under_a_ruleset_is_known_as_such(sandbox: Sandbox, github: GitHub) -> None:
    """GitHub does not call it protected: only its rules tell, and the refusal."""
    rule(sandbox)
    try:
        assert maintainer(sandbox, "GET", "/branches/main").json()["protected"] is False
        assert maintainer(sandbox, "GET", "/branches/main/protection").status_code == 404
        [told] = maintainer(sandbox, "GET", "/rules/branches/main").json()
        assert told["type"] == "pull_request"
        assert maintainer(sandbox, "GET", "/rules/branches/other").json() == []
        assert github.is_protected(SITE)
        base = github.fetch_tree(SITE, github.fetch_head(SITE))
        with pytest.raises(ProtectedBranch, match="Repository rule violations found"):
            github.apply_commit(SITE, base, {"apps.json": b"{}"}, "Publish", Blobs())
        assert github.fetch_head(SITE) == base.commit
    finally:
        rule(sandbox, off=True)
    assert not github.is_protected(SITE)


def rule(sandbox: Sandbox, *, off: bool = False) -> None:
    hub = Hub(sandbox)
    try:
        body = {"repository": SITE.repository, "branch": "main", "ruleset": True, "off": off}
        hub.ask("PUT", "protection", json=body)
    finally:
        hub.close()


def test_a_branch_is_made_moved_and_removed(github: GitHub) -> None:
    assert github.find_branch_head(SITE, BRANCH) is None
    first = push(github, "one")
    second = push(github, "two", "b" * 16)
    found = github.find_branch_head(SITE, BRANCH)
    assert found is not None
    assert (found.sha, found.digest) == (second, "b" * 16)
    assert first != second
    github.remove_branch(SITE, BRANCH)
    github.remove_branch(SITE, BRANCH)
    assert github.find_branch_head(SITE, BRANCH) is None


def test_a_commit_of_somebody_else_is_known(sandbox: Sandbox, github: GitHub) -> None:
    push(github, "one")
    body = {"message": "Mine", "content": "aGk=", "branch": BRANCH}
    assert maintainer(sandbox, "PUT", "/contents/mine.txt", body).ok
    found = github.find_branch_head(SITE, BRANCH)
    assert found is not None
    assert found.digest is None


def test_a_pull_request_is_opened_once_found_changed_and_closed(sandbox: Sandbox, github: GitHub) -> None:
    before = len(github.find_pulls(SITE, BRANCH))
    commit = push(github, "one")
    pull = github.open_pull(SITE, BRANCH, "main", "T" * 300, "B" * 70_000)
    assert (pull.open, pull.merged, pull.base, pull.head_sha) == (True, False, "main", commit)
    assert (len(pull.title), len(pull.body)) == (256, 65_536)
    again = github.open_pull(SITE, BRANCH, "main", "Another", "Text")
    assert again.number == pull.number, "a try before was cut off"
    edited = github.edit_pull(SITE, pull.number, "Title", "Text")
    assert (edited.title, edited.body) == ("Title", "Text")
    assert github.find_pulls(SITE, BRANCH)[0] == edited
    assert github.find_pulls(SITE, "altpress/publish/other") == []
    github.close_pull(SITE, pull.number, "Closed")
    newest = github.find_pulls(SITE, BRANCH)[0]
    assert (newest.number, newest.open, newest.merged, newest.body) == (pull.number, False, False, "Closed")
    assert len(github.find_pulls(SITE, BRANCH)) == before + 1


def test_a_merged_one_names_its_commit(sandbox: Sandbox, github: GitHub) -> None:
    push(github, "merged")
    pull = github.open_pull(SITE, BRANCH, "main", "Title", "Text")
    sha = maintainer(sandbox, "PUT", f"/pulls/{pull.number}/merge", {"merge_method": "squash"}).json()["sha"]
    found = github.find_pulls(SITE, BRANCH)[0]
    assert (found.merged, found.open, found.merge_commit) == (True, False, sha)
