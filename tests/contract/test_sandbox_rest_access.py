"""Who may do what in the running sandbox, pushes over HTTP, and the App: its tokens and its deliveries."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests

from tests.sandboxes import Sandbox, as_user, run_git, run_sandbox


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with run_sandbox(tmp_path_factory.mktemp("access") / "data") as running:
        yield running


@pytest.fixture
def app(sandbox: Sandbox) -> requests.Session:
    """The App itself, by its JWT."""
    now = int(time.time())
    claims = {"iat": now - 30, "exp": now + 300, "iss": str(sandbox.keys.app_id)}
    session = requests.Session()
    key = sandbox.keys.private_key_file.read_text()
    session.headers["Authorization"] = f"Bearer {jwt.encode(claims, key, algorithm='RS256')}"
    return session


def as_installation(sandbox: Sandbox, app: requests.Session, **narrowed: Any) -> requests.Session:
    """The bot where it is installed; `narrowed` is the body of the request for its token."""
    number = app.get(f"{sandbox.api}/app/installations").json()[0]["id"]
    answer = app.post(f"{sandbox.api}/app/installations/{number}/access_tokens", json=narrowed)
    session = requests.Session()
    session.headers["Authorization"] = f"token {answer.json()['token']}"
    return session


@pytest.mark.parametrize(
    ("login", "method", "path", "status"),
    [
        (None, "GET", "/repos/acme/app", 200),
        (None, "GET", "/repos/acme/none", 404),
        (None, "GET", "/no/such/path", 404),
        (None, "PUT", "/repos/acme/app", 404),
        (None, "POST", "/repos/acme/app/releases", 401),
        ("visitor", "POST", "/repos/acme/app/releases", 403),
        ("developer", "POST", "/repos/acme/app/releases", 422),
        ("developer", "POST", "/repos/acme/source/git/blobs", 403),
        ("visitor", "GET", "/app", 401),
        ("visitor", "GET", "/user", 200),
    ],
)
def test_who_may_do_what(sandbox: Sandbox, login: str | None, method: str, path: str, status: int) -> None:
    session = as_user(sandbox, login) if login else requests.Session()
    answer = session.request(method, sandbox.api + path)
    assert answer.status_code == status
    if status >= 400:
        assert set(answer.json()) >= {"message", "documentation_url", "status"}


def test_a_bad_token_is_401_even_where_none_is_needed(sandbox: Sandbox) -> None:
    answer = requests.get(f"{sandbox.api}/repos/acme/app", headers={"Authorization": "token no"}, timeout=60)
    assert (answer.status_code, answer.json()["message"]) == (401, "Bad credentials")


def test_a_push_needs_a_token_and_moves_the_branch(sandbox: Sandbox, tmp_path: Path) -> None:
    address, clone = f"{sandbox.html}/acme/app.git", tmp_path / "clone"
    run_git("clone", "--quiet", address, clone)
    (clone / "new.txt").write_bytes(b"x" * 2_000_000)  # above git's http.postBuffer: sent in chunks
    run_git("add", ".", cwd=clone)
    run_git("commit", "--quiet", "-m", "New", cwd=clone)
    assert run_git("push", "--quiet", address, "HEAD:main", cwd=clone).returncode != 0
    signed = address.replace("http://", f"http://x-access-token:{sandbox.tokens['developer']}@")
    pushed = run_git("push", "--quiet", signed, "HEAD:main", cwd=clone)
    assert pushed.returncode == 0, pushed.stderr
    head = requests.get(f"{sandbox.api}/repos/acme/app/commits/main", timeout=60).json()
    assert head["sha"] == run_git("rev-parse", "HEAD", cwd=clone).stdout.strip()
    assert [file["filename"] for file in head["files"]] == ["new.txt"]


def test_an_annotated_tag_leads_to_its_commit(sandbox: Sandbox, tmp_path: Path) -> None:
    clone, token = tmp_path / "clone", sandbox.tokens["developer"]
    signed = f"{sandbox.html}/acme/app.git".replace("://", f"://x-access-token:{token}@")
    run_git("clone", "--quiet", signed, clone)
    run_git("tag", "-a", "v7", "-m", "seven", cwd=clone)
    assert run_git("push", "--quiet", "origin", "v7", cwd=clone).returncode == 0
    ref = requests.get(f"{sandbox.api}/repos/acme/app/git/ref/tags/v7", timeout=60).json()
    commit = requests.get(f"{sandbox.api}/repos/acme/app/commits/tags/v7", timeout=60).json()
    assert ref["object"]["type"] == "tag"
    assert commit["sha"] == run_git("rev-parse", "HEAD", cwd=clone).stdout.strip()


def test_a_token_does_what_it_was_given_for(sandbox: Sandbox, app: requests.Session) -> None:
    reader = as_installation(sandbox, app, permissions={"contents": "read"}, repositories=["source"])
    listed = reader.get(f"{sandbox.api}/installation/repositories").json()
    assert (listed["total_count"], listed["repositories"][0]["full_name"]) == (1, "acme/source")
    url = f"{sandbox.api}/repos/acme/source/git/blobs"
    assert reader.post(url, json={"content": "x"}).status_code == 403
    writer = as_installation(sandbox, app)
    assert writer.post(url, json={"content": "x"}).status_code == 201
    assert writer.delete(f"{sandbox.api}/installation/token").status_code == 204
    assert writer.post(url, json={"content": "x"}).status_code == 401


@pytest.mark.parametrize("path", ["/repos/acme/app/installation", "/orgs/acme/installation"])
def test_the_installation_is_found(sandbox: Sandbox, app: requests.Session, path: str) -> None:
    assert app.get(sandbox.api + path).json()["app_slug"] == "altpress"
    assert app.get(f"{sandbox.api}/app").json()["slug"] == "altpress"


def test_deliveries_are_paged_by_a_cursor_and_sent_again(sandbox: Sandbox, app: requests.Session) -> None:
    writer = as_user(sandbox, "visitor")
    url = f"{sandbox.api}/app/hook/deliveries"
    for _ in range(3):
        writer.post(f"{sandbox.api}/repos/acme/app/issues/1/comments", json={"body": "hello"})
    rows = wait_for(lambda: app.get(url, params={"per_page": 100}).json(), 3)
    seen, answer = [], app.get(url, params={"per_page": 2})
    while True:
        seen += answer.json()
        if "next" not in answer.links:
            break
        answer = app.get(answer.links["next"]["url"])
    assert [row["id"] for row in seen] == [row["id"] for row in rows]
    newest = rows[0]
    assert (newest["event"], newest["status_code"]) == ("issue_comment", 502)
    assert app.get(f"{url}/{newest['id']}").json()["request"]["payload"]["comment"]["body"] == "hello"
    assert app.post(f"{url}/{newest['id']}/attempts").status_code == 202
    again = wait_for(lambda: app.get(url, params={"per_page": 100}).json(), len(rows) + 1)[0]
    assert (again["guid"], again["redelivery"]) == (newest["guid"], True)


def wait_for(read: Callable[[], list[Any]], count: int) -> list[Any]:
    deadline = time.monotonic() + 60
    while len(rows := read()) < count:
        assert time.monotonic() < deadline, rows
        time.sleep(0.01)
    return rows
