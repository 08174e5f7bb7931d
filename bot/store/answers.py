"""GitHub's answers with their ETags: asked with those, an unchanged one costs nothing of the hour's limit."""

import zlib
from typing import Any

from pymongo import ASCENDING
from pymongo.collection import Collection
from pymongo.database import Database

from bot.store.errors import unavailable
from bot.store.writes import upsert_row

MOST_BYTES = 4 * 1024 * 1024  # compressed; a larger answer is asked for anew each time
TOUCHED_MS = 86_400_000  # how often the time of the last use is written


@unavailable
class Answers:
    """Collection `answers`; `_id` names who asked and what."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._rows: Collection[dict[str, Any]] = database["answers"]

    def ensure_indexes(self) -> None:
        self._rows.create_index([("at_ms", ASCENDING)])

    def load(self, key: str, now_ms: int) -> tuple[str, bytes] | None:
        """The ETag and the body."""
        row = self._rows.find_one({"_id": key})
        if row is None:
            return None
        if now_ms - row["at_ms"] > TOUCHED_MS:
            self._rows.update_one({"_id": key}, {"$set": {"at_ms": now_ms}})
        try:
            return str(row["etag"]), zlib.decompress(row["body"])
        except zlib.error:
            return None

    def save(self, key: str, etag: str, body: bytes, now_ms: int) -> None:
        packed = zlib.compress(body, 6)
        if len(packed) > MOST_BYTES:
            self._rows.delete_one({"_id": key})
            return
        # `$set`: the embedded engine cannot replace a document by one with bytes in it
        fields = {"etag": etag, "body": packed, "at_ms": now_ms}
        upsert_row(self._rows, key, {"$set": fields})

    def purge(self, before_ms: int) -> None:
        """Forget what nobody asked for since then."""
        self._rows.delete_many({"at_ms": {"$lt": before_ms}})
