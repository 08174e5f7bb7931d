"""`POST /webhooks/github`: read, check, store, answer. Nothing waits for Redis, GitHub or a job.

200  a ping, or a delivery that is in the ledger already
202  stored: its work will be done (also a known one whose work had failed: it starts again)
204  none of our business; one row of the ledger says so, without the payload
400  not what GitHub sends: headers, JSON, fields, or a body that ends early
401  the signature is missing or wrong; nothing is stored
413  more than 25 MB
415  neither application/json nor application/x-www-form-urlencoded
503  could not be stored, `Retry-After` says when to send it again
"""

import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from bot.errors import BadPayload, BadSignature, BotError, Unavailable
from bot.events import EVENTS, Event, Ignored, Ping, parse_event
from bot.metrics import Meter
from bot.metrics.table import DELIVERIES
from bot.records import SiteState
from bot.routing import route_event
from bot.store import Added, NewDelivery
from bot.web.arrivals import Arrivals
from bot.web.body import read_body
from bot.web.known import KnownSites
from bot.web.patience import Patience
from bot.web.signature import HEADER, check_signature
from config.log import bind

log = logging.getLogger(__name__)
GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
KEPT_HEADERS = (
    "x-github-event", "content-type", "x-github-hook-id", "x-github-hook-installation-target-type",
)  # fmt: skip
ANSWERS = {word: f'{{"status":"{word}"}}\n' for word in ("pinged", "known", "stored")}
NOT_OURS = "none of our sites is concerned"


class Ledger(Protocol):
    """What the receiver needs of the deliveries (`bot.store.Deliveries`)."""

    def add(self, new: Sequence[NewDelivery]) -> list[Added]: ...
    def add_ignored(  # noqa: PLR0917 - as the store has it
        self, guid: str, event: str, action: str | None, repository: str | None, reason: str, now_ms: int
    ) -> None: ...


@dataclass(frozen=True)
class Arrival:
    """A delivery whose signature is good."""

    guid: str
    name: str  # of the event
    event: Event
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    began: float  # time.monotonic()


class Receiver:
    """Takes deliveries for one installation."""

    def __init__(
        self,
        secrets: Callable[[], Sequence[bytes]],
        ledger: Ledger,
        load_sites: Callable[[], Sequence[SiteState]],
        patience: Patience,
    ) -> None:
        self._secrets = secrets  # asked for each delivery: they may be rotated meanwhile
        self._known = KnownSites(load_sites)
        self._arrivals = Arrivals[NewDelivery, Added](ledger.add)
        self._ignored = Arrivals[Callable[[], None], None](lambda calls: [call() for call in calls])
        self._ledger = ledger
        self._patience = patience

    def receive(self, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        """Status code and a word for a delivery. Raises BadSignature, BadPayload, Unavailable."""
        began = time.monotonic()
        lower = {name.lower(): value for name, value in headers.items()}
        check_signature(self._secrets(), body, lower.get(HEADER))
        arrival = _identify(lower, body, began)
        with bind(delivery=arrival.guid, repository=arrival.event.full_name):
            status, word = self._take(arrival)
            seconds = round(time.monotonic() - began, 4)
            fields = {"github_event": arrival.name, "action": arrival.event.action, "seconds": seconds}
            log.info(f"webhook_{word}", extra={**fields, "status": status})  # noqa: G004 - one of four words
        return status, word

    def close(self) -> None:
        for part in (self._known, self._arrivals, self._ignored):
            part.close()

    def _take(self, arrival: Arrival) -> tuple[int, str]:
        if isinstance(arrival.event, Ping):
            return 200, "pinged"
        with self._patience.watch() as seconds:
            return self._store(arrival, time.monotonic() + seconds)

    def _store(self, arrival: Arrival, deadline: float) -> tuple[int, str]:
        if (reason := self._why_ignore(arrival, deadline)) is not None:
            self._ignored.add(lambda: self._note(arrival, reason), _left(deadline))
            return 204, "ignored"
        added = self._arrivals.add(_new_delivery(arrival), _left(deadline))
        return (200, "known") if added == Added.DUPLICATE else (202, "stored")

    def _note(self, arrival: Arrival, reason: str) -> None:
        event = arrival.event
        self._ledger.add_ignored(arrival.guid, arrival.name, event.action, event.full_name, reason, _now_ms())

    def _why_ignore(self, arrival: Arrival, deadline: float) -> str | None:
        """None when work follows; nothing is turned away on the word of an old reading."""
        event = arrival.event
        if isinstance(event, Ignored):
            return event.reason
        if route_event(event, self._known.recent(_left(deadline)), delivery=arrival.guid):
            return None
        sites = self._known.since(arrival.began, _left(deadline))
        if route_event(event, sites, delivery=arrival.guid):
            return None
        return NOT_OURS


def make_blueprint(receiver: Receiver, meter: Meter) -> Blueprint:
    """The route, for the app factory."""
    blueprint = Blueprint("webhook", __name__)

    @blueprint.post("/webhooks/github")
    def webhook() -> Response:
        outcome = "crashed"
        try:
            body = read_body(request)
            status, outcome = receiver.receive(dict(request.headers), body)
        except (BotError, HTTPException) as error:
            outcome = outcome_of(error)
            raise
        finally:
            meter.count(DELIVERIES, event_label(request.headers.get("X-GitHub-Event", "")), outcome)
        if status == 204:
            return Response(status=204)
        return Response(ANSWERS[outcome], status, mimetype="application/json")

    return blueprint


def event_label(name: str) -> str:
    """An event that altpress reads, by name; anybody may send any other."""
    return name if name in EVENTS else "other"


def outcome_of(error: Exception) -> str:
    """A refusal in one word."""
    if isinstance(error, BadSignature):
        return "unsigned"
    return "unavailable" if isinstance(error, Unavailable) else "invalid"


def _identify(headers: Mapping[str, str], body: bytes, began: float) -> Arrival:
    """What came in, or BadPayload."""
    guid = headers.get("x-github-delivery", "")
    if not GUID.match(guid):
        raise BadPayload("The header X-GitHub-Delivery is missing, or no GUID.")
    event = parse_event(headers, body)
    return Arrival(guid.lower(), headers["x-github-event"], event, headers, body, began)


def _new_delivery(arrival: Arrival) -> NewDelivery:
    event = arrival.event
    kept = {name: arrival.headers[name] for name in KEPT_HEADERS if name in arrival.headers}
    return NewDelivery(
        arrival.guid, arrival.name, event.action, event.full_name, kept, arrival.body, _now_ms()
    )


def _left(deadline: float) -> float:
    """Seconds until then."""
    return deadline - time.monotonic()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
