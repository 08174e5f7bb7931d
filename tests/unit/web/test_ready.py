"""`POST /hooks/ready` over a store in memory and a real issuer on loopback."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from bot.context import Context
from bot.events import ReleaseReady, parse_event
from bot.records import DeliveryState, RepositoryFacts
from bot.store.ledger import fail
from bot.web import close_app, create_app
from bot.web.ready import MOST_CALLS, TAG
from bot.web.throttle import MOST_CALLERS, Throttle
from config.settings import Settings
from tests.fake_store import FakeStore, site_state
from tests.oidc_issuer import Issuer, run_issuer

URL = "https://altpress.example.com"
Tell = Callable[..., TestResponse]


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with run_issuer() as running:
        yield running


@pytest.fixture
def store() -> FakeStore:
    made = FakeStore()
    made.sites.states = [
        site_state("acme/source", "acme/app"),
        site_state("umbrella/apps", "acme/app", "umbrella/tool"),
    ]
    return made


@pytest.fixture
def app(store: FakeStore, issuer: Issuer) -> Iterator[Flask]:
    settings = Settings(webhook_secrets="a webhook secret", oidc_issuer=issuer.url, public_url=URL)
    made = create_app(context=Context(settings, store=store))  # type: ignore[arg-type]
    yield made
    close_app(made)


@pytest.fixture
def tell(app: Flask, issuer: Issuer) -> Tell:
    """Send a token (a good one unless given) and a JSON body."""

    def post(token: str | None = None, body: Any = None, **claims: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {token or issuer.token(**claims)}"}
        return app.test_client().post("/hooks/ready", headers=headers, json=body)

    return post


def message(answer: TestResponse) -> str:
    return str(answer.get_json()["error"]["message"])


def outcomes(app: Flask) -> dict[str, float]:
    context = next(part for part in app.extensions["altpress"] if isinstance(part, Context))
    added = context.meter.take().added
    return {json.loads(labels)[0]: count for (name, labels), count in added.items() if name == "ready"}


def test_what_a_job_says_is_in_the_ledger_before_the_answer(tell: Tell, store: FakeStore, app: Flask) -> None:
    answer = tell(aud=URL)
    assert answer.status_code == 202
    told = answer.get_json()
    assert told == {
        "ok": True, "release": "acme/app@v1.0", "sites": ["acme/source@main", "umbrella/apps@main"],
        "delivery": told["delivery"],
    }  # fmt: skip
    stored = store.deliveries.stored[told["delivery"]]
    event = parse_event(stored.headers, stored.body)
    assert isinstance(event, ReleaseReady)
    assert (event.full_name, event.tag, event.sites) == ("acme/app", "v1.0", tuple(told["sites"]))
    assert stored.received_ms == event.told_ms == pytest.approx(time.time() * 1000, abs=60_000)
    assert outcomes(app) == {"stored": 1}


def test_the_same_token_again_changes_nothing(tell: Tell, issuer: Issuer, store: FakeStore) -> None:
    token = issuer.token()
    answers = [tell(token) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 200, 200]
    assert len({answer.get_json()["delivery"] for answer in answers}) == 1
    assert len(store.deliveries.stored) == 1


def test_another_token_of_the_same_job_says_it_again(tell: Tell, store: FakeStore) -> None:
    assert [tell().status_code for _ in range(2)] == [202, 202]
    assert len(store.deliveries.stored) == 2


def test_what_had_failed_starts_again(tell: Tell, issuer: Issuer, store: FakeStore) -> None:
    token = issuer.token()
    guid = tell(token).get_json()["delivery"]
    store.deliveries.entries[guid] = fail(store.deliveries.entries[guid], "ready", "No.", 1)
    assert tell(token).status_code == 202
    assert store.deliveries.entries[guid].state is DeliveryState.PENDING


@pytest.mark.parametrize(
    ("claims", "body", "tag"),
    [
        ({}, None, "v1.0"),
        ({}, {}, "v1.0"),
        ({}, {"tag": None}, "v1.0"),
        ({}, {"tag": "v2.0"}, "v2.0"),
        ({"ref": "refs/heads/main", "ref_type": "branch"}, {"tag": "app/v2.0"}, "app/v2.0"),
    ],
)
def test_the_tag_is_the_one_that_is_sent_or_the_one_of_the_run(
    tell: Tell, claims: dict[str, str], body: Any, tag: str
) -> None:
    answer = tell(body=body, **claims)
    assert answer.status_code == 202
    assert answer.get_json()["release"] == f"acme/app@{tag}"


BRANCH = {"ref": "refs/heads/main", "ref_type": "branch"}
REFUSED: dict[str, tuple[int, str, dict[str, Any], Any]] = {
    "expired": (401, "expired", {"exp": 1}, None),
    "another issuer": (401, "not from", {"iss": "https://token.actions.githubusercontent.com"}, None),
    "wrong kid": (401, "does not publish", {"kid": "two"}, None),
    "another key": (401, "signature is wrong", {"key": "two", "kid": "one"}, None),
    "GitHub's default audience": (403, "somebody else", {"aud": "https://github.com/acme"}, None),
    "a site that is none": (403, "no app repository", {"aud": "acme/nothing"}, None),
    "a repository of nobody": (403, "no app repository", {"repository": "evil/app", "aud": URL}, None),
    "a fork": (403, "no app repository", {"repository": "fork/app", "repository_id": "9"}, None),
    "the site itself": (403, "no app repository", {"repository": "acme/source"}, None),
    "a pull request": (403, "pull request", {"event_name": "pull_request"}, None),
    "a pull request's target": (403, "pull request", {"event_name": "pull_request_target"}, None),
    "no tag": (422, "Which release", BRANCH, None),
    "a tag of blanks": (422, "name of a tag", {}, {"tag": "v 1"}),
    "a tag that climbs": (422, "name of a tag", {}, {"tag": "../../x"}),
    "a tag that is a number": (422, "name of a tag", {}, {"tag": 1}),
    "half a surrogate": (422, "name of a tag", {}, {"tag": "\ud800"}),
    "another key in the body": (400, "JSON object", {}, {"tag": "v1", "tags": []}),
    "a list": (400, "JSON object", {}, ["v1"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_who_is_refused_and_why(tell: Tell, store: FakeStore, app: Flask, name: str) -> None:
    status, words, claims, body = REFUSED[name]
    answer = tell(body=body, **claims)
    assert (answer.status_code, words in message(answer)) == (status, True), message(answer)
    assert store.deliveries.stored == {}
    assert outcomes(app) == {{401: "unauthorized", 403: "forbidden"}.get(status, "invalid"): 1}


def test_forged_tokens_are_refused(tell: Tell, issuer: Issuer, store: FakeStore) -> None:
    header, payload, _ = issuer.token().split(".")
    for token in (
        issuer.unsigned(),
        issuer.confused(),
        f"{header}.{payload}.",
        f"{header}.{payload}.AAAA",
        "x",
    ):
        answer = tell(token)
        assert answer.status_code == 401, token
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert store.deliveries.stored == {}


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "token ghp_0123456789abcdef"]
)
def test_without_a_token(app: Flask, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = app.test_client().post("/hooks/ready", headers=headers)
    assert answer.status_code == 401
    assert "Bearer" in message(answer)


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"", None, 202),
        (b"", "application/x-www-form-urlencoded", 202),
        (b'{"tag": "v1"}', "application/json; charset=utf-8", 202),
        (b'{"tag": "v1"}', "application/x-www-form-urlencoded", 415),
        (b'{"tag": "v1"}', None, 415),
        (b"{", "application/json", 400),
        (b"[" * 4000, "application/json", 400),
        (b"\xff", "application/json", 400),
        (b" " * 4097, "application/json", 413),
    ],
)
def test_bodies(app: Flask, issuer: Issuer, data: bytes, kind: str | None, status: int) -> None:
    headers = {"Authorization": f"bearer {issuer.token()}"}
    answer = app.test_client().post("/hooks/ready", headers=headers, data=data, content_type=kind)
    assert answer.status_code == status


def facts(number: int, name: str = "acme/app") -> RepositoryFacts:
    return RepositoryFacts(
        id=number, full_name=name, owner="acme", private=False, default_branch="main",
        html_url=f"https://github.com/{name}",
    )  # fmt: skip


def test_a_repository_is_known_by_its_id(tell: Tell, store: FakeStore) -> None:
    store.repositories.seen = {"acme/app": facts(4001)}
    assert tell().status_code == 202
    assert tell(repository="acme/renamed").status_code == 202, "the catalog has its old name"
    assert tell(repository_id="666").status_code == 403, "somebody took the name"
    assert tell(repository="acme/renamed", repository_id="666").status_code == 403


def test_private_sites_of_others_are_not_told(tell: Tell, store: FakeStore) -> None:
    own, other = store.sites.states
    hidden = other.repository.model_copy(update={"private": True})
    store.sites.states = [own, other.model_copy(update={"repository": hidden})]
    answer = tell(aud=URL).get_json()
    assert answer["sites"] == ["acme/source@main"]
    [stored] = store.deliveries.stored.values()
    assert json.loads(stored.body)["sites"] == ["acme/source@main", "umbrella/apps@main"]


def test_the_database_away(tell: Tell, store: FakeStore, app: Flask) -> None:
    store.deliveries.down = True
    answer = tell()
    assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True)
    assert outcomes(app) == {"unavailable": 1}


def test_the_issuer_away(tell: Tell, issuer: Issuer, store: FakeStore) -> None:
    issuer.status = 500
    answer = tell()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert store.deliveries.stored == {}


def test_one_repository_cannot_keep_everybody_busy(tell: Tell, app: Flask, store: FakeStore) -> None:
    store.sites.states = [site_state("acme/source", "acme/app", "acme/other")]
    statuses = [tell().status_code for _ in range(MOST_CALLS + 2)]
    assert statuses == [202] * MOST_CALLS + [429] * 2
    refused = tell()
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert tell(repository="acme/other", repository_id="4009").status_code == 202
    assert outcomes(app) == {"stored": MOST_CALLS + 1, "throttled": 3}


def test_a_throttle_lets_calls_through_again_and_forgets() -> None:
    now = [0.0]
    throttle = Throttle(2, 60, clock=lambda: now[0])
    assert [throttle.wait("a"), throttle.wait("a"), throttle.wait("a")] == [0, 0, 60]
    now[0] = 45
    assert throttle.wait("a") == 15
    now[0] = 60
    assert throttle.wait("a") == 0
    for number in range(MOST_CALLERS + 10):
        throttle.wait(str(number))
    assert len(throttle._calls) == MOST_CALLERS


def test_no_token_is_logged_or_stored(
    tell: Tell, issuer: Issuer, store: FakeStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    tokens = [
        issuer.token(),
        issuer.token(aud="x"),
        issuer.token(exp=1),
        issuer.unsigned(),
        issuer.token(kid="z"),
    ]
    answers = [tell(token) for token in tokens]
    assert {answer.status_code for answer in answers} == {202, 403, 401}
    written = "\n".join(str(vars(record)) for record in caplog.records) + str(store.deliveries.stored)
    written += "".join(answer.get_data(as_text=True) for answer in answers)
    assert "ready_told" in written
    for token in tokens:
        for part in token.split("."):
            assert not part or part not in written


@pytest.mark.parametrize("tag", ["v1", "app/v1.0", "1.0+5", "ünïcode", "a" * 255, "v1.0-rc.1", "@"])
def test_tags_that_git_takes(tag: str) -> None:
    assert TAG.match(tag)


BAD_TAGS = [
    "", "/v", "v/", "a//b", "a..b", "a b", "a\n", "a\x7f", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b",
    "a@{b", "a.", "a" * 256,
]  # fmt: skip


@pytest.mark.parametrize("tag", BAD_TAGS)
def test_tags_that_git_refuses(tag: str) -> None:
    assert not TAG.match(tag)
