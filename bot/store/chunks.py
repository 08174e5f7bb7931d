"""Bytes above what one document holds: a MongoDB document ends at 16 MiB, a webhook's payload at 25 MB."""

from typing import Any

from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from bot.store.collections import stamp

CHUNK_BYTES = 8 * 1024 * 1024


class Chunks:
    """Immutable bytes by key, in numbered pieces."""

    def __init__(self, collection: Collection[dict[str, Any]]) -> None:
        self._chunks = collection

    def ensure_indexes(self) -> None:
        self._chunks.create_index("at_ms")

    def save(self, key: str, data: bytes, at_ms: int) -> int:
        """Write all pieces and return their number; doing it again changes nothing."""
        starts = range(0, len(data), CHUNK_BYTES)
        for number, start in enumerate(starts):
            piece = {"_id": f"{key}|{number}", "at_ms": at_ms, "data": data[start : start + CHUNK_BYTES]}
            try:
                self._chunks.insert_one(stamp(self._chunks.name, piece))
            except DuplicateKeyError:
                continue
        return len(starts)

    def load(self, key: str, count: int) -> bytes | None:
        """All pieces as one; None when one is missing."""
        pieces = [self._chunks.find_one({"_id": f"{key}|{number}"}) for number in range(count)]
        return b"".join(bytes(piece["data"]) for piece in pieces if piece) if all(pieces) else None

    def remove(self, key: str, count: int) -> None:
        for number in range(count):
            self._chunks.delete_one({"_id": f"{key}|{number}"})

    def purge(self, before_ms: int) -> None:
        """Remove what was written earlier, left-overs of writes that died included."""
        self._chunks.delete_many({"at_ms": {"$lt": before_ms}})
