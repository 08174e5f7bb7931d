"""`GET /metrics`: for Prometheus, behind a bearer token; counts of requests.

Without a token set it is not there, unless it is open.
"""

import time
from collections.abc import Callable, Iterable, Sequence

from flask import Blueprint, Flask, Response, g, request
from prometheus_client.metrics_core import Metric as Family
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import NotFound, Unauthorized

from bot.metrics import Meter
from bot.metrics.render import CONTENT_TYPE, render_metrics
from bot.metrics.table import HTTP_REQUESTS, HTTP_SECONDS
from bot.web.bearer import may_read

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def make_blueprint(
    tokens: Callable[[], Sequence[str]], read: Callable[[], Iterable[Family]], *, is_open: bool = False
) -> Blueprint:
    """`tokens` are those that hold now; while one is rotated there are two. `is_open`: nobody needs one
    where there is none.
    """
    blueprint = Blueprint("metrics", __name__)

    @blueprint.get("/metrics")
    def metrics() -> Response:
        valid = tokens()
        if not may_read(valid, request.headers.get("Authorization"), is_open=is_open):
            raise Unauthorized(www_authenticate=WWWAuthenticate("bearer")) if any(valid) else NotFound
        return Response(render_metrics(read()), content_type=CONTENT_TYPE)

    return blueprint


def count_requests(app: Flask, meter: Meter, started: Callable[[], None] = lambda: None) -> None:
    """Count every answer by its route, never by its path, which anybody may invent.

    `started` is called before each request: the first one shows that this process serves.
    """

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()
        started()

    @app.after_request
    def count(response: Response) -> Response:
        method = request.method if request.method in METHODS else "other"
        route = request.url_rule.rule if request.url_rule else "unmatched"
        meter.count(HTTP_REQUESTS, method, route, str(response.status_code))
        if (began := g.get("began")) is not None:
            meter.observe(HTTP_SECONDS, time.perf_counter() - began, method, route)
        return response
