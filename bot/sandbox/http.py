"""What every answer of the API has in common: errors, pages, ETags, rate limits.

| status | when |
|---|---|
| 304 | the client's `If-None-Match` still holds (does not count against the limit) |
| 400 | the body is no JSON object |
| 401 / 403 | no or bad credentials / not allowed |
| 404 | not there, or private and not yours to see |
| 422 | a field is missing or wrong: `errors` lists them |
"""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import uuid4

from flask import Response, request

from bot.sandbox.shapes import render_error
from bot.sandbox.shapes.urls import DOCS

Item = TypeVar("Item")
Json = dict[str, Any]
MAX_JSON = 100 * 1024 * 1024  # bytes of a request's body; a blob of GitHub's ends at 100 MB
LIMIT = 15_000  # requests an hour, the highest that GitHub gives an App


class ApiError(Exception):
    """An answer of 400 and above, in GitHub's form."""

    def __init__(
        self, status: int, message: str, *, errors: Sequence[Json | str] | None = None, docs: str = DOCS
    ) -> None:
        super().__init__(message)
        self.docs = docs
        self.status, self.message, self.errors = status, message, errors

    def response(self) -> Response:
        errors = None if self.errors is None else list(self.errors)
        return answer(render_error(self.message, self.status, errors=errors, docs=self.docs), self.status)


def not_found() -> ApiError:
    return ApiError(404, "Not Found")


def invalid(resource: str, field: str, code: str = "invalid", message: str = "Validation Failed") -> ApiError:
    """422 with one entry; codes are `missing`, `missing_field`, `invalid`, `already_exists`, `custom`."""
    return ApiError(422, message, errors=[{"resource": resource, "field": field, "code": code}])


def answer(payload: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON as GitHub sends it."""
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    response = Response(body, status, headers, content_type="application/json; charset=utf-8")
    response.headers["X-GitHub-Media-Type"] = "github.v3; format=json"
    return response


def read_json() -> Json:
    """The request's body, `{}` when there is none; raises ApiError 400."""
    if (request.content_length or 0) > MAX_JSON:
        raise ApiError(413, "Payload too large")
    raw = request.get_data(cache=True)
    if not raw:
        return {}
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise ApiError(400, "Problems parsing JSON") from None
    if not isinstance(body, dict):
        raise ApiError(400, "Body should be a JSON object")
    return body


def read_field(
    body: Json, name: str, kind: type[Item], resource: str, *, default: Item | None = None
) -> Item:
    """A field of this type; raises ApiError 422 when it has another, or is missing without a default."""
    value = body.get(name)
    if value is None:
        if default is None:
            raise invalid(resource, name, "missing_field")
        return default
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise invalid(resource, name)
    return value


def answer_page(items: Sequence[Item], render: Callable[[Item], Any], *, wrap: str = "") -> Response:
    """The page that `?page=&per_page=` asks for, with `Link`; `wrap` names the list inside an object."""
    number, size = _page_number("page", 1, 2**31), _page_number("per_page", 30, 100)
    rows = [render(item) for item in items[(number - 1) * size : number * size]]
    payload: Any = {"total_count": len(items), wrap: rows} if wrap else rows
    last = max(1, -(-len(items) // size))
    links = {"prev": number - 1, "next": number + 1, "last": last, "first": 1}
    wanted = [
        rel
        for rel in links
        if (rel in {"prev", "first"} and number > 1) or (rel in {"next", "last"} and number < last)
    ]
    header = ", ".join(f'<{_page_url(links[rel])}>; rel="{rel}"' for rel in wanted)
    return answer(payload, headers={"Link": header} if header else None)


def _page_number(name: str, default: int, most: int) -> int:
    text = request.args.get(name, "")
    return min(int(text), most) if text.isascii() and text.isdigit() and int(text) > 0 else default


def _page_url(page: int) -> str:
    arguments = {**request.args.to_dict(), "page": page}
    return f"{request.base_url}?{urlencode(arguments)}"


def add_etag(response: Response) -> Response:
    """A weak ETag on what was read, and 304 with no body when the client has it."""
    if request.method != "GET" or response.status_code != 200 or response.is_streamed:
        return response
    response.headers.setdefault("Cache-Control", "private, max-age=60, s-maxage=60")
    response.headers["Vary"] = "Accept, Authorization, Cookie, X-GitHub-OTP"
    digest = hashlib.sha256(response.get_data()).hexdigest()
    response.set_etag(digest, weak=True)
    if request.if_none_match.contains_weak(digest):
        response.status_code = 304
        response.set_data(b"")
        del response.headers["Content-Type"]
    return response


class RateLimits:
    """Requests by identity in the running hour. Safe for threads."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[int, int]] = {}  # identity -> (end, used)

    def use(self, identity: str, count: int = 1) -> tuple[int, int]:
        """The end of the window (seconds since 1970) and what was used in it, after `count` more."""
        now = int(time.time())
        with self._lock:
            end, used = self._windows.get(identity, (0, 0))
            if end <= now:
                end, used = now + 3600, 0
            self._windows[identity] = (end, used + count)
            return self._windows[identity]

    def add_headers(self, response: Response, identity: str) -> Response:
        end, used = self.use(identity, 0 if response.status_code == 304 else 1)
        response.headers["X-RateLimit-Limit"] = str(self.limit)
        response.headers["X-RateLimit-Remaining"] = str(max(self.limit - used, 0))
        response.headers["X-RateLimit-Used"] = str(used)
        response.headers["X-RateLimit-Reset"] = str(end)
        response.headers["X-RateLimit-Resource"] = "core"
        response.headers["X-GitHub-Request-Id"] = uuid4().hex.upper()
        return response
