"""What was told, and what is to be: nobody is told the same thing twice, and nothing is forgotten.

A row is a cause. With `waiting` (the site's key) it is a notice that nobody has told yet, with its text;
whoever is killed while telling leaves it so, and the next one looks on GitHub first. With `left_open` (the
same key) it is told by an issue in a developer's repository that altpress has not closed yet.
"""

from collections.abc import Collection as Names
from collections.abc import Iterable
from typing import Any

from pymongo import ASCENDING
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from bot.records import Notice
from bot.store.collections import stamp
from bot.store.errors import unavailable
from bot.store.writes import insert_new

PAGE = 1_000  # rows of one insert
PURGE_BATCH = 500
MOST_WAITING = 200  # of a site, that are looked at


@unavailable
class Notices:
    """Collection `notices`; `_id` names the cause."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._rows: Collection[dict[str, Any]] = database["notices"]

    def ensure_indexes(self) -> None:
        self._rows.create_index([("at_ms", ASCENDING)])
        self._rows.create_index([("waiting", ASCENDING)], sparse=True)
        self._rows.create_index([("left_open", ASCENDING)], sparse=True)

    def claim(self, key: str, now_ms: int) -> bool:
        """True exactly once for a key, whoever asks at the same time: for what needs no telling."""
        return self._insert({"_id": key, "at_ms": now_ms})

    def claim_all(self, keys: Iterable[str], now_ms: int) -> int:
        """These were given, whoever did it; how many that is news about."""
        rows = [{"_id": key, "at_ms": now_ms} for key in dict.fromkeys(keys)]
        known = sum(len(insert_new(self._rows, rows[at : at + PAGE])) for at in range(0, len(rows), PAGE))
        return len(rows) - known

    def unclaim(self, key: str) -> None:
        """As if nobody had asked for it."""
        self._rows.delete_one({"_id": key})

    def is_known(self, key: str) -> bool:
        return self._rows.find_one({"_id": key}, {"_id": 1}) is not None

    def post(self, site_key: str, key: str, notice: Notice, now_ms: int) -> bool:
        """Have it told; False when it was, or waits already."""
        row = {"_id": key, "at_ms": now_ms, "waiting": site_key, "due_ms": now_ms}
        return self._insert({**row, "notice": notice.model_dump_json()})

    def due(self, site_key: str, now_ms: int) -> list[tuple[str, Notice]]:
        """The notices of a site that are to be told now, by key; the oldest first."""
        found = list(self._rows.find({"waiting": site_key}).limit(MOST_WAITING))
        ripe = sorted((row for row in found if row["due_ms"] <= now_ms), key=lambda row: row["at_ms"])
        return [(row["_id"], Notice.model_validate_json(row["notice"])) for row in ripe]

    def put_off(self, key: str, notice: Notice, due_ms: int) -> None:
        """Not now: again at `due_ms`."""
        fields = {"notice": notice.model_dump_json(), "due_ms": due_ms}
        self._rows.update_one({"_id": key}, {"$set": fields})

    def told(self, key: str, *, refused: bool = False) -> None:
        """It was; or `refused`: nobody can be told there."""
        gone = {"waiting": "", "due_ms": "", "notice": ""}
        self._rows.update_one({"_id": key}, {"$set": {"refused": refused}, "$unset": gone})

    def note_issue(self, site_key: str, key: str, repository: str, number: int) -> None:
        """It is told by this issue."""
        fields = {"left_open": site_key, "issue": [repository, number]}
        self._rows.update_one({"_id": key}, {"$set": fields})

    def open_issues(self, site_key: str) -> dict[str, tuple[str, int]]:
        """Repository and number of what `note_issue` noted, by key."""
        rows = list(self._rows.find({"left_open": site_key}, {"issue": 1}).limit(MOST_WAITING))
        return {str(row["_id"]): (str(row["issue"][0]), int(row["issue"][1])) for row in rows}

    def leave_issue(self, key: str) -> None:
        """It is closed, or about to be."""
        self._rows.update_one({"_id": key}, {"$unset": {"left_open": "", "issue": ""}})

    def was_refused(self, key: str) -> bool:
        row = self._rows.find_one({"_id": key}, {"refused": 1})
        return bool(row and row.get("refused"))

    def move(self, old: str, new: str) -> None:
        """The site is called otherwise now: what waits goes with it."""
        for row in list(self._rows.find({"waiting": old}, {"_id": 1}).limit(MOST_WAITING)):
            self._rows.update_one({"_id": row["_id"]}, {"$set": {"waiting": new}})
        for key in self.open_issues(old):
            self._rows.update_one({"_id": key}, {"$set": {"left_open": new}})

    def purge(self, before_ms: int) -> None:
        """Forget older ones, the oldest first, so many each time; never one that waits."""
        old = self._rows.find({"at_ms": {"$lt": before_ms}}).sort("at_ms", ASCENDING).limit(PURGE_BATCH)
        for row in list(old):
            if "waiting" not in row:
                self._rows.delete_one({"_id": row["_id"]})

    def forget(self, sites: Names[str], before_ms: int) -> None:
        """What waits since then for a site that is none of `sites` (keys): nobody tells it any more."""
        for row in list(self._rows.find({"waiting": {"$gt": ""}}, {"waiting": 1, "at_ms": 1})):
            if row["waiting"] not in sites and row["at_ms"] < before_ms:
                self._rows.delete_one({"_id": row["_id"]})

    def _insert(self, row: dict[str, Any]) -> bool:
        try:
            self._rows.insert_one(stamp(self._rows.name, row))
        except DuplicateKeyError:
            return False
        return True
