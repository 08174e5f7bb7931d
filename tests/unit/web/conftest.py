"""The application over stores in memory."""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.context import Context
from bot.web import close_app, create_app
from config.settings import Settings
from tests.fake_store import FakeStore, site_state

SECRET = "a webhook secret"
GUID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
DATA = Path(__file__).resolve().parents[2] / "data" / "events"
Send = Callable[..., TestResponse]


@pytest.fixture
def store() -> FakeStore:
    made = FakeStore()
    made.sites.states = [site_state()]
    return made


@pytest.fixture
def app(store: FakeStore) -> Iterator[Flask]:
    settings = Settings(webhook_secrets=f"{SECRET},older secret")
    made = create_app(context=Context(settings, store=store))  # type: ignore[arg-type]
    yield made
    close_app(made)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def send(client: FlaskClient) -> Send:
    """Send a payload of `tests/data/events` (or bytes) as GitHub does; headers of None are left out."""

    def post(
        case: str = "release.published", body: bytes | None = None, **headers: str | None
    ) -> TestResponse:
        data = (DATA / f"{case}.json").read_bytes() if body is None else body
        sent: dict[str, Any] = {
            "X-GitHub-Event": case.partition(".")[0],
            "X-GitHub-Delivery": GUID,
            "X-Hub-Signature-256": "sha256=" + hmac.new(SECRET.encode(), data, hashlib.sha256).hexdigest(),
            "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        given = {name: value for name, value in sent.items() if value is not None}
        return client.post("/webhooks/github", data=data, headers=given)

    return post
