"""Releases, their assets, downloads by signed addresses, discussion, and the webhooks that come of it all."""

import hashlib
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from github import Auth, Github

from tests.processes import wait_until
from tests.sandboxes import Sandbox, run_sandbox
from tests.webhook_receiver import Receiver, is_signed

BYTES = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def bot() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def wait_for(bot: Receiver, event: str, **fields: Any) -> dict[str, Any]:
    """The payload of the first such event with these fields, once it is there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        came = [json.loads(body) for headers, body in bot.requests if headers["X-GitHub-Event"] == event]
        for payload in came:
            if all(payload.get(name) == value for name, value in fields.items()):
                return dict(payload)
        time.sleep(0.01)
    raise AssertionError(f"no {event} {fields}: {[headers['X-GitHub-Event'] for headers, _ in bot.requests]}")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, bot: Receiver) -> Iterator[Sandbox]:
    with run_sandbox(tmp_path_factory.mktemp("assets") / "data", bot_url=bot.root) as running:
        yield running


@pytest.fixture
def developer(sandbox: Sandbox) -> Iterator[Github]:
    token = Auth.Token(sandbox.tokens["developer"])
    with Github(auth=token, base_url=sandbox.api, seconds_between_requests=0, seconds_between_writes=0) as g:
        yield g


@pytest.fixture(scope="module")
def address(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The public address of an uploaded asset."""
    file = tmp_path_factory.mktemp("file") / "Acme App.ipa"
    file.write_bytes(BYTES)
    with Github(
        auth=Auth.Token(sandbox.tokens["developer"]),
        base_url=sandbox.api,
        seconds_between_requests=0,
        seconds_between_writes=0,
    ) as github:
        release = github.get_repo("acme/app").create_git_release("v9.0", "Nine", "notes", prerelease=True)
        asset = release.upload_asset(str(file), name="Acme App.ipa")
    assert asset.state == "uploaded"
    assert asset.raw_data["digest"] == f"sha256:{hashlib.sha256(BYTES).hexdigest()}"
    return asset.browser_download_url


def test_a_release_is_announced_signed_and_tagged(sandbox: Sandbox, bot: Receiver, developer: Github) -> None:
    app = developer.get_repo("acme/app")
    release = app.create_git_release("v1.0", "One", "notes", draft=True)
    assert [r.tag_name for r in app.get_releases() if r.draft] == ["v1.0"]
    assert requests.get(f"{sandbox.api}/repos/acme/app/releases/{release.id}", timeout=60).status_code == 404
    release.update_release("One", "notes", draft=False)
    published = wait_for(bot, "release", action="published")
    assert (published["release"]["id"], published["sender"]["login"]) == (release.id, "developer")
    assert published["installation"]["id"]
    assert wait_for(bot, "create", ref="v1.0")["ref_type"] == "tag"
    assert app.get_git_ref("tags/v1.0").object.sha == app.get_branch("main").commit.sha
    assert all(is_signed(request, sandbox.keys.load_secret()) for request in bot.requests)


def test_a_tag_has_one_release_and_latest_skips_prereleases(sandbox: Sandbox, developer: Github) -> None:
    app = developer.get_repo("acme/app")
    two = app.create_git_release("v2.0", "Two", "")
    app.create_git_release("v2.1-beta", "Beta", "", prerelease=True)
    url = f"{sandbox.api}/repos/acme/app/releases"
    headers = {"Authorization": f"Bearer {sandbox.tokens['developer']}"}
    answer = requests.post(url, json={"tag_name": "v2.0"}, headers=headers, timeout=60)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "already_exists")
    assert app.get_latest_release().id == two.id
    assert app.get_release("v2.0").id == two.id
    two.delete_release()
    assert requests.get(f"{url}/tags/v2.0", timeout=60).status_code == 404
    assert app.get_git_ref("tags/v2.0").ref == "refs/tags/v2.0"  # the tag stays


