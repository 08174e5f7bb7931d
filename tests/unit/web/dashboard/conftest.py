"""The web process with a dashboard, over real embedded stores."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from pydantic import SecretStr
from redis import Redis

from bot.context import Context
from bot.enqueue import Queue
from bot.store import Store
from bot.web import close_app, create_app
from config.settings import Settings
from tests.stores import opened_store

PASSWORD = "correct horse"
# As weak as argon2 gets: the tests sign in often.
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def make_settings(**more: object) -> Settings:
    given = {"webhook_secrets": "s", "dashboard_password_hash": SecretStr(HASH), **more}
    return Settings(**given)  # type: ignore[arg-type]  # pydantic converts


@pytest.fixture
def store(mongo_url: str, database_name: str) -> Iterator[Store]:
    """A real one, unlike that of the folder above."""
    with opened_store(mongo_url, database_name) as opened:
        yield opened


@pytest.fixture
def context(store: Store, redis_client: Redis) -> Context:
    return Context(make_settings(), store=store, queue=Queue(redis_client, publish_interval=0))


@pytest.fixture
def stranger(context: Context) -> Iterator[FlaskClient]:
    """Nobody yet."""
    app = create_app(context=context)
    yield app.test_client()
    close_app(app)


@pytest.fixture
def client(stranger: FlaskClient) -> FlaskClient:
    """Somebody who is signed in."""
    answer = send(stranger, "/login", password=PASSWORD)
    assert answer.status_code == 303, answer.text
    return stranger


def csrf_token(client: FlaskClient) -> str:
    page = client.get("/login").text
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]


def send(client: FlaskClient, path: str, *, headers: dict[str, str] | None = None, **fields: str):
    """A form with its token, as a browser sends it from a page of ours."""
    origin = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    return client.post(
        path, data={"csrf_token": csrf_token(client), **fields}, headers={**origin, **(headers or {})}
    )
