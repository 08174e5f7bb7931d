"""Releases of which a CI job said that their files are all there."""

from typing import Any

from pymongo import ASCENDING
from pymongo.collection import Collection
from pymongo.database import Database

from bot.store.errors import unavailable
from bot.store.writes import upsert_row


@unavailable
class Ready:
    """Collection `ready`; `_id` is site, repository id and tag: the release itself may follow."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._rows: Collection[dict[str, Any]] = database["ready"]

    def ensure_indexes(self) -> None:
        self._rows.create_index([("told_ms", ASCENDING)])

    def note(self, site_key: str, repository_id: int, tag: str, told_ms: int) -> None:
        """It was said at this time; what was said later stays."""
        known = self.find(site_key, repository_id, tag)
        if known is None or known < told_ms:
            upsert_row(self._rows, _key(site_key, repository_id, tag), {"$set": {"told_ms": told_ms}})

    def find(self, site_key: str, repository_id: int, tag: str) -> int | None:
        """When it was said last (milliseconds)."""
        row = self._rows.find_one({"_id": _key(site_key, repository_id, tag)})
        return int(row["told_ms"]) if row else None

    def purge(self, before_ms: int) -> None:
        """Forget what is older: those releases have been read long ago."""
        self._rows.delete_many({"told_ms": {"$lt": before_ms}})


def _key(site_key: str, repository_id: int, tag: str) -> str:
    return f"{site_key}|{repository_id}|{tag}"
