"""`bot.github.checks` and `bot.github.reviews` against a running sandbox."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from bot.errors import NotAllowed, NotFound
from bot.github import GitHub
from bot.github.reviews import parse_pull
from bot.replies.pulls import Annotation, CheckReport, Conclusion
from tests import sandbox_rows
from tests.installation import Hub
from tests.sandboxes import Sandbox, run_sandbox

SITE = "acme/source"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with run_sandbox(tmp_path_factory.mktemp("checks-adapter") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def hub(sandbox: Sandbox) -> Iterator[Hub]:
    found = Hub(sandbox)
    yield found
    found.close()


@pytest.fixture
def app(sandbox: Sandbox) -> Iterator[GitHub]:
    found = GitHub.from_app(sandbox.keys.app_id, sandbox.keys.private_key_file.read_text(), sandbox.api)
    yield found
    found.close()


@pytest.fixture
def token(sandbox: Sandbox) -> Iterator[GitHub]:
    found = GitHub.from_token(sandbox.tokens["maintainer"], sandbox.api, [SITE])
    yield found
    found.close()


def propose(hub: Hub, branch: str, files: dict[str, str | None]) -> int:
    coded = {p: None if t is None else base64.b64encode(t.encode()).decode() for p, t in files.items()}
    hub.ask("POST", "pushes", json={"repository": SITE, "files": coded, "branch": branch, "message": "x"})
    return int(hub.ask("POST", "pulls", json={"repository": SITE, "head": branch})["number"])


def head(hub: Hub) -> str:
    return hub.git(SITE, "rev-parse", "main").strip()


def report(notes: int, conclusion: Conclusion = Conclusion.FAILURE) -> CheckReport:
    annotations = tuple(Annotation("altpress.yml", n, "title", "wrong") for n in range(1, notes + 1))
    return CheckReport(conclusion, "Title", "Summary", "", annotations)


@pytest.mark.parametrize(("notes", "requests"), [(0, 1), (1, 1), (50, 1), (51, 2), (120, 3)])
def test_annotations_take_as_many_requests_as_needed(
    sandbox: Sandbox, hub: Hub, app: GitHub, notes: int, requests: int
) -> None:
    sha, name = head(hub), f"notes-{notes}"
    assert app.find_check_run(SITE, sha, name, sandbox.keys.app_id) is None
    before = app.requests["api"]
    app.create_check_run(SITE, sha, name, "pull:3:acme/source@main", report(notes))
    assert app.requests["api"] - before == requests
    run = app.find_check_run(SITE, sha, name, sandbox.keys.app_id)
    assert run is not None
    assert (run.done, run.external_id, run.head) == (True, "pull:3:acme/source@main", sha)
    assert app.fetch_check_run(SITE, run.id) == run
    [shown] = [r for r in hub.ask("GET", "checks", params={"repository": SITE, "ref": sha})["check_runs"]
               if r["name"] == name]  # fmt: skip
    assert (shown["conclusion"], len(shown["annotations"])) == ("failure", notes)


def test_a_run_of_another_app_is_none_of_ours(sandbox: Sandbox, hub: Hub, app: GitHub) -> None:
    app.create_check_run(SITE, head(hub), "theirs", "x", report(0))
    assert app.find_check_run(SITE, head(hub), "theirs", sandbox.keys.app_id + 1) is None
    with pytest.raises(NotFound):
        app.fetch_check_run(SITE, 1)


def test_a_token_may_set_statuses_and_each_is_said_once(hub: Hub, token: GitHub, app: GitHub) -> None:
    sha = head(hub)
    with pytest.raises(NotAllowed):
        token.create_check_run(SITE, sha, "altpress", "x", report(0))
    said = [
        token.set_status(SITE, sha, "altpress", state, "1 problem", None)
        for state in ("failure", "failure", "success", "success", "failure")
    ]
    assert said == [True, False, True, False, True]
    rows = hub.get(f"/repos/{SITE}/commits/{sha}/statuses")
    assert [row["state"] for row in rows] == ["failure", "success", "failure"]
    with pytest.raises(NotAllowed):
        app.set_status(SITE, sha, "altpress", "success", "the App's rights hold none", None)


def test_a_pull_request_is_read_with_its_files(hub: Hub, app: GitHub) -> None:
    files: dict[str, str | None] = {f"many/{n:03}.txt": "x" for n in range(130)}
    number = propose(hub, "many", {**files, "README.md": None})
    pull = app.fetch_pull(SITE, number)
    assert (pull.number, pull.open, pull.base, pull.branch) == (number, True, "main", "many")
    assert (pull.mergeable, pull.files) == (True, 131)
    assert pull.merge_commit is not None
    assert app.fetch_parents(SITE, pull.merge_commit) == (head(hub), pull.head)
    assert {path for paths in app.stream_pull_files(SITE, number) for path in paths} == {*files, "README.md"}
    hub.ask("PATCH", f"pulls/{number}", json={"repository": SITE, "state": "closed"})
    assert not app.fetch_pull(SITE, number).open
    with pytest.raises(NotFound):
        app.fetch_pull(SITE, 1)  # an issue


@pytest.mark.parametrize(
    ("shape", "branch"),
    [("pull", "altpress/publish/main"), ("pull_of_fork", None), ("pull_of_gone", None)],
)
def test_where_a_pull_request_comes_from(shape: str, branch: str | None) -> None:
    assert parse_pull(sandbox_rows.render_rest()[shape]).branch == branch


@pytest.mark.parametrize(("mergeable", "known"), [(True, True), (False, False), (None, None), ("odd", None)])
def test_github_may_not_know_yet_whether_it_merges(mergeable: Any, known: bool | None) -> None:
    shape = sandbox_rows.render_rest()["pull"] | {"mergeable": mergeable}
    assert parse_pull(shape).mergeable is known


def test_its_comment_is_known_by_its_mark_and_author(hub: Hub, app: GitHub) -> None:
    number, mark = propose(hub, "talk", {"x.txt": "x"}), "<!-- altpress:pull:x -->"
    hub.ask("POST", "comments", json={"repository": SITE, "number": number, "body": mark, "as": "visitor"})
    assert app.find_comment(SITE, number, mark, by="altpress[bot]") is None
    url = app.reply(SITE, number, f"First\n\n{mark}")
    found = app.find_comment(SITE, number, mark, by="altpress[bot]")
    assert found is not None
    assert (found.url, found.body) == (url, f"First\n\n{mark}")
    app.edit_comment(SITE, found.id, f"Second\n\n{mark}")
    again = app.find_comment(SITE, number, mark, by="altpress[bot]")
    assert again is not None
    assert (again.id, again.body) == (found.id, f"Second\n\n{mark}")
    with pytest.raises(NotFound):
        app.edit_comment(SITE, 1, "gone")
