"""What the health checks say."""

import threading
import time

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bot.errors import Unavailable
from bot.web.health import Check, Health, Part, answers, make_blueprint, worker_part


def make_client(**checks: Check) -> FlaskClient:
    app = Flask("health")
    app.register_blueprint(make_blueprint(Health(checks)))
    return app.test_client()


def well() -> Part:
    return Part(ok=True)


def away() -> None:
    raise Unavailable("The database does not answer.")


def test_live_asks_nobody() -> None:
    assert make_client(mongodb=answers(away)).get("/health/live").status_code == 200


def test_ready_when_all_parts_are() -> None:
    client = make_client(mongodb=answers(lambda: None), redis=well)
    assert client.get("/health/ready").status_code == 200
    assert client.get("/health").json == {
        "status": "ok",
        "parts": {"mongodb": {"ok": True, "detail": None}, "redis": {"ok": True, "detail": None}},
    }


def test_one_part_away_is_503_and_named() -> None:
    client = make_client(mongodb=answers(away), redis=well)
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health").status_code == 503
    assert client.get("/health").json["parts"]["mongodb"] == {
        "ok": False,
        "detail": "The database does not answer.",
    }


def test_part_that_hangs_is_not_waited_for() -> None:
    go = threading.Event()

    def hangs() -> Part:
        go.wait(20)
        return Part(ok=True)

    began = time.monotonic()
    client = make_client(redis=hangs, mongodb=well)
    assert client.get("/health").json["parts"]["redis"] == {"ok": False, "detail": "no answer"}
    assert time.monotonic() - began < 4
    go.set()


@pytest.mark.parametrize(("ages", "ok"), [([], False), ([3.0], True), ([59.0, 200.0], True), ([61.0], False)])
def test_worker_seen_lately(ages: list[float], ok: bool) -> None:
    assert worker_part(ages).ok is ok
