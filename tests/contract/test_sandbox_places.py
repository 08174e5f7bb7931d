"""Repositories and installations that change in the sandbox: addresses, webhooks, rights, as on GitHub."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from bot.cli.sandbox import command
from bot.sandbox.client import SandboxClient
from tests.sandboxes import Sandbox, as_user, run_git, run_sandbox
from tests.webhook_receiver import Receiver


@pytest.fixture
def bot() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def sandbox(tmp_path: Path, bot: Receiver) -> Iterator[Sandbox]:
    with run_sandbox(tmp_path / "sandbox", bot_url=bot.root) as found:
        yield found


@pytest.fixture
def maintainer(sandbox: Sandbox) -> Iterator[requests.Session]:
    with as_user(sandbox, "maintainer") as session:
        yield session


@pytest.fixture
def people(sandbox: Sandbox) -> Iterator[SandboxClient]:
    with SandboxClient.find(sandbox.data) as client:
        yield client


def told(people: SandboxClient, guids: list[str]) -> list[tuple[str, Any]]:
    return [(row["event"], row["action"]) for row in people.wait(guids)]


def test_a_renamed_repository_answers_under_its_old_name_as_github_does(
    sandbox: Sandbox, maintainer: requests.Session, people: SandboxClient, tmp_path: Path
) -> None:
    api, html = sandbox.api, sandbox.html
    number = maintainer.get(f"{api}/repos/acme/app").json()["id"]
    renamed = maintainer.patch(f"{api}/repos/acme/app", json={"name": "better"})
    assert (renamed.status_code, renamed.json()["full_name"]) == (200, "acme/better")
    asked = maintainer.get(f"{api}/repos/acme/app/releases?page=2", allow_redirects=False)
    assert asked.status_code == 301
    assert asked.headers["Location"] == f"{api}/repositories/{number}/releases?page=2"
    assert maintainer.get(f"{api}/repos/ACME/App").json()["full_name"] == "acme/better"
    written = maintainer.post(f"{api}/repos/acme/app/git/blobs", json={}, allow_redirects=False)
    assert written.status_code == 307
    page = requests.get(f"{html}/acme/app/releases/download/v1/A.ipa", allow_redirects=False, timeout=60)
    assert page.headers["Location"] == f"{html}/acme/better/releases/download/v1/A.ipa"
    raw = requests.get(f"{html}/raw/acme/app/main/README.md", allow_redirects=False, timeout=60)
    assert raw.status_code == 200
    assert run_git("clone", "-q", f"{html}/acme/app.git", tmp_path / "clone").returncode == 0
    people.create("acme/app", {"README.md": b"another"})
    assert maintainer.get(f"{api}/repos/acme/app").json()["id"] != number, "a new one takes the name"


def test_every_change_is_told_and_bounds_what_the_app_may(
    sandbox: Sandbox, maintainer: requests.Session, people: SandboxClient
) -> None:
    assert told(people, people.change_repository("acme/app", name="b")["guids"]) == [
        ("repository", "renamed")
    ]
    hidden = people.change_repository("acme/b", private=True)
    assert told(people, hidden["guids"]) == [("repository", "privatized")]
    assert requests.get(f"{sandbox.api}/repos/acme/b", timeout=60).status_code == 404
    given = people.change_repository("acme/b", owner="maintainer")
    assert told(people, given["guids"])[0] == ("repository", "transferred")
    assert maintainer.get(f"{sandbox.api}/repos/acme/app").json()["full_name"] == "maintainer/b"
    assert people.delete_repository("maintainer/b")["guids"] == [], "the App is not installed there"
    assert maintainer.get(f"{sandbox.api}/repos/acme/app").status_code == 404
    assert told(people, people.delete_repository("acme/source")["guids"]) == [("repository", "deleted")]


def test_installations_come_and_go(people: SandboxClient) -> None:
    assert told(people, people.change_installation("acme", suspended=True)["guids"]) == [
        ("installation", "suspend")
    ]
    assert people.push("acme/app", {"a": b"1"})["guids"] == [], "a suspended App hears nothing"
    assert told(people, people.change_installation("acme", suspended=False)["guids"]) == [
        ("installation", "unsuspend")
    ]
    removed = people.change_installation("acme", remove=["acme/app"])
    assert told(people, removed["guids"]) == [("installation_repositories", "removed")]
    assert people.push("acme/app", {"a": b"2"})["guids"] == []
    added = people.change_installation("acme", add=["acme/app"])
    assert told(people, added["guids"]) == [("installation_repositories", "added")]
    assert told(people, people.uninstall("acme")["guids"]) == [("installation", "deleted")]
    assert told(people, people.install("acme")["guids"]) == [("installation", "created")]
    assert people.push("acme/app", {"a": b"3"})["guids"]


def test_a_release_goes_back_to_draft_by_hand_and_with_its_tag(people: SandboxClient) -> None:
    draft = people.draft("acme/app", tag="v1")
    people.publish(draft["id"])
    moved = people.move_tag("acme/app", "v1")
    assert ("push", None) in told(people, moved["guids"])
    assert told(people, people.edit("acme/app", "v1", draft=True)["guids"]) == [("release", "unpublished")]
    people.publish(draft["id"])
    gone = people.delete_tag("acme/app", "v1")
    assert ("delete", None) in told(people, gone["guids"])
    assert people.release("acme/app", "v1")["draft"]


def test_every_change_is_a_command_of_its_own(sandbox: Sandbox, tmp_path: Path) -> None:
    def run(*words: str) -> str:
        result = CliRunner().invoke(command, [*words, "--data", str(sandbox.data)])
        assert result.exit_code == 0, result.output
        return result.output

    ipa = tmp_path / "Other.ipa"
    ipa.write_bytes(b"bytes")
    run("release", "acme/app", "--tag", "v1")
    assert "Other.ipa: 5 bytes" in run("add-asset", "acme/app", "--tag", "v1", "--ipa", str(ipa))
    assert "deleted Other.ipa" in run("delete-asset", "acme/app", "--tag", "v1", "--name", "Other.ipa")
    assert "release.unpublished" in run("edit-release", "acme/app", "--tag", "v1", "--draft")
    assert "v1 is at" in run("move-tag", "acme/app", "--tag", "v1")
    assert "deleted v1" in run("delete-tag", "acme/app", "--tag", "v1")
    assert "acme/better" in run("rename", "acme/app", "better")
    assert "repository.privatized" in run("visibility", "acme/better", "private")
    assert "installation_repositories.removed" in run("cover", "acme", "--remove", "acme/better")
    assert "maintainer/better" in run("transfer", "acme/better", "maintainer")
    assert "installation.suspend" in run("suspend", "acme")
    assert "installation.unsuspend" in run("suspend", "acme", "--off")
    assert "installation.deleted" in run("uninstall", "acme")
    assert "installation.created" in run("install", "acme")
    assert "deleted maintainer/better" in run("delete-repository", "maintainer/better")
    refused = CliRunner().invoke(command, ["rename", "acme/source", "a/b", "--data", str(sandbox.data)])
    assert refused.exit_code == 1, "no repository's name"


def test_the_rest_api_does_the_same(sandbox: Sandbox, maintainer: requests.Session) -> None:
    api = sandbox.api
    given = maintainer.post(f"{api}/repos/acme/app/transfer", json={"new_owner": "maintainer"})
    assert (given.status_code, given.json()["full_name"]) == (202, "maintainer/app")
    assert maintainer.post(f"{api}/repos/maintainer/app/transfer", json={"new_owner": "x"}).status_code == 422
    assert maintainer.patch(f"{api}/repos/acme/source", json={"name": ".."}).status_code == 422
    assert maintainer.delete(f"{api}/repos/maintainer/app").status_code == 204
    assert maintainer.get(f"{api}/repos/maintainer/app").status_code == 404
    assert maintainer.put(f"{api}/app/installations/9001/suspended").status_code == 401, "the App alone may"
