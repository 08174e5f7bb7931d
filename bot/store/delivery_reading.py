"""What the ledger says of deliveries; nothing here changes one."""

from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.collection import Collection
from pymongo.database import Database

from bot.records import Delivery, DeliveryState
from bot.store.delivery_rows import PendingDelivery, build_prefix_query, build_state_query, parse_delivery
from bot.store.errors import unavailable
from bot.store.payloads import UNREADABLE, Payloads

LATEST_MS = 10**15 - 1
WITHOUT_PAYLOAD = {"payload": 0, "headers": 0, "early": 0}


@unavailable
class DeliveryReading:
    """The queries of `bot.store.Deliveries`."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._rows: Collection[dict[str, Any]] = database["deliveries"]
        self._chunks = Payloads(database["delivery_chunks"])

    def find(self, guid: str) -> Delivery | None:
        row = self._rows.find_one({"_id": guid}, WITHOUT_PAYLOAD)
        return parse_delivery(row) if row else None

    def find_guids(self, prefix: str, limit: int) -> list[str]:
        """Those that begin with these letters, in order."""
        rows = self._rows.find(build_prefix_query(prefix), {"_id": 1}).sort("_id", ASCENDING).limit(limit)
        return [row["_id"] for row in rows]

    def load(self, guid: str) -> PendingDelivery | None:
        """Headers and body as they came in; None once they are gone, or were never kept."""
        row = self._rows.find_one({"_id": guid}, {"headers": 1, "payload": 1, "chunks": 1})
        try:
            return None if row is None else self._chunks.unpack(row)
        except UNREADABLE:
            return None

    def page(
        self, limit: int, before_ms: int | None = None, state: DeliveryState | None = None
    ) -> list[Delivery]:
        """Newest first; `before_ms` is the last one's `received_ms` of the page before."""
        before = LATEST_MS if before_ms is None else before_ms
        if state is None:
            field, query = "received_ms", {"received_ms": {"$lt": before}}
        else:
            field, query = "state_ms", build_state_query(state, before)
        rows = self._rows.find(query, WITHOUT_PAYLOAD).sort(field, DESCENDING).limit(limit)
        return [parse_delivery(row) for row in rows]

    def counts(self) -> dict[str, int]:
        """How many deliveries are in each state."""
        # The hint spares MongoDB reading the documents; the embedded engine finds the index by itself.
        groups = self._rows.aggregate([{"$group": {"_id": "$state", "n": {"$sum": 1}}}], hint={"state": 1})
        return dict.fromkeys((state.value for state in DeliveryState), 0) | {g["_id"]: g["n"] for g in groups}

    def oldest_pending_ms(self) -> int | None:
        """When the oldest that waits to be routed came in."""
        row = self._rows.find_one({"pending": {"$gt": 0}}, {"pending": 1}, sort=[("pending", ASCENDING)])
        return None if row is None else int(row["pending"])
