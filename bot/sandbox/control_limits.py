"""GitHub's secondary limits, switched on and read while the sandbox runs.

| request | does |
|---|---|
| GET, PUT limits | whether writes are bounded and how (`content_limits.py`), and what was used so far |
"""

from dataclasses import asdict

from flask import Response, current_app, request

from bot.sandbox.content_limits import WRITES, ContentLimits, parse_bounds
from bot.sandbox.control import control
from bot.sandbox.http import ApiError, answer, read_json


@control.get("/limits")
def show_limits() -> Response:
    limits = find_content_limits()
    return answer({**asdict(limits.bounds), "used": limits.show()})


@control.put("/limits")
def set_limits() -> Response:
    """`enforced`, `minute`, `hour`, `speed`; the others are GitHub's own. The counts begin anew."""
    try:
        find_content_limits().set(parse_bounds(read_json()))
    except ValueError as error:
        raise ApiError(422, str(error)) from None
    return show_limits()


def count_write(identity: str) -> Response | None:
    """Before a route: GitHub's refusal of one write too many, or None."""
    if request.method not in WRITES or not request.path.startswith("/api/v3/repos/"):
        return None
    wait = find_content_limits().use(identity)
    if wait is None:
        return None
    response = ApiError(
        403, "You have exceeded a secondary rate limit. Please wait a few minutes."
    ).response()
    response.headers["Retry-After"] = str(wait)
    return response


def find_content_limits() -> ContentLimits:
    """The counters of writes."""
    limits = current_app.extensions["content_limits"]
    assert isinstance(limits, ContentLimits)
    return limits