@pytest.mark.parametrize(
    ("asked", "status", "expected"),
    [
        (None, 200, BYTES),
        ("bytes=0-99", 206, BYTES[:100]),
        ("bytes=10000-", 206, BYTES[10000:]),
        ("bytes=-64", 206, BYTES[-64:]),
        ("bytes=0-999999", 206, BYTES),
        ("bytes=999999-", 416, None),
    ],
)
def test_ranges_are_honoured_behind_the_redirect(
    address: str, asked: str | None, status: int, expected: bytes | None
) -> None:
    answer = requests.get(address, headers={"Range": asked} if asked else {}, timeout=60)
    assert (answer.status_code, len(answer.history)) == (status, 1)
    if expected is not None:
        assert answer.content == expected
        assert answer.headers["Accept-Ranges"] == "bytes"
    else:
        assert answer.headers["Content-Range"] == f"bytes */{len(BYTES)}"


def test_if_range_with_another_etag_gives_the_whole_file(address: str) -> None:
    etag = requests.get(address, timeout=60).headers["ETag"]
    part = requests.get(address, headers={"Range": "bytes=0-9", "If-Range": etag}, timeout=60)
    whole = requests.get(address, headers={"Range": "bytes=0-9", "If-Range": '"other"'}, timeout=60)
    assert (part.status_code, whole.status_code, len(whole.content)) == (206, 200, len(BYTES))


def test_the_signed_address_is_another_origin_and_takes_no_credentials(
    sandbox: Sandbox, address: str
) -> None:
    target = requests.get(address, allow_redirects=False, timeout=60).headers["Location"]
    assert urlsplit(target).netloc != urlsplit(sandbox.html).netloc
    headers = {"Authorization": f"Bearer {sandbox.tokens['developer']}"}
    assert requests.get(target, headers=headers, timeout=60).status_code == 400
    assert requests.get(target.replace("signature=", "signature=0"), timeout=60).status_code == 403
    assert requests.get(target.replace("expires=", "expires=1"), timeout=60).status_code == 403
    assert requests.head(target, timeout=60).headers["Content-Length"] == str(len(BYTES))


def test_the_api_address_leads_to_the_bytes_too(sandbox: Sandbox, address: str, developer: Github) -> None:
    asset = developer.get_repo("acme/app").get_release("v9.0").get_assets()[0]
    headers = {
        "Accept": "application/octet-stream",
        "Authorization": f"Bearer {sandbox.tokens['developer']}",
    }
    assert requests.get(asset.url, headers=headers, timeout=60).content == BYTES
    assert address == asset.browser_download_url


def test_an_asset_is_replaced_under_a_new_id(sandbox: Sandbox, developer: Github, tmp_path: Path) -> None:
    release = developer.get_repo("acme/app").create_git_release("v3.0", "Three", "")
    file = tmp_path / "a.ipa"
    file.write_bytes(b"old")
    old = release.upload_asset(str(file))
    url = f"{sandbox.api.removesuffix('/v3')}/uploads/repos/acme/app/releases/{release.id}/assets?name=a.ipa"
    headers = {"Authorization": f"Bearer {sandbox.tokens['developer']}"}
    assert requests.post(url, data=b"new", headers=headers, timeout=60).status_code == 422
    old.delete_asset()
    new = requests.post(url, data=b"new", headers=headers, timeout=60).json()
    assert new["id"] != old.id
    assert requests.get(old.browser_download_url, timeout=60).content == b"new"
    assert [asset["id"] for asset in requests.get(release.url, timeout=60).json()["assets"]] == [new["id"]]


def test_a_name_in_any_letters_can_be_downloaded(sandbox: Sandbox, developer: Github, tmp_path: Path) -> None:
    file = tmp_path / "Приложение-ü.ipa"
    file.write_bytes(b"PK")
    release = developer.get_repo("acme/app").create_git_release("v-letters", "Letters", "")
    asset = release.upload_asset(str(file), name=file.name)
    answer = requests.get(asset.browser_download_url, timeout=60)
    assert (answer.status_code, answer.content) == (200, b"PK")
    assert "filename*=UTF-8" in answer.headers["Content-Disposition"]


