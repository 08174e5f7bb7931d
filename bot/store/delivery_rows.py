"""A delivery as a document, and back. No I/O."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.records import Delivery, DeliveryState
from bot.store.ledger import Entry

MOST_HISTORY = 30


class Added(StrEnum):
    """What `add` did with a delivery."""

    NEW = "new"
    DUPLICATE = "duplicate"
    RESTARTED = "restarted"  # known, but failed or ignored before: pending again


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


def build_row(  # noqa: PLR0917 - the columns of one row
    guid: str, event: str, action: str | None, repository: str | None, received_ms: int, state: DeliveryState
) -> dict[str, Any]:
    return {
        "_id": guid, "state": state.value, "state_ms": _state_ms(state, received_ms),
        "event": event, "action": action, "repository": repository, "received_ms": received_ms,
        "open": [], "early": [], "reason": None, "attempts": 1, "settled_ms": None, "publications": [],
        "rev": 1, "history": [[state.value, received_ms]],
    }  # fmt: skip


def _state_ms(state: DeliveryState, received_ms: int) -> str:
    """Both in one field that sorts by state, then time: the embedded engine uses no compound index."""
    return f"{state.value}|{received_ms:015d}"


def build_prefix_query(prefix: str) -> dict[str, Any]:
    """A range of the index on `_id`; `prefix` is not empty."""
    return {"_id": {"$gte": prefix, "$lt": prefix[:-1] + chr(ord(prefix[-1]) + 1)}}


def build_state_query(state: DeliveryState, before_ms: int) -> dict[str, Any]:
    """The query for those in a state that came in earlier."""
    return {"state_ms": {"$gte": _state_ms(state, 0), "$lt": _state_ms(state, before_ms)}}


def parse_entry(row: dict[str, Any]) -> Entry:
    return Entry(
        state=DeliveryState(row["state"]),
        open=tuple(row["open"]),
        early=tuple(row["early"]),
        reason=row["reason"],
        attempts=row["attempts"],
        settled_ms=row["settled_ms"],
        publications=tuple(row["publications"]),
        failed=tuple(row.get("failed", ())),
    )


def build_update(row: dict[str, Any], after: Entry, now_ms: int) -> dict[str, Any]:
    """What to write; a new state is noted with its time."""
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
    if after.state.value != row["state"]:
        fields["history"] = _with_state(row, after.state, now_ms)
    gone: dict[str, str] = {}
    if after.failed:
        fields["failed"] = list(after.failed)
    elif "failed" in row:
        gone["failed"] = ""
    if after.state is DeliveryState.PENDING:
        fields["pending"] = max(row["received_ms"], 1)
    else:
        gone["pending"] = ""
    if after.state is DeliveryState.IGNORED:
        gone |= {"payload": "", "chunks": "", "headers": ""}
    return {"$set": fields, "$unset": gone} if gone else {"$set": fields}


def _with_state(row: dict[str, Any], state: DeliveryState, now_ms: int) -> list[list[Any]]:
    """The first ones and the last: a delivery may be replayed for ever.

    One that failed long ago may come again before migration 0002 gave it its history: webhooks do not wait.
    """
    history = row.get("history") or [[DeliveryState.PENDING.value, row["received_ms"]]]
    kept = history if len(history) < MOST_HISTORY else [*history[:2], *history[3:]]
    return [*kept, [state.value, now_ms]]


def parse_delivery(row: dict[str, Any]) -> Delivery:
    names = Delivery.model_fields.keys() - {"guid"}
    return Delivery(guid=row["_id"], **{name: row[name] for name in names if name in row})
