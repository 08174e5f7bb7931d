"""Numbers for those who know the token, and what a request adds to them."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.test import TestResponse

from bot.context import Context
from bot.metrics.render import build_family, build_gauge
from bot.metrics.table import DELIVERIES, HTTP_REQUESTS, QUEUE_JOBS
from bot.web.errors import install
from bot.web.metrics import make_blueprint

Send = Callable[..., TestResponse]


def families() -> list[Family]:
    return [build_gauge(QUEUE_JOBS, {("queued",): 3.0, ('odd"\n\\',): 0.5})]


def make_client(*tokens: str, is_open: bool = False) -> FlaskClient:
    app = Flask("metrics")
    app.register_blueprint(make_blueprint(lambda: tokens, families, is_open=is_open))
    install(app)
    return app.test_client()


def test_with_the_token() -> None:
    answer = make_client("t0ken").get("/metrics", headers={"Authorization": "Bearer t0ken"})
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    [family] = text_string_to_metric_families(answer.text)
    assert {tuple(s.labels.values()): s.value for s in family.samples} == {("queued",): 3, ('odd"\n\\',): 0.5}


@pytest.mark.parametrize("header", ["", "t0ken", "Bearer", "Bearer t0ke", "bearer t0ken", "Bearer é"])
def test_without_it(header: str) -> None:
    answer = make_client("t0ken").get("/metrics", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].lower() == "bearer"


@pytest.mark.parametrize("tokens", [(), ("",)])
def test_not_there_unless_a_token_is_set(tokens: tuple[str, ...]) -> None:
    assert make_client(*tokens).get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    assert make_client(*tokens, is_open=True).get("/metrics").status_code == 200


def test_a_token_closes_what_is_open() -> None:
    client = make_client("t0ken", is_open=True)
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer t0ken"}).status_code == 200


def counted(app: Flask, metric: str) -> dict[tuple[str, ...], float]:
    """What the process has counted and not yet saved."""
    context = next(part for part in app.extensions["altpress"] if isinstance(part, Context))
    batch = context.meter.take()
    fields = {name: value for (of, name), value in batch.added.items() if of == metric}
    family = build_family(next(m for m in (DELIVERIES, HTTP_REQUESTS) if m.name == metric), fields)
    return {tuple(sample.labels.values()): sample.value for sample in family.samples if sample.value}


@pytest.mark.parametrize(
    ("headers", "event", "outcome"),
    [
        ({}, "release", "stored"),
        ({"X_GitHub_Event": "fork"}, "other", "ignored"),
        ({"X_Hub_Signature_256": "sha256=00"}, "release", "unsigned"),
        ({"X_GitHub_Delivery": None}, "release", "invalid"),
        ({"Content_Type": "text/plain"}, "release", "invalid"),
        ({"X_GitHub_Event": "<script>" * 50, "X_Hub_Signature_256": None}, "other", "unsigned"),
    ],
)
def test_deliveries_by_event_and_outcome(
    app: Flask, send: Send, headers: dict[str, str | None], event: str, outcome: str
) -> None:
    send(**headers)
    assert counted(app, "deliveries") == {(event, outcome): 1}


def test_requests_by_route_never_by_path(app: Flask, client: FlaskClient) -> None:
    for path in ("/health/live", "/a/path/of/my/own", "/another"):
        client.get(path)
    client.open("/webhooks/github", method="BREW")
    assert counted(app, "http_requests") == {
        ("GET", "/health/live", "200"): 1,
        ("GET", "unmatched", "404"): 2,
        ("other", "unmatched", "405"): 1,
    }
