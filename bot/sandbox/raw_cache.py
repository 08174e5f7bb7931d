"""The cache in front of raw files, as raw.githubusercontent.com has one for 300 seconds: off at the start.

`PUT /_sandbox/raw-cache` with `seconds` sets how long an answer is kept, from its first request on, 404s too;
whatever was kept is forgotten. So it can be tried what clients see shortly after a publication.
"""

import threading
import time
from collections.abc import Callable

from flask import Response, current_app, request

from bot.sandbox.control import control
from bot.sandbox.http import ApiError, answer, read_json
from bot.sandbox.routes.contents import raw

LONGEST = 86_400.0  # seconds
MOST = 1_000  # addresses; the oldest goes first
Kept = tuple[float, int, bytes, str]  # until when, status, body, content type


class RawCache:
    """Answers by path. Safe for threads."""

    def __init__(self, seconds: float = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._seconds = clock, seconds
        self._lock, self._kept = threading.Lock(), dict[str, Kept]()

    @property
    def seconds(self) -> float:
        return self._seconds

    def set(self, seconds: float) -> None:
        with self._lock:
            self._seconds = seconds
            self._kept.clear()

    def find(self, path: str) -> Response | None:
        with self._lock:
            until, status, body, kind = self._kept.get(path, (0.0, 0, b"", ""))
        if not status or until <= self._clock():
            return None
        return Response(body, status, content_type=kind, headers={"X-Cache": "HIT"})

    def keep(self, path: str, response: Response) -> None:
        if not self._seconds or response.headers.get("X-Cache"):
            return
        until = self._clock() + self._seconds
        kept = (until, response.status_code, response.get_data(), response.headers["Content-Type"])
        with self._lock:
            self._kept.pop(path, None)
            self._kept[path] = kept
            if len(self._kept) > MOST:
                del self._kept[next(iter(self._kept))]


@raw.before_request
def find_kept() -> Response | None:
    return _cache().find(request.path)


@raw.after_request
def keep(response: Response) -> Response:
    _cache().keep(request.path, response)
    return response


@control.get("/raw-cache")
def show_cache() -> Response:
    return answer({"seconds": _cache().seconds})


@control.put("/raw-cache")
def set_cache() -> Response:
    seconds = read_json().get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= LONGEST:
        raise ApiError(422, f"seconds must be a number between 0 and {LONGEST:.0f}")
    _cache().set(float(seconds))
    return show_cache()


def _cache() -> RawCache:
    cache = current_app.extensions["raw_cache"]
    assert isinstance(cache, RawCache)
    return cache
