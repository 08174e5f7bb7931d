"""Which notices were given: nobody is told the same thing twice."""

from typing import Any

from pymongo import ASCENDING
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from bot.store.errors import unavailable


@unavailable
class Notices:
    """Collection `notices`; `_id` names the cause."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._rows: Collection[dict[str, Any]] = database["notices"]

    def ensure_indexes(self) -> None:
        self._rows.create_index([("at_ms", ASCENDING)])

    def claim(self, key: str, now_ms: int) -> bool:
        """True exactly once for a key, whoever asks at the same time."""
        try:
            self._rows.insert_one({"_id": key, "at_ms": now_ms})
        except DuplicateKeyError:
            return False
        return True

    def release(self, key: str) -> None:
        """The notice could not be given: somebody may try again."""
        self._rows.delete_one({"_id": key})
