"""The ledger: every webhook delivery from its arrival to its outcome, and the outbox of its work.

Each change reads the entry, lets `bot/store/ledger.py` decide, and writes under the condition that `rev` is
still what was read: one atomic document operation, tried again when another process was quicker. `pending`
exists only while a delivery waits to be routed (a sparse index: finding work is no scan).
"""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database

from bot.records import DeliveryState
from bot.store import ledger
from bot.store.delivery_reading import DeliveryReading
from bot.store.delivery_rows import (
    Added,
    NewDelivery,
    PendingDelivery,
    build_row,
    build_state_query,
    build_update,
    parse_entry,
)
from bot.store.errors import unavailable
from bot.store.ledger import Entry
from bot.store.payloads import UNREADABLE
from bot.store.writes import insert_new

log = logging.getLogger(__name__)
DAY_MS = 86_400_000
IGNORED_DAYS = 3
PURGE_BATCH = 500
PENDING_STEP = 20
PENDING_BYTES = 32 * 1024 * 1024


@unavailable
class Deliveries(DeliveryReading):
    """Collection `deliveries`; `_id` is the GUID."""

    def __init__(self, database: Database[dict[str, Any]], clock: Callable[[], float] = time.time) -> None:
        """`clock` gives seconds since 1970, for the times of states."""
        super().__init__(database)
        self._clock = clock

    def ensure_indexes(self) -> None:
        self._rows.create_index([("pending", ASCENDING)], sparse=True)
        self._rows.create_index([("received_ms", DESCENDING)])
        self._rows.create_index([("state", ASCENDING)])
        self._rows.create_index([("state_ms", DESCENDING)])
        self._chunks.ensure_indexes()

    # ---- arrival

    def add(self, new: Sequence[NewDelivery]) -> list[Added]:
        """Store a group at once; the answer for each, in order. Two with one GUID give exactly one NEW."""
        known = insert_new(self._rows, [self._row(delivery) for delivery in new])
        return [self._again(delivery) if i in known else Added.NEW for i, delivery in enumerate(new)]

    def add_ignored(  # noqa: PLR0917 - the columns of one row
        self, guid: str, event: str, action: str | None, repository: str | None, reason: str, now_ms: int
    ) -> None:
        """Note a delivery that is none of ours, without its payload; purged after three days."""
        row = build_row(guid, event, action, repository, now_ms, DeliveryState.IGNORED)
        row |= {"reason": reason, "settled_ms": now_ms}
        insert_new(self._rows, [row])

    # ---- its way

    def pending(self, limit: int) -> list[PendingDelivery]:
        """What waits to be routed, oldest first: at most `limit`, and about 32 MiB of bodies.

        Read a few at a time, since the embedded engine answers with whole lists.
        """
        found: list[PendingDelivery] = []
        waiting = self._rows.find({"pending": {"$gt": 0}}).sort("pending", ASCENDING)
        for start in range(0, limit, PENDING_STEP):
            rows = list(waiting.clone().skip(start).limit(min(PENDING_STEP, limit - start)))
            found += filter(None, map(self._pending, rows))
            if len(rows) < PENDING_STEP or sum(len(d.body) for d in found) >= PENDING_BYTES:
                break
        return found

    def queue(self, guid: str, tokens: Sequence[str]) -> None:
        """Its jobs are enqueued; `open` are those of `tokens` that are not through yet."""
        self._change(guid, lambda entry: ledger.queue(entry, tokens))

    def ignore(self, guid: str, reason: str, now_ms: int) -> None:
        """Nothing follows from it; the payload goes."""
        self._change(guid, lambda entry: ledger.ignore(entry, reason, now_ms))

    def add_tokens(self, guid: str, tokens: Sequence[str]) -> None:
        """More work follows from it: call this before that work can start."""
        self._change(guid, lambda entry: ledger.add_tokens(entry, tokens))

    def settle(
        self, guid: str, token: str, now_ms: int, publication: str | None = None, *, note: str | None = None
    ) -> bool:
        """A piece of work is through. True for the one call that made the delivery DONE."""
        before, after = self._change(
            guid, lambda entry: ledger.settle(entry, token, now_ms, publication, note)
        )
        return before is not after and before.state != after.state == DeliveryState.DONE

    def fail(self, guid: str, token: str, reason: str, now_ms: int) -> None:
        """A piece of work failed for good; `reason` is a public sentence."""
        self._change(guid, lambda entry: ledger.fail(entry, token, reason, now_ms))

    def replay(self, guid: str) -> bool:
        """Route it again; False when it is unknown, still pending, or its payload is gone."""
        row = self._rows.find_one({"_id": guid}, {"payload": 1, "chunks": 1, "state": 1})
        if row is None or not ("payload" in row or row.get("chunks")):
            return False
        before, after = self._change(guid, _restart_unless_pending)
        return before is not after

    # ---- its end

    def purge(self, now_ms: int, keep_days: int) -> int:
        """Forget what is older than `keep_days` (ignored ones: three days); how many. Pending ones stay."""
        days = {
            DeliveryState.DONE: keep_days,
            DeliveryState.FAILED: keep_days,
            DeliveryState.QUEUED: keep_days,
            DeliveryState.IGNORED: min(keep_days, IGNORED_DAYS),
        }
        self._chunks.purge(now_ms - keep_days * DAY_MS)
        return sum(self._purge_state(state, now_ms - n * DAY_MS) for state, n in days.items())

    # ---- inside

    def _again(self, new: NewDelivery) -> Added:
        """One that had failed, or was none of ours when it came first, starts now; its payload comes anew."""
        before, after = self._change(new.guid, _restart_if_idle, lambda: self._chunks.pack(new))
        return Added.DUPLICATE if before is after else Added.RESTARTED

    def _change(
        self,
        guid: str,
        decide: Callable[[Entry], Entry],
        payload: Callable[[], dict[str, Any]] | None = None,
    ) -> tuple[Entry, Entry]:
        """Let `decide` change the entry, whoever else changes it meanwhile; the entry before and after.

        What `payload` gives is written in the same operation as the change.

        An unknown (purged) delivery is left alone: nothing to note where nobody looks.
        """
        while row := self._rows.find_one({"_id": guid}, {"payload": 0, "headers": 0}):
            before = parse_entry(row)
            after = decide(before)
            if after is before:
                return before, before
            update = build_update(row, after, int(self._clock() * 1000))
            if payload is not None:
                update["$set"] |= payload()
            result = self._rows.update_one({"_id": guid, "rev": row["rev"]}, update)
            if result.modified_count:
                if after.state is DeliveryState.IGNORED and row.get("chunks"):
                    self._chunks.remove(guid, row["chunks"])
                return before, after
        gone = Entry(DeliveryState.IGNORED)
        return gone, gone

    def _row(self, new: NewDelivery) -> dict[str, Any]:
        row = build_row(
            new.guid, new.event, new.action, new.repository, new.received_ms, DeliveryState.PENDING
        )
        return {**row, "pending": max(new.received_ms, 1), **self._chunks.pack(new)}

    def _pending(self, row: dict[str, Any]) -> PendingDelivery | None:
        """None, and the delivery failed, when its payload cannot be read: no other waits for it."""
        try:
            if (found := self._chunks.unpack(row)) is not None:
                return found
        except UNREADABLE:
            log.exception("payload_unreadable", extra={"delivery": row["_id"]})
        self.fail(row["_id"], "", "Its payload is lost.", row["received_ms"])
        return None

    def _purge_state(self, state: DeliveryState, before_ms: int) -> int:
        """In steps, since one long delete would stall everybody else on the embedded engine."""
        removed = 0
        old = build_state_query(state, before_ms)
        while True:
            oldest = self._rows.find(old, {"state_ms": 1}).sort("state_ms", ASCENDING).limit(PURGE_BATCH)
            batch = [row["state_ms"] for row in oldest]
            if not batch:
                return removed
            step = {"state_ms": {"$gte": batch[0], "$lte": batch[-1]}}
            removed += self._rows.delete_many(step).deleted_count


def _restart_if_idle(entry: Entry) -> Entry:
    """IGNORED, too: its repository may feed a site by now."""
    idle = entry.state in (DeliveryState.FAILED, DeliveryState.IGNORED)
    return ledger.restart(entry) if idle else entry


def _restart_unless_pending(entry: Entry) -> Entry:
    return entry if entry.state is DeliveryState.PENDING else ledger.restart(entry)
