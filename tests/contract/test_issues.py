"""Issues in the sandbox, as GitHub has them, and as altpress finds and edits its own."""

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from bot.cli.sandbox import command
from bot.errors import NotFound
from bot.github import GitHub
from tests.installation import SITE, Hub
from tests.sandboxes import Sandbox, run_sandbox
from tests.sandboxes import as_user as session_of

BOT = "altpress[bot]"
MARK = "<!-- altpress:site-issue:1@main -->"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with run_sandbox(tmp_path_factory.mktemp("issues") / "data") as running:
        yield running


@pytest.fixture
def hub(sandbox: Sandbox) -> Iterator[Hub]:
    hub = Hub(sandbox)
    yield hub
    hub.change_repository(SITE, issues=True)
    hub.close()


@pytest.fixture
def app(sandbox: Sandbox) -> Iterator[GitHub]:
    github = GitHub.from_app(sandbox.keys.app_id, sandbox.keys.private_key_file.read_text(), sandbox.api)
    yield github
    github.close()


def test_an_issue_is_opened_edited_closed_and_opened_again(app: GitHub, hub: Hub) -> None:
    opened = app.open_issue(SITE, "State", "One\n<!-- m -->")
    assert opened.open
    closed = app.edit_issue(SITE, opened.number, title="State", body="Two", state="closed")
    shown = hub.get(f"/repos/{SITE}/issues/{opened.number}")
    assert (shown["state"], shown["body"], shown["state_reason"]) == ("closed", "Two", "completed")
    assert shown["closed_at"]
    assert not closed.open
    kept = app.edit_issue(SITE, opened.number, title="State", body="Three")
    assert (kept.open, kept.body) == (False, "Three")
    assert app.edit_issue(SITE, opened.number, title="State", body="Four", state="open").open


def test_its_own_issue_is_found_by_mark_and_author(app: GitHub, hub: Hub, sandbox: Sandbox) -> None:
    with session_of(sandbox, "visitor") as visitor:
        forged = {"title": "State", "body": f"x\n{MARK}"}
        assert visitor.post(f"{sandbox.api}/repos/{SITE}/issues", json=forged).status_code == 201
    assert app.find_issue(SITE, MARK, by=BOT) is None
    mine = app.open_issue(SITE, "State", f"x\n{MARK}")
    app.edit_issue(SITE, mine.number, title="State", body=f"y\n{MARK}", state="closed")
    app.open_issue(SITE, "Other", f"x\n{MARK}")
    found = app.find_issue(SITE, MARK, by=BOT)
    assert found is not None
    assert (found.number, found.open) == (mine.number, False), "the first one, whatever its state"


def test_the_list_is_filtered_and_sorted(app: GitHub, hub: Hub) -> None:
    first = app.open_issue(SITE, "First", "x")
    app.open_issue(SITE, "Second", "x")
    by_bot = hub.get(f"/repos/{SITE}/issues?state=all&creator={BOT.replace('[', '%5B').replace(']', '%5D')}")
    assert {issue["user"]["login"] for issue in by_bot} == {BOT}
    oldest = hub.get(f"/repos/{SITE}/issues?state=all&direction=asc&per_page=1")
    assert oldest[0]["number"] == 1
    app.edit_issue(SITE, first.number, title="First", body="y", state="closed")
    assert first.number not in {issue["number"] for issue in hub.get(f"/repos/{SITE}/issues")}


def test_switched_off_issues_are_gone_and_come_back(app: GitHub, hub: Hub, sandbox: Sandbox) -> None:
    own = app.open_issue(SITE, "State", "x")
    hub.change_repository(SITE, issues=False)
    assert hub.get(f"/repos/{SITE}")["has_issues"] is False
    with session_of(sandbox, "maintainer") as maintainer:
        assert maintainer.get(f"{sandbox.api}/repos/{SITE}/issues").status_code == 410
    for ask in (
        lambda: app.open_issue(SITE, "State", "x"),
        lambda: app.find_issue(SITE, MARK, by=BOT),
        lambda: app.edit_issue(SITE, own.number, title="State", body="y"),
        lambda: app.reply(SITE, own.number, "y"),
    ):
        with pytest.raises(NotFound):
            ask()
    hub.change_repository(SITE, issues=True)
    assert app.edit_issue(SITE, own.number, title="State", body="y").open


def test_the_command_line_lists_them(app: GitHub, sandbox: Sandbox) -> None:
    own = app.open_issue(SITE, "To be listed", "The text")
    data = ["--data", str(sandbox.data)]
    plain = CliRunner().invoke(command, ["issues", SITE, *data])
    assert f"#{own.number}" in plain.output
    assert "To be listed" in plain.output
    rows = json.loads(CliRunner().invoke(command, ["issues", SITE, "--json", *data]).output)
    assert (rows[0]["body"], rows[0]["user"], rows[0]["state"]) == ("The text", BOT, "open")
