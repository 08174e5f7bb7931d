"""`GET /metrics`: numbers for Prometheus, behind a bearer token; without one set, 404."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import NotFound, Unauthorized

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True)
class Gauge:
    """One number, or one for each value of a label."""

    name: str
    help: str
    values: Mapping[str, float]  # by the label's value; "" without a label
    label: str = ""


def render_metrics(gauges: list[Gauge]) -> str:
    """Prometheus' text format."""
    return "".join(f"{line}\n" for gauge in gauges for line in _lines(gauge))


def make_blueprint(token: str | None, read: Callable[[], list[Gauge]]) -> Blueprint:
    blueprint = Blueprint("metrics", __name__)

    @blueprint.get("/metrics")
    def metrics() -> Response:
        if not token:
            raise NotFound
        given = request.headers.get("Authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, f"Bearer {token}".encode()):
            raise Unauthorized(www_authenticate=WWWAuthenticate("bearer"))
        return Response(render_metrics(read()), content_type=CONTENT_TYPE)

    return blueprint


def _lines(gauge: Gauge) -> list[str]:
    name = f"altpress_{gauge.name}"
    head = [f"# HELP {name} {gauge.help}", f"# TYPE {name} gauge"]
    return head + [
        f"{name}{{{gauge.label}={_quoted(key)}}} {value}" if gauge.label else f"{name} {value}"
        for key, value in gauge.values.items()
    ]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'"{escaped}"'
