"""The ledger: every webhook delivery from its arrival to its outcome, and the outbox of its work.

Each change reads the entry, lets `bot/store/ledger.py` decide, and writes under the condition that `rev` is
still what was read: one atomic document operation, tried again when another process was quicker. `pending`
exists only while a delivery waits to be routed (a sparse index: finding work is no scan).
"""

import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.collection import Collection
from pymongo.database import Database

from bot.records import Delivery, DeliveryState
from bot.store import ledger
from bot.store.chunks import CHUNK_BYTES, Chunks
from bot.store.errors import unavailable
from bot.store.ledger import Entry
from bot.store.writes import insert_new

DAY_MS = 86_400_000
IGNORED_DAYS = 3
PURGE_BATCH = 500
LATEST_MS = 10**15 - 1
PENDING_BYTES = 32 * 1024 * 1024
WITHOUT_PAYLOAD = {"payload": 0, "headers": 0, "early": 0}


class Added(StrEnum):
    """What `add` did with a delivery."""

    NEW = "new"
    DUPLICATE = "duplicate"
    RESTARTED = "restarted"  # known, but its work had failed: pending again


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery as it came in, its signature checked."""

    guid: str
    event: str
    action: str | None
    repository: str | None
    headers: dict[str, str]
    body: bytes
    received_ms: int


@dataclass(frozen=True, slots=True)
class PendingDelivery:
    """A delivery to be routed; `body` as it came in."""

    guid: str
    headers: dict[str, str]
    body: bytes


@unavailable
class Deliveries:
    """Collection `deliveries`; `_id` is the GUID."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._rows: Collection[dict[str, Any]] = database["deliveries"]
        self._chunks = Chunks(database["delivery_chunks"])

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
        return [self._again(d.guid) if i in known else Added.NEW for i, d in enumerate(new)]

    def add_ignored(  # noqa: PLR0917 - the columns of one row
        self, guid: str, event: str, action: str | None, repository: str | None, reason: str, now_ms: int
    ) -> None:
        """Note a delivery that is none of ours, without its payload; purged after three days."""
        row = _new_row(guid, event, action, repository, now_ms, DeliveryState.IGNORED)
        row |= {"reason": reason, "settled_ms": now_ms}
        insert_new(self._rows, [row])

    # ---- its way

    def pending(self, limit: int) -> list[PendingDelivery]:
        """What waits to be routed, oldest first: at most `limit`, and about 32 MiB of bodies."""
        waiting = self._rows.find({"pending": {"$gt": 0}}, {"received_ms": 1}).sort("pending", ASCENDING)
        found: list[PendingDelivery] = []
        for row in list(waiting.limit(limit)):
            if delivery := self._load(row["_id"]):
                found.append(delivery)
            else:
                self.fail(row["_id"], "", "Its payload is lost.", row["received_ms"])
            if sum(len(delivery.body) for delivery in found) >= PENDING_BYTES:
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

    def settle(self, guid: str, token: str, now_ms: int, publication: str | None = None) -> bool:
        """A piece of work is through. True for the one call that made the delivery DONE."""
        before, after = self._change(guid, lambda entry: ledger.settle(entry, token, now_ms, publication))
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

    # ---- reading

    def find(self, guid: str) -> Delivery | None:
        row = self._rows.find_one({"_id": guid}, WITHOUT_PAYLOAD)
        return _delivery(row) if row else None

    def page(
        self, limit: int, before_ms: int | None = None, state: DeliveryState | None = None
    ) -> list[Delivery]:
        """Newest first; `before_ms` is the last one's `received_ms` of the page before."""
        before = LATEST_MS if before_ms is None else before_ms
        if state is None:
            field, query = "received_ms", {"received_ms": {"$lt": before}}
        else:
            field, query = "state_ms", _in_state(state, before)
        rows = self._rows.find(query, WITHOUT_PAYLOAD).sort(field, DESCENDING).limit(limit)
        return [_delivery(row) for row in rows]

    def counts(self) -> dict[str, int]:
        """How many deliveries are in each state."""
        return {state.value: self._count(state) for state in DeliveryState}

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

    def _count(self, state: DeliveryState) -> int:
        groups = list(self._rows.aggregate([{"$match": {"state": state.value}}, {"$count": "n"}]))
        return int(groups[0]["n"]) if groups else 0

    def _again(self, guid: str) -> Added:
        before, after = self._change(guid, _restart_if_failed)
        return Added.DUPLICATE if before is after else Added.RESTARTED

    def _change(self, guid: str, decide: Callable[[Entry], Entry]) -> tuple[Entry, Entry]:
        """Let `decide` change the entry, whoever else changes it meanwhile; the entry before and after.

        An unknown (purged) delivery is left alone: nothing to note where nobody looks.
        """
        while row := self._rows.find_one({"_id": guid}, {"payload": 0, "headers": 0}):
            before = _entry(row)
            after = decide(before)
            if after is before:
                return before, before
            result = self._rows.update_one({"_id": guid, "rev": row["rev"]}, _update(row, after))
            if result.modified_count:
                if after.state is DeliveryState.IGNORED and row.get("chunks"):
                    self._chunks.remove(guid, row["chunks"])
                return before, after
        gone = Entry(DeliveryState.IGNORED)
        return gone, gone

    def _row(self, new: NewDelivery) -> dict[str, Any]:
        payload = zlib.compress(new.body, 6)
        row = _new_row(
            new.guid, new.event, new.action, new.repository, new.received_ms, DeliveryState.PENDING
        )
        row |= {"pending": max(new.received_ms, 1), "headers": json.dumps(new.headers)}
        if len(payload) <= CHUNK_BYTES:
            return {**row, "payload": payload}
        return {**row, "chunks": self._chunks.save(new.guid, payload, new.received_ms)}

    def _load(self, guid: str) -> PendingDelivery | None:
        """None when a piece of the payload is missing."""
        row = self._rows.find_one({"_id": guid}) or {}
        chunks = row.get("chunks", 0)
        payload = self._chunks.load(guid, chunks) if chunks else row.get("payload")
        if payload is None:
            return None
        return PendingDelivery(guid, json.loads(row["headers"]), zlib.decompress(payload))

    def _purge_state(self, state: DeliveryState, before_ms: int) -> int:
        """In steps, since one long delete would stall everybody else on the embedded engine."""
        removed = 0
        old = _in_state(state, before_ms)
        while True:
            oldest = self._rows.find(old, {"state_ms": 1}).sort("state_ms", ASCENDING).limit(PURGE_BATCH)
            batch = [row["state_ms"] for row in oldest]
            if not batch:
                return removed
            step = {"state_ms": {"$gte": batch[0], "$lte": batch[-1]}}
            removed += self._rows.delete_many(step).deleted_count


