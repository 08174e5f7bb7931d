"""The client against a server that answers from a script: failures, pages, what is sent."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot.errors import BadSettings, NotFound, RateLimited, Unavailable
from bot.github import GitHub, KeptAnswer
from bot.github.access import TokenAccess
from bot.github.client import Client
from bot.records import RepositoryFacts, Site

TOKEN = "ghp_verySecretToken123"
FACTS = RepositoryFacts(
    id=1, full_name="acme/app", owner="acme", private=False, default_branch="main", html_url="https://x"
)


@dataclass
class Script:
    """What the server answers to each path, and what it was asked."""

    answers: dict[str, tuple[int, dict[str, str], str]] = field(default_factory=dict)
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    url: str = ""

    def answer(self, path: str, body: object, status: int = 200, **headers: str) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        self.answers[path] = (
            status,
            {name.replace("_", "-"): value for name, value in headers.items()},
            text,
        )


@pytest.fixture
def script() -> Iterator[Script]:
    script = Script()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            script.asked.append((self.command, self.path, self.headers["Authorization"]))
            status, headers, text = script.answers.get(self.path, (404, {}, '{"message": "Not Found"}'))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(text))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_port}/api/v3"
    yield script
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client(script: Script) -> Iterator[Client]:
    access = TokenAccess(TOKEN, script.url)
    yield Client(access, script.url, Counter())
    access.close()


def release(number: int, *, assets: int = 0, draft: bool = False) -> dict[str, object]:
    listed = [
        {
            "id": n, "name": f"{n}.ipa", "state": "uploaded", "size": 1, "digest": None, "created_at": "c",
            "updated_at": "u", "browser_download_url": "d", "url": "a",
        }
        for n in range(assets)
    ]  # fmt: skip
    return {
        "id": number, "tag_name": f"v{number}", "name": None, "body": None, "draft": draft,
        "prerelease": False, "created_at": "c", "published_at": "p", "html_url": "h", "assets": listed,
    }  # fmt: skip


def test_a_call_is_one_request_and_is_counted(script, client):
    script.answer("/api/v3/repos/acme/app/x", {"ok": 1})
    assert client.call("GET", "acme/app", "/x", what="test")["ok"] == 1
    assert len(script.asked) == 1
    assert client.requests == {"api": 1}
    assert script.asked[0][2] == f"token {TOKEN}"


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_failing_server_is_asked_once(script, client, status):
    script.answer("/api/v3/repos/acme/app/x", "<html>oops", status)
    with pytest.raises(Unavailable):
        client.call("GET", "acme/app", "/x", what="test")
    assert len(script.asked) == 1, "a worker does not sleep in a request"


def test_a_limit_is_told_and_not_slept_through(script, client):
    script.answer("/api/v3/repos/acme/app/x", {"message": "slow down"}, 403, Retry_After="120")
    with pytest.raises(RateLimited) as caught:
        client.call("GET", "acme/app", "/x", what="test")
    assert caught.value.retry_after == 120
    assert len(script.asked) == 1


@pytest.mark.parametrize("text", ["<html>", "{", "[1,", ""])
def test_an_answer_that_is_no_json(script, client, text):
    script.answer("/api/v3/repos/acme/app/x", text)
    with pytest.raises(Unavailable):
        client.call("GET", "acme/app", "/x", what="test")


def test_nobody_listening_is_unavailable_without_the_token():
    access = TokenAccess(TOKEN, "http://127.0.0.1:9/api/v3")
    with pytest.raises(Unavailable) as caught:
        Client(access, "", Counter()).call("GET", "acme/app", "", what="acme/app")
    access.close()
    shown = f"{caught.value!r} {caught.value} {caught.value.__cause__}"
    assert TOKEN not in shown


def test_all_pages_are_read_as_they_are_needed(script):
    path = "/api/v3/repos/acme/app/releases?page="
    script.answer(
        path + "1&per_page=100", [release(1), release(2, draft=True)], Link='<https://x>; rel="next"'
    )
    script.answer(path + "2&per_page=100", [release(3)], Link='<https://x>; rel="prev"')
    github = GitHub.from_token(TOKEN, script.url, ())
    stream = github.stream_releases(FACTS)
    assert next(stream).id == 1
    assert len(script.asked) == 1
    assert [found.id for found in stream] == [3], "drafts never"
    assert github.requests["api"] == 2
    github.close()


@pytest.mark.parametrize(("embedded", "requests"), [(0, 1), (29, 1), (30, 2), (31, 1), (100, 2)])
def test_an_embedded_list_that_may_be_cut_is_read_in_full(script, embedded, requests):
    script.answer("/api/v3/repos/acme/app/releases/5", release(5, assets=embedded))
    script.answer(
        "/api/v3/repos/acme/app/releases/5/assets?page=1&per_page=100",
        release(5, assets=embedded + 1)["assets"],
    )
    github = GitHub.from_token(TOKEN, script.url, ())
    found = github.fetch_release(FACTS, 5)
    assert github.requests["api"] == requests
    assert len(found.assets) == embedded + requests - 1
    github.close()


class Answers:
    """What was answered before, in memory."""

    def __init__(self, **kept: KeptAnswer) -> None:
        self.kept = dict(kept)

    def load(self, key: str) -> KeptAnswer | None:
        return self.kept.get(key.rpartition("?")[2])

    def save(self, key: str, answer: KeptAnswer) -> None:
        self.kept[key.rpartition("?")[2]] = answer


@pytest.mark.parametrize(("before", "after"), [(100, 101), (99, 99)])
def test_an_unchanged_page_may_have_got_a_next_one(script, before, after):
    """The hundred files are the same, and one has come since."""
    path = "/api/v3/repos/acme/app/releases?"
    listed = [release(n) for n in range(before)]
    script.answer(f"{path}page=1&per_page=100", "", 304, ETag='"a"')
    script.answer(f"{path}page=2&per_page=100", [release(1000)])
    github = GitHub.from_token(TOKEN, script.url, ())
    github.remember(Answers(**{"page=1&per_page=100": KeptAnswer('"a"', listed, False)}))
    assert len(list(github.stream_releases(FACTS))) == after
    github.close()


def test_a_draft_is_not_there(script):
    script.answer("/api/v3/repos/acme/app/releases/5", release(5, draft=True))
    github = GitHub.from_token(TOKEN, script.url, ())
    with pytest.raises(NotFound):
        github.fetch_release(FACTS, 5)
    github.close()


def test_with_a_token_the_named_sites_are_the_sites(script):
    data = {
        "id": 7, "full_name": "acme/source", "owner": {"login": "acme"}, "private": False,
        "default_branch": "trunk", "html_url": "h",
    }  # fmt: skip
    script.answer("/api/v3/repos/acme/source", data)
    github = GitHub.from_token(TOKEN, script.url, ("acme/source", "acme/source@beta"))
    sites = [found.site for found in github.discover_sites()]
    assert sites == [Site(repository="acme/source", branch=b) for b in ("trunk", "beta")]
    github.close()


@pytest.mark.parametrize(
    "key", ["", "no key", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----"]
)
def test_a_key_that_is_none_stops_the_start_and_is_not_shown(key):
    with pytest.raises(BadSettings) as caught:
        GitHub.from_app(1, key, "http://127.0.0.1:9/api/v3")
    assert "AAAA" not in str(caught.value)


def test_a_redirect_to_another_place_is_not_followed_with_the_token(script, client):
    script.answer("/api/v3/repos/acme/app/x", "", 302, Location="https://evil.example/")
    with pytest.raises(Unavailable):
        client.call("GET", "acme/app", "/x", what="test")
    assert len(script.asked) == 1
