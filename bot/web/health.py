"""How this installation is: for load balancers, supervisors and people. docs/health.md is the contract.

/health/live       200 while the process answers; it asks nobody
/health/ready      200 when all that altpress needs is there, else 503 with the names of what is missing
/health/receiving  200 when webhooks can be stored, whatever else is missing, else 503 likewise
/health            the same as `ready` with each part's state; a page for a browser

Strangers learn which parts are well, since when, and how quickly they answer. Details, numbers and the
version are for who brings the token of /metrics or is signed in to the dashboard.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, render_template, request

from bot import __version__
from bot.web.dashboard.headers import POLICY
from bot.web.looks import Check, Looks, Part

LEDGER = "mongodb"  # all that webhooks need is there
STOPPING = "stopping"


class Health:
    """`needed` parts must be well for this process to be ready; the others only inform."""

    def __init__(
        self, needed: Mapping[str, Check], informative: Mapping[str, Check] | None = None, *, room: int = 4
    ) -> None:
        self._needed = Looks(needed, room)
        self._informative = Looks(informative or {}, room)
        self._stopping = False

    def look(self) -> dict[str, Part]:
        """The needed parts."""
        return self._needed.look()

    def look_closer(self) -> dict[str, Part]:
        """The others."""
        return self._informative.look()

    def stopping(self) -> None:
        """From now on nothing new should be sent here: this process is alive, and not ready."""
        self._stopping = True

    def missing(self, parts: Mapping[str, Part]) -> list[str]:
        """Which of these keep work away, by name."""
        return [STOPPING] * self._stopping + [name for name, part in parts.items() if not part.ok]

    def close(self) -> None:
        """Nothing waits for looks that hang: their threads end with the process."""


def make_blueprint(health: Health, trusts: Callable[[], bool] = lambda: False) -> Blueprint:
    """The routes. `trusts` says whether who asks now may know the details."""
    blueprint = Blueprint("health", __name__, template_folder="templates")

    @blueprint.get("/health/live")
    def live() -> Response:
        return jsonify(status="ok")

    @blueprint.get("/health/ready")
    def ready() -> Response:
        return _answer(health.missing(health.look()))

    @blueprint.get("/health/receiving")
    def receiving() -> Response:
        return _answer(health.missing(ledger_of(health.look())))

    @blueprint.get("/health")
    def all_parts() -> Response:
        parts = health.look()
        missing, trusted = health.missing(parts), trusts()
        more = health.look_closer() if trusted else {}
        status = "unavailable" if missing else "ok" if all(p.ok for p in more.values()) else "degraded"
        body: dict[str, Any] = {"status": status, "missing": missing}
        body["parts"] = {name: show(part, trusted=trusted) for name, part in parts.items()}
        if trusted:
            body["version"] = __version__
            body["informative"] = {name: show(part, trusted=True) for name, part in more.items()}
        answer = _page(body) if _wants_page() else jsonify(body)
        answer.status_code = 503 if missing else 200
        answer.vary.update(["Accept", "Authorization", "Cookie"])
        return answer

    return blueprint


def ledger_of(parts: Mapping[str, Part]) -> dict[str, Part]:
    """What webhooks need: a database that lacks migrations will do, one of a newer altpress will not."""
    return {name: part for name, part in parts.items() if name == LEDGER or part.facts.get("too_new") is True}


def show(part: Part, *, trusted: bool) -> dict[str, Any]:
    """A part as JSON; what details and numbers say is no business of strangers."""
    since = datetime.fromtimestamp(part.since, UTC).isoformat(timespec="seconds") if part.since else None
    shown: dict[str, Any] = {"ok": part.ok, "latency_ms": part.latency_ms, "since": since}
    if trusted:
        shown |= {"detail": part.detail, **part.facts}
    return shown


def _answer(missing: list[str]) -> Response:
    answer = jsonify({"status": "unavailable", "missing": missing} if missing else {"status": "ok"})
    answer.status_code = 503 if missing else 200
    return answer


def _wants_page() -> bool:
    """A browser names HTML first; all others get JSON."""
    return request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"


def _page(body: Mapping[str, Any]) -> Response:
    answer = make_response(render_template("health.html", **body))
    answer.headers["Content-Security-Policy"] = POLICY
    return answer
