"""Numbers for those who know the token."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bot.web.errors import install
from bot.web.metrics import Gauge, make_blueprint, render_metrics

GAUGES = [
    Gauge("jobs", "Jobs in the queue.", {"queued": 3, 'odd"\n\\': 0.5}, "state"),
    Gauge("workers", "Workers.", {"": 12345678}),
]
TEXT = """\
# HELP altpress_jobs Jobs in the queue.
# TYPE altpress_jobs gauge
altpress_jobs{state="queued"} 3
altpress_jobs{state="odd\\"\\n\\\\"} 0.5
# HELP altpress_workers Workers.
# TYPE altpress_workers gauge
altpress_workers 12345678
"""


def make_client(token: str | None) -> FlaskClient:
    app = Flask("metrics")
    app.register_blueprint(make_blueprint(token, lambda: GAUGES))
    install(app)
    return app.test_client()


def test_text_format() -> None:
    assert render_metrics(GAUGES) == TEXT


def test_with_the_token() -> None:
    answer = make_client("t0ken").get("/metrics", headers={"Authorization": "Bearer t0ken"})
    assert (answer.status_code, answer.text) == (200, TEXT)
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"


@pytest.mark.parametrize("header", ["", "t0ken", "Bearer", "Bearer t0ke", "bearer t0ken", "Bearer é"])
def test_without_it(header: str) -> None:
    answer = make_client("t0ken").get("/metrics", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].lower() == "bearer"


@pytest.mark.parametrize("token", [None, ""])
def test_not_there_unless_a_token_is_set(token: str | None) -> None:
    assert make_client(token).get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
