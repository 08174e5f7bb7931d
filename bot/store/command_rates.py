"""How many commands each person gave lately."""

from typing import Any, NamedTuple

from pymongo import ASCENDING
from pymongo.collection import Collection
from pymongo.database import Database

from bot.store.errors import unavailable
from bot.store.writes import insert_new

WINDOW_MS = 600_000


class Allowance(NamedTuple):
    """Of what was asked for."""

    granted: int
    first: bool = False  # the first refusal since everything was granted
    again_ms: int = 0  # when the next one is granted


@unavailable
class CommandRates:
    """Collection `command_rates`; `_id` is the login in lower case.

    `at` has the times of the granted ones within the window. A change is written under the condition that
    `rev` is still what was read: two workers never grant the same.
    """

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._rows: Collection[dict[str, Any]] = database["command_rates"]

    def ensure_indexes(self) -> None:
        self._rows.create_index([("last_ms", ASCENDING)])

    def take(self, login: str, count: int, limit: int, now_ms: int) -> Allowance:
        """Grant as many of `count` as there is room for below `limit` in ten minutes."""
        key = login.lower()
        insert_new(self._rows, [{"_id": key, "at": [], "rev": 0, "refused": False, "last_ms": now_ms}])
        while True:
            row = self._rows.find_one({"_id": key})
            if row is None:
                return Allowance(min(count, limit))  # purged between the two: nothing was given lately
            recent = [at for at in row["at"] if now_ms - WINDOW_MS < at <= now_ms]
            granted = max(min(count, limit - len(recent)), 0)
            after = [*recent, *[now_ms] * granted]
            refused = granted < count
            fields = {"at": after, "rev": row["rev"] + 1, "refused": refused, "last_ms": now_ms}
            changed = self._rows.update_one({"_id": key, "rev": row["rev"]}, {"$set": fields})
            if changed.modified_count:
                again = min(after, default=now_ms) + WINDOW_MS
                return Allowance(granted, refused and not row["refused"], again if refused else 0)

    def purge(self, before_ms: int) -> None:
        self._rows.delete_many({"last_ms": {"$lt": before_ms}})
