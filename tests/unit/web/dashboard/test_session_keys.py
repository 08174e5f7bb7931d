"""The key that signs sessions is rotated: nobody is signed out, and the old key ends when it is dropped."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from flask.testing import FlaskClient
from redis import Redis

from bot.context import Context
from bot.enqueue import Queue
from bot.store import Store
from bot.web import close_app, create_app
from tests.unit.web.dashboard.conftest import PASSWORD, csrf_token, make_settings, send

OLD, NEW = "the-old-session-key-0123456789", "the-new-session-key-9876543210"
Started = Callable[[str | None], FlaskClient]


@pytest.fixture
def started(store: Store, redis_client: Redis) -> Iterator[Started]:
    """A web process with this ALTPRESS_SESSION_KEY."""

    @contextmanager
    def serving(keys: str | None) -> Iterator[FlaskClient]:
        settings = make_settings(session_key=keys)
        app = create_app(
            context=Context(settings, store=store, queue=Queue(redis_client, publish_interval=0))
        )
        yield app.test_client()
        close_app(app)

    with ExitStack() as stack:
        yield lambda keys: stack.enter_context(serving(keys))


def move(cookie: str, client: FlaskClient) -> FlaskClient:
    """The same browser, another process."""
    client.set_cookie("altpress", cookie)
    return client


def cookie_of(client: FlaskClient) -> str:
    found = client.get_cookie("altpress")
    assert found is not None
    return found.value


def is_in(client: FlaskClient) -> bool:
    return client.get("/").status_code == 200


def test_session_survives_a_new_key_and_ends_with_the_old_one(started: Started) -> None:
    before = started(OLD)
    send(before, "/login", password=PASSWORD)
    assert is_in(before)
    old_cookie = cookie_of(before)
    both = move(old_cookie, started(f"{NEW}, {OLD}"))
    assert is_in(both)
    assert not is_in(move(old_cookie, started(NEW)))


def test_new_sessions_are_signed_with_the_new_key(started: Started) -> None:
    both = started(f"{NEW},{OLD}")
    send(both, "/login", password=PASSWORD)
    cookie = cookie_of(both)
    assert is_in(move(cookie, started(NEW)))
    assert not is_in(move(cookie, started(OLD)))


def test_form_that_is_open_meanwhile_can_be_sent(started: Started) -> None:
    before = started(OLD)
    send(before, "/login", password=PASSWORD)
    token = csrf_token(before)
    both = move(cookie_of(before), started(f"{NEW},{OLD}"))
    origin = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    answer = both.post("/logout", data={"csrf_token": token}, headers=origin)
    assert answer.status_code == 303


def test_without_a_key_it_is_made_from_the_passwords_hash(started: Started) -> None:
    first = started(None)
    send(first, "/login", password=PASSWORD)
    assert is_in(move(cookie_of(first), started(None)))
    assert not is_in(move(cookie_of(first), started(NEW)))