def test_an_upload_that_is_cut_short_leaves_nothing(sandbox: Sandbox, developer: Github) -> None:
    release = developer.get_repo("acme/app").create_git_release("v4.0", "Four", "")
    host, path = urlsplit(release.upload_url.split("{")[0])[1:3]
    head = f"POST {path}?name=part.ipa HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1000\r\n"
    with socket.create_connection(("127.0.0.1", int(host.rpartition(":")[2])), 5) as connection:
        connection.sendall(f"{head}Authorization: token {sandbox.tokens['developer']}\r\n\r\nPK".encode())
        wait_until(lambda: [asset.state for asset in release.get_assets()] == ["starter"])
    wait_until(lambda: not list(release.get_assets()))


def test_a_comment_is_announced_answered_and_reacted_to(
    sandbox: Sandbox, bot: Receiver, developer: Github
) -> None:
    issue = developer.get_repo("acme/source").get_issue(1)
    comment = issue.create_comment("/rebuild")
    event = wait_for(bot, "issue_comment", action="created")
    assert (event["comment"]["id"], event["issue"]["number"]) == (comment.id, 1)
    reactions = f"{sandbox.api}/repos/acme/source/issues/comments/{comment.id}/reactions"
    headers = {"Authorization": f"Bearer {sandbox.tokens['developer']}"}
    answers = [requests.post(reactions, json={"content": "eyes"}, headers=headers, timeout=60) for _ in "ab"]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert [reaction.content for reaction in comment.get_reactions()] == ["eyes"]
    comment.delete_reaction(answers[0].json()["id"])
    assert list(comment.get_reactions()) == []
    comment.edit("/help")
    assert wait_for(bot, "issue_comment", action="edited")["changes"] == {"body": {"from": "/rebuild"}}


def test_a_write_through_the_api_is_a_push(bot: Receiver, sandbox: Sandbox) -> None:
    token = Auth.Token(sandbox.tokens["maintainer"])
    with Github(auth=token, base_url=sandbox.api, seconds_between_requests=0, seconds_between_writes=0) as g:
        site = g.get_repo("acme/source")
        old = site.get_branch("main").commit.sha
        made = site.create_file("new.md", "Say more", "text")
        site.get_commit(made["commit"].sha).create_comment("Well said")
        comments = list(site.get_commit(made["commit"].sha).get_comments())
    event = wait_for(bot, "push", ref="refs/heads/main")
    assert (event["before"], event["after"]) == (old, made["commit"].sha)
    assert event["head_commit"]["added"] == ["new.md"]
    assert [comment.body for comment in comments] == ["Well said"]


@pytest.mark.parametrize(
    ("login", "role"), [("maintainer", "admin"), ("developer", "write"), ("visitor", "read")]
)
def test_permissions_are_looked_up(developer: Github, login: str, role: str) -> None:
    assert developer.get_repo("acme/app").get_collaborator_permission(login) == role


def test_what_was_there_is_there_after_a_restart(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with run_sandbox(data) as first:
        headers = {"Authorization": f"Bearer {first.tokens['maintainer']}"}
        url = f"{first.api}/repos/acme/source/contents/a.txt"
        assert requests.put(url, json={"message": "m", "content": "YQ=="}, headers=headers, timeout=60).ok
        keys = first.keys.private_key_file.read_bytes()
    with run_sandbox(data) as second:
        assert requests.get(f"{second.html}/raw/acme/source/main/a.txt", timeout=60).text == "a"
        assert second.keys.private_key_file.read_bytes() == keys
        assert len(requests.get(f"{second.api}/users/acme/repos", timeout=60).json()) == 2
