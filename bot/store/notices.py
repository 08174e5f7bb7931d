"""Which notices were given: nobody is told the same thing twice."""

from collections.abc import Iterable
from typing import Any

from pymongo import ASCENDING
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from bot.store.errors import unavailable
from bot.store.writes import insert_new

PAGE = 1_000  # rows of one insert


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

    def claim_all(self, keys: Iterable[str], now_ms: int) -> int:
        """These were given, whoever did it; how many that is news about."""
        rows = [{"_id": key, "at_ms": now_ms} for key in dict.fromkeys(keys)]
        known = sum(len(insert_new(self._rows, rows[at : at + PAGE])) for at in range(0, len(rows), PAGE))
        return len(rows) - known

    def is_known(self, key: str) -> bool:
        return self._rows.find_one({"_id": key}, {"_id": 1}) is not None

    def release(self, key: str) -> None:
        """The notice could not be given: somebody may try again."""
        self._rows.delete_one({"_id": key})
