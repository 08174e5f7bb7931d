"""Pages, ETags, bodies and limits, each in a bare Flask application."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from bot.sandbox.http import ApiError, Json, RateLimits, add_etag, answer, answer_page, read_field, read_json


@pytest.fixture
def app() -> Iterator[Flask]:
    app = Flask("test")
    with app.app_context():
        yield app


@pytest.mark.parametrize(
    ("query", "rows", "links"),
    [
        ("", list(range(30)), {"next": 2, "last": 3}),
        ("?per_page=100", list(range(70)), {}),
        ("?per_page=1000", list(range(70)), {}),
        ("?page=2&per_page=30", list(range(30, 60)), {"prev": 1, "next": 3, "last": 3, "first": 1}),
        ("?page=3", list(range(60, 70)), {"prev": 2, "first": 1}),
        ("?page=9", [], {"prev": 8, "first": 1}),
        ("?page=0&per_page=-1", list(range(30)), {"next": 2, "last": 3}),
        ("?page=x&per_page=²", list(range(30)), {"next": 2, "last": 3}),
    ],
)
def test_pages(app: Flask, query: str, rows: list[int], links: dict[str, int]) -> None:
    with app.test_request_context(f"/things{query}", base_url="http://127.0.0.1:7"):
        response = answer_page(range(70), lambda number: number)
    assert response.get_json() == rows
    found = {}
    for part in response.headers.get("Link", "").split(", "):
        if part:
            url, _, relation = part.partition("; ")
            assert url.startswith("<http://127.0.0.1:7/things?")
            found[relation.split('"')[1]] = int(parse_qs(urlsplit(url.strip("<>")).query)["page"][0])
    assert found == links


def test_a_page_keeps_the_other_arguments(app: Flask) -> None:
    with app.test_request_context("/things?state=all&per_page=2"):
        link = answer_page(range(3), str).headers["Link"]
    assert "state=all" in link
    with app.test_request_context("/things"):
        assert answer_page(range(3), str, wrap="rows").get_json() == {
            "total_count": 3,
            "rows": ["0", "1", "2"],
        }


@pytest.mark.parametrize(
    ("method", "given", "status"),
    [("GET", True, 304), ("GET", False, 200), ("POST", True, 200)],
)
def test_an_etag_is_weak_and_saves_the_body(app: Flask, method: str, given: bool, status: int) -> None:
    with app.test_request_context("/", method=method):
        etag = add_etag(answer({"a": 1})).headers.get("ETag", "")
    assert etag.startswith('W/"') == (method == "GET")
    with app.test_request_context("/", method=method, headers={"If-None-Match": etag} if given else {}):
        response = add_etag(answer({"a": 1}))
    assert response.status_code == status
    assert bool(response.get_data()) == (status == 200)


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_object_is_400(app: Flask, body: bytes) -> None:
    with app.test_request_context("/", method="POST", data=body), pytest.raises(ApiError) as refused:
        read_json()
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        ({}, str, "missing_field"),
        ({"x": None}, str, "missing_field"),
        ({"x": 1}, str, "invalid"),
        ({"x": True}, int, "invalid"),
    ],
)
def test_a_field_of_another_type_is_422(body: Json, kind: type, code: str) -> None:
    with pytest.raises(ApiError) as refused:
        read_field(body, "x", kind, "Thing")
    assert refused.value.status == 422
    assert refused.value.errors == [{"resource": "Thing", "field": "x", "code": code}]


def test_lone_surrogates_are_answered_not_crashed_on(app: Flask) -> None:
    assert answer({"a": "\ud800"}).get_json() == {"a": "?"}


def test_a_304_costs_nothing(app: Flask) -> None:
    limits = RateLimits(10)
    used = [
        limits.add_headers(answer({}, status), "me").headers["X-RateLimit-Used"] for status in (200, 304, 200)
    ]
    assert used == ["1", "1", "2"]
    assert limits.use("somebody else", 0)[1] == 0
