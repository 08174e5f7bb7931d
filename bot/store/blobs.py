"""File contents by what they are: git blobs of the sites (by SHA-1), and icons (by `sha256:<hex>`)."""

import time
from typing import Any

from pymongo import ASCENDING
from pymongo.collection import Collection
from pymongo.database import Database

from bot.store.chunks import CHUNK_BYTES, Chunks
from bot.store.errors import unavailable
from bot.store.writes import insert_new


@unavailable
class Blobs:
    """Collection `blobs`; `_id` is the key. Contents never change, so that writing twice is harmless."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._rows: Collection[dict[str, Any]] = database["blobs"]
        self._chunks = Chunks(database["blob_chunks"])

    def ensure_indexes(self) -> None:
        self._rows.create_index([("cached_ms", ASCENDING)], sparse=True)
        self._chunks.ensure_indexes()

    def get(self, sha: str) -> bytes | None:
        row = self._rows.find_one({"_id": sha})
        if row is None:
            return None
        return self._chunks.load(sha, row["chunks"]) if "chunks" in row else bytes(row["data"])

    def put(self, sha: str, data: bytes) -> None:
        now_ms = int(time.time() * 1000)
        # Git blobs can be read again from GitHub and may be purged; an icon's file is known only here.
        row: dict[str, Any] = {"_id": sha} if ":" in sha else {"_id": sha, "cached_ms": now_ms}
        if len(data) <= CHUNK_BYTES:
            row["data"] = data
        else:
            row["chunks"] = self._chunks.save(sha, data, now_ms)
        insert_new(self._rows, [row])

    def purge(self, before_ms: int) -> None:
        """Forget git blobs that were cached earlier."""
        old = {"cached_ms": {"$lt": before_ms}}
        for row in list(self._rows.find({**old, "chunks": {"$gt": 0}}, {"chunks": 1})):
            self._chunks.remove(row["_id"], row["chunks"])
        self._rows.delete_many(old)
