"""The outbox: deliveries that wait in the ledger -> jobs in Redis.

Crash-safe without a transaction: the jobs are enqueued first, under ids made of the delivery, and only then
the delivery stops being pending. Killed in between, it is routed again, and the same ids do the work at most
twice, which changes nothing. A job may be through before its delivery is marked: `bot/store/ledger.py` knows.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from bot.errors import BadPayload, Unavailable
from bot.events import Ignored, parse_event
from bot.records import Job, SiteState
from bot.routing import route_event
from config.log import bind

log = logging.getLogger(__name__)
BATCH = 100
LONGEST_PAUSE = 5.0  # seconds between tries while a store does not answer
ROUTE = "route"  # the token of this step
BUG = "Something went wrong inside altpress; its operator can see why in the log."
NOT_OURS = "none of our sites is concerned"


class Waiting(Protocol):
    """A delivery to be routed."""

    @property
    def guid(self) -> str: ...
    @property
    def headers(self) -> dict[str, str]: ...
    @property
    def body(self) -> bytes: ...


class Ledger(Protocol):
    """What the dispatcher does with the ledger (`bot.store.Deliveries`)."""

    def pending(self, limit: int) -> Sequence[Waiting]: ...
    def queue(self, guid: str, tokens: Sequence[str]) -> None: ...
    def ignore(self, guid: str, reason: str, now_ms: int) -> None: ...
    def fail(self, guid: str, token: str, reason: str, now_ms: int) -> None: ...


class SiteList(Protocol):
    def all(self) -> Sequence[SiteState]: ...


class Ears(Protocol):
    """Notes where webhooks come from (`bot.store.Hearings`)."""

    def heard(self, repositories: Collection[str], now_ms: int) -> None: ...


class Stores(Protocol):
    @property
    def deliveries(self) -> Ledger: ...
    @property
    def sites(self) -> SiteList: ...
    @property
    def hearings(self) -> Ears: ...


class Enqueues(Protocol):
    def enqueue(self, job: Job) -> str: ...


def dispatch_once(store: Stores, queue: Enqueues, *, limit: int = BATCH) -> int:
    """Route what is pending, oldest first; how many deliveries. Raises Unavailable and loses nothing."""
    waiting = store.deliveries.pending(limit)
    sites = store.sites.all() if waiting else ()
    heard = set[str]()
    for delivery in waiting:
        with bind(delivery=delivery.guid):
            try:
                heard.add(_dispatch(store.deliveries, queue, delivery, sites) or "")
            except Unavailable:
                raise
            except Exception:  # a bug must not hold up the deliveries behind this one
                log.exception("dispatch_crashed")
                store.deliveries.fail(delivery.guid, ROUTE, BUG, _now_ms())
    if heard := heard - {""}:
        store.hearings.heard(heard, _now_ms())
    return len(waiting)


def _dispatch(ledger: Ledger, queue: Enqueues, delivery: Waiting, sites: Sequence[SiteState]) -> str | None:
    """The repository that it tells of, when work follows from it."""
    try:
        event = parse_event(delivery.headers, delivery.body)
    except (
        BadPayload
    ) as error:  # it was readable when it was accepted: only an update of altpress changes that
        ledger.fail(delivery.guid, ROUTE, error.public, _now_ms())
        log.warning("delivery_unreadable", extra={"reason": error.public})
        return None
    jobs = route_event(event, sites, delivery=delivery.guid)
    if not jobs:
        reason = event.reason if isinstance(event, Ignored) else NOT_OURS
        ledger.ignore(delivery.guid, reason, _now_ms())
        log.info("delivery_ignored", extra={"repository": event.full_name, "reason": reason})
        return None
    for job in jobs:
        queue.enqueue(job)
    ledger.queue(delivery.guid, [job.token for job in jobs])
    log.info("delivery_routed", extra={"repository": event.full_name, "jobs": [job.name for job in jobs]})
    return event.full_name


def run_dispatcher(
    store: Stores, queue: Enqueues, stop: threading.Event, *, poll: float = 0.1,
    leads: Callable[[], bool] = lambda: True,
) -> None:  # fmt: skip
    """Route until `stop` is set, while `leads` says so; wait `poll` seconds when there is nothing to do.

    A store that does not answer is asked again after growing pauses.
    """
    pause, waits = poll, False
    while not stop.wait(pause):
        if not leads():
            pause = poll
            continue
        try:
            found = dispatch_once(store, queue)
            pause = 0 if found >= BATCH else poll
            if waits:
                waits = False
                log.info("dispatch_goes_on")
        except Exception as error:  # nor may a bug end the loop: nothing would be routed until the next start
            if not isinstance(error, Unavailable):
                log.exception("dispatcher_crashed")
            elif not waits:  # told once, not at each try
                waits = True
                log.warning("dispatch_waits", extra={"code": error.code, "reason": error.public})
            pause = min(max(pause, poll) * 2, LONGEST_PAUSE)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
