"""Failed deliveries that GitHub is asked to send again, and how far its logs have been read."""

import json
from typing import Any

from pymongo import ASCENDING
from pymongo.collection import Collection
from pymongo.database import Database

from bot.records import FailedDelivery, HookMark
from bot.store.errors import unavailable
from bot.store.writes import replace_row


@unavailable
class Redeliveries:
    """Collections `redeliveries` (`_id` is the GUID) and `hook_marks` (`_id` names the webhook)."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._rows: Collection[dict[str, Any]] = database["redeliveries"]
        self._marks: Collection[dict[str, Any]] = database["hook_marks"]

    def ensure_indexes(self) -> None:
        self._rows.create_index([("next_ms", ASCENDING)])

    def find(self, guid: str) -> FailedDelivery | None:
        row = self._rows.find_one({"_id": guid})
        return FailedDelivery.model_validate_json(row["failed"]) if row else None

    def save(self, failed: FailedDelivery) -> None:
        row = {"_id": failed.guid, "next_ms": failed.next_ms, "failed": failed.model_dump_json()}
        replace_row(self._rows, row)

    def remove(self, guid: str) -> None:
        self._rows.delete_one({"_id": guid})

    def due(self, now_ms: int, limit: int) -> list[FailedDelivery]:
        """Those whose pause is over, the longest waiting first."""
        rows = self._rows.find({"next_ms": {"$lte": now_ms}}).sort("next_ms", ASCENDING).limit(limit)
        return [FailedDelivery.model_validate_json(row["failed"]) for row in rows]

    def mark(self, hook: str) -> HookMark:
        row = self._marks.find_one({"_id": hook})
        return HookMark(**json.loads(row["mark"])) if row else HookMark()

    def save_mark(self, hook: str, mark: HookMark) -> None:
        replace_row(self._marks, {"_id": hook, "mark": mark.model_dump_json()})