def _new_row(  # noqa: PLR0917 - the columns of one row
    guid: str, event: str, action: str | None, repository: str | None, received_ms: int, state: DeliveryState
) -> dict[str, Any]:
    return {
        "_id": guid, "state": state.value, "state_ms": _state_ms(state, received_ms),
        "event": event, "action": action, "repository": repository, "received_ms": received_ms,
        "open": [], "early": [], "reason": None, "attempts": 1, "settled_ms": None, "publications": [],
        "rev": 1,
    }  # fmt: skip


def _state_ms(state: DeliveryState, received_ms: int) -> str:
    """Both in one field that sorts by state, then time: the embedded engine uses no compound index."""
    return f"{state.value}|{received_ms:015d}"


def _in_state(state: DeliveryState, before_ms: int) -> dict[str, Any]:
    """The query for those in a state that came in earlier."""
    return {"state_ms": {"$gte": _state_ms(state, 0), "$lt": _state_ms(state, before_ms)}}


def _entry(row: dict[str, Any]) -> Entry:
    return Entry(
        state=DeliveryState(row["state"]),
        open=tuple(row["open"]),
        early=tuple(row["early"]),
        reason=row["reason"],
        attempts=row["attempts"],
        settled_ms=row["settled_ms"],
        publications=tuple(row["publications"]),
    )


def _update(row: dict[str, Any], after: Entry) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "state": after.state.value,
        "state_ms": _state_ms(after.state, row["received_ms"]),
        "open": list(after.open),
        "early": list(after.early),
        "reason": after.reason,
        "attempts": after.attempts,
        "settled_ms": after.settled_ms,
        "publications": list(after.publications),
        "rev": row["rev"] + 1,
    }
    gone: dict[str, str] = {}
    if after.state is DeliveryState.PENDING:
        fields["pending"] = max(row["received_ms"], 1)
    else:
        gone["pending"] = ""
    if after.state is DeliveryState.IGNORED:
        gone |= {"payload": "", "chunks": "", "headers": ""}
    return {"$set": fields, "$unset": gone} if gone else {"$set": fields}


def _delivery(row: dict[str, Any]) -> Delivery:
    names = Delivery.model_fields.keys() - {"guid"}
    return Delivery(guid=row["_id"], **{name: row[name] for name in names if name in row})


def _restart_if_failed(entry: Entry) -> Entry:
    return ledger.restart(entry) if entry.state is DeliveryState.FAILED else entry


def _restart_unless_pending(entry: Entry) -> Entry:
    return entry if entry.state is DeliveryState.PENDING else ledger.restart(entry)
