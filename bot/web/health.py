"""How this installation is: for load balancers, supervisors and people.

/health/live    200 while the process answers
/health/ready   200 when MongoDB and Redis answer and a worker was seen lately, else 503
/health         the same with each part's state
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify

from bot.errors import Unavailable

LONGEST_CHECK = 1.5  # seconds, all parts together
WORKER_SEEN = 60.0  # seconds; a worker is heard of every five


@dataclass(frozen=True)
class Part:
    """One thing that altpress needs."""

    ok: bool
    detail: str | None = None


Check = Callable[[], Part]


class Health:
    """Looks at all parts at once; one that takes too long is not well.

    A part has one look under way at most, which all who ask meanwhile share: however long one hangs, and
    however often it is asked, it costs one thread, and the others are looked at as ever.
    """

    def __init__(self, checks: dict[str, Check]) -> None:
        self._checks = checks
        self._threads = ThreadPoolExecutor(max_workers=len(checks) or 1, thread_name_prefix="health")
        self._looks: dict[str, Future[Part]] = {}
        self._lock = threading.Lock()

    def look(self) -> dict[str, Part]:
        with self._lock:
            for name, check in self._checks.items():
                if name not in self._looks or self._looks[name].done():
                    self._looks[name] = self._threads.submit(_safely, check)
            looks = dict(self._looks)
        done, _ = wait(looks.values(), timeout=LONGEST_CHECK)
        return {n: f.result() if f in done else Part(False, "no answer") for n, f in looks.items()}

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def worker_part(ages: list[float]) -> Part:
    """What the ages of the workers' last signs of life (seconds, freshest first) mean."""
    fresh = [age for age in ages if age <= WORKER_SEEN]
    return Part(ok=bool(fresh), detail=f"{len(fresh)} seen in the last {WORKER_SEEN:.0f} s")


def answers(ping: Callable[[], None]) -> Check:
    """A check of a store: it answers, or raises."""

    def check() -> Part:
        ping()
        return Part(ok=True)

    return check


def _safely(check: Check) -> Part:
    try:
        return check()
    except Unavailable as error:
        return Part(False, error.public)


def make_blueprint(health: Health) -> Blueprint:
    blueprint = Blueprint("health", __name__, url_prefix="/health")

    @blueprint.get("/live")
    def live() -> Response:
        return jsonify(status="ok")

    @blueprint.get("/ready")
    def ready() -> Response:
        ok = all(part.ok for part in health.look().values())
        return _answer(ok, {"status": "ok" if ok else "unavailable"})

    @blueprint.get("")
    def all_parts() -> Response:
        parts = health.look()
        ok = all(part.ok for part in parts.values())
        shown = {name: {"ok": part.ok, "detail": part.detail} for name, part in parts.items()}
        return _answer(ok, {"status": "ok" if ok else "unavailable", "parts": shown})

    return blueprint


def _answer(ok: bool, body: dict[str, object]) -> Response:
    answer = jsonify(body)
    answer.status_code = 200 if ok else 503
    return answer
