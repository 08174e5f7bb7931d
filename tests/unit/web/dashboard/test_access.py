"""Who gets in, and what every answer forbids."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from redis import Redis

from bot.context import Context
from bot.enqueue import Queue
from bot.errors import BadSettings
from bot.store import Store, connect
from bot.web import close_app, create_app
from bot.web.dashboard.origin import is_own_form
from bot.web.dashboard.throttle import FREE, Throttle, group_address
from bot.web.dashboard.view_links import check_next
from tests.unit.web.dashboard.conftest import PASSWORD, csrf_token, make_settings, send

PAGES = (
    "/",
    "/sites/acme/source@main",
    "/preview/acme/source@main",
    "/deliveries",
    "/deliveries/x",
    "/publications",
    f"/icons/{'0' * 64}.png",
)


@pytest.mark.parametrize("path", PAGES)
def test_strangers_are_sent_to_the_sign_in(stranger: FlaskClient, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 303
    assert answer.location.startswith("/login")
    assert stranger.get(path, headers={"Accept": "application/json"}).status_code == 401


def test_answers_forbid_what_is_not_ours(client: FlaskClient) -> None:
    for path in ("/", "/login", "/nothing", "/assets/dashboard.css"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'"), path
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
    new = client.application.test_client()
    cookie = new.get("/login").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    new = client.application.test_client()
    assert "Secure" in new.get("/login", base_url="https://localhost").headers["Set-Cookie"]


def test_a_form_needs_its_token_and_its_origin(client: FlaskClient) -> None:
    token = csrf_token(client)
    assert client.post("/logout").status_code == 400
    assert client.post("/logout", data={"csrf_token": "wrong"}).status_code == 400
    elsewhere = {"Origin": "https://evil.example"}
    assert client.post("/logout", data={"csrf_token": token}, headers=elsewhere).status_code == 403
    assert client.get("/").status_code == 200
    assert send(client, "/logout").status_code == 303
    assert client.get("/").status_code == 303


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),  # no browser, or one that names no origin: the token says enough
        ({"Origin": "http://localhost"}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
    ],
)
def test_a_valid_token_counts_from_a_page_of_ours_alone(
    client: FlaskClient, headers: dict[str, str], status: int
) -> None:
    token = csrf_token(client)
    assert client.post("/logout", data={"csrf_token": token}, headers=headers).status_code == status
    assert client.get("/").status_code == (303 if status == 303 else 200)


@pytest.mark.parametrize("path", ["/rebuild", "/replay", "/approve", "/login", "/logout"])
@pytest.mark.parametrize("fields", [{}, {"csrf_token": ""}, {"csrf_token": "x"}])
def test_without_a_valid_token_no_header_helps(
    client: FlaskClient, path: str, fields: dict[str, str]
) -> None:
    own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    for headers in ({}, own):
        assert client.post(path, data=fields, headers=headers).status_code == 400


def test_a_token_of_another_session_is_none(client: FlaskClient) -> None:
    other = csrf_token(client.application.test_client())
    assert client.post("/logout", data={"csrf_token": other}).status_code == 400
    assert client.get("/").status_code == 200


def test_a_host_without_a_name_is_nobodys() -> None:
    assert not is_own_form({"Origin": "null"}, "")


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({}, True),
        ({"Origin": "http://altpress.example"}, True),
        ({"Origin": "https://ALTPRESS.example"}, True),
        ({"Origin": "https://bot.acme.example"}, True),
        ({"Origin": "http://altpress.example:81"}, False),
        ({"Origin": "http://altpress.example.evil"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://altpress.example"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
    ],
)
def test_where_a_form_comes_from(headers: dict[str, str], own: bool) -> None:
    assert is_own_form(headers, "altpress.example", "https://bot.acme.example/") is own


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/deliveries?state=failed", "/deliveries?state=failed"),
        (None, "/"), ("", "/"), ("https://evil.example", "/"), ("//evil.example", "/"), ("/\\evil", "/"),
        ("/a\\b", "/"), ("/\tx", "/"), ("/login", "/"), ("javascript:alert(1)", "/"),
    ],
)  # fmt: skip
def test_the_way_back_stays_here(path: str | None, target: str) -> None:
    assert check_next(path) == target


def test_guesses_wait_longer_and_longer(redis_client: Redis) -> None:
    throttle = Throttle(redis_client)
    assert [throttle.attempt("203.0.113.1") for _ in range(FREE)] == [0] * FREE
    pauses = []
    for _ in range(10):
        pauses.append(throttle.attempt("203.0.113.1"))
        redis_client.delete("altpress:login:203.0.113.1:pause")
        assert throttle.attempt("203.0.113.1") == 0
    assert pauses == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]
    assert throttle.attempt("203.0.113.2") == 0, "another address"
    throttle.forget("203.0.113.1")
    assert throttle.attempt("203.0.113.1") == 0


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("203.0.113.1", "203.0.113.1"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.1", "203.0.113.1"), (None, "unknown"), ("x", "unknown"),
    ],
)  # fmt: skip
def test_a_home_counts_as_one(address: str | None, group: str) -> None:
    assert group_address(address) == group


def test_the_right_password_is_refused_too_while_it_waits(stranger: FlaskClient) -> None:
    for _ in range(FREE):
        assert send(stranger, "/login", password="guess").status_code == 401
    answer = send(stranger, "/login", password=PASSWORD)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "5"
    assert "wait 5 seconds" in answer.text


def test_another_password_ends_all_sessions(client: FlaskClient, context: Context) -> None:
    with client.session_transaction() as session:
        session["for"] = "0" * 32
    assert client.get("/").status_code == 303


def test_a_session_is_over_after_twelve_hours(client: FlaskClient) -> None:
    with client.session_transaction() as session:
        session["since"] -= 12 * 3_600_000
    assert client.get("/").status_code == 303


def test_without_a_password_there_is_no_dashboard(store: Store, redis_client: Redis) -> None:
    settings = make_settings(dashboard_password_hash=None)
    context = Context(settings, store=store, queue=Queue(redis_client, publish_interval=0))
    app = create_app(context=context)
    with app.test_client() as client:
        answer = client.get("/")
        assert answer.status_code == 404
        assert "altpress password" in answer.text
        assert client.get("/login").status_code == 404
        assert client.get("/assets/dashboard.css").status_code == 200
        assert client.get("/assets/..%2fdesk.py").status_code == 404
    close_app(app)


def test_what_is_no_hash_stops_the_start(store: Store) -> None:
    with pytest.raises(BadSettings, match="altpress password"):
        create_app(context=Context(make_settings(dashboard_password_hash="hunter2"), store=store))


def test_stores_that_are_down_are_told_of(client: FlaskClient, context: Context, tmp_path: Path) -> None:
    with connect(f"mongodb://{str(tmp_path / 'none.sock').replace('/', '%2F')}", timeout=0.05) as mongo:
        context.__dict__["store"] = Store(mongo["x"])
        answer = client.get("/")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "The database does not answer." in answer.text
    assert "Traceback" not in answer.text


def test_without_redis_the_pages_are_there_but_nobody_signs_in(
    client: FlaskClient, context: Context, tmp_path: Path
) -> None:
    with Redis.from_url(f"unix://{tmp_path}/none.sock") as gone:
        context.__dict__["queue"] = Queue(gone, publish_interval=0)
        assert "Redis does not answer" in client.get("/").text
        assert send(client, "/login", password=PASSWORD).status_code == 503
