"""When the last backup was made, and whether a restore is under way."""

from dataclasses import dataclass
from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database

from bot.store.collections import stamp
from bot.store.errors import unavailable
from bot.store.writes import insert_new

LAST, RESTORE = "last", "restore"
LEASE_MS = 20 * 60_000  # longer than a job may run
PAUSE_MS = 10 * 60_000  # after one that failed


@dataclass(frozen=True, slots=True)
class LastBackup:
    """What is known of the backups that the scheduler had made."""

    window: int = -1  # the last one in which one was made; a window is an interval since 1970
    ended_ms: int | None = None  # of the last good one
    name: str | None = None
    size: int | None = None  # bytes
    failed_ms: int | None = None  # of the last that failed, until one is made
    reason: str | None = None  # why it failed: a public sentence
    until_ms: int = 0  # until then somebody makes one


@unavailable
class Backups:
    """Collection `backups`: `last` and, while one is under way or broke off, `restore`."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._rows: Collection[dict[str, Any]] = database["backups"]

    def ensure_indexes(self) -> None:
        """None beyond `_id`: there are two documents."""

    def last(self) -> LastBackup:
        row = self._rows.find_one({"_id": LAST}) or {}
        names = LastBackup.__dataclass_fields__
        return LastBackup(**{name: value for name, value in row.items() if name in names})

    def is_due(self, window: int, now_ms: int) -> bool:
        """Whether one of this window is to be made now."""
        last = self.last()
        rested = last.failed_ms is None or now_ms - last.failed_ms >= PAUSE_MS
        return last.window < window and last.until_ms <= now_ms and rested

    def begin(self, window: int, now_ms: int) -> bool:
        """True for the one that makes it: nobody else does, now or later in this window."""
        insert_new(self._rows, [{"_id": LAST, "window": -1, "until_ms": 0}])
        free = {"_id": LAST, "window": {"$lt": window}, "until_ms": {"$lte": now_ms}}
        mine = {"$set": {"until_ms": now_ms + LEASE_MS}}
        return bool(self._rows.update_one(free, mine).modified_count)

    def end(self, window: int, now_ms: int, name: str, size: int) -> None:
        """It is there."""
        done = {"window": window, "until_ms": 0, "ended_ms": now_ms, "name": name, "size": size}
        gone = {"failed_ms": "", "reason": ""}
        self._rows.update_one({"_id": LAST}, {"$set": done, "$unset": gone})

    def note(self, now_ms: int, name: str, size: int) -> None:
        """One that a person made; the schedule stays as it is."""
        done = {"ended_ms": now_ms, "name": name, "size": size}
        insert_new(self._rows, [{"_id": LAST, "window": -1, "until_ms": 0}])
        self._rows.update_one({"_id": LAST}, {"$set": done})

    def fail(self, now_ms: int, reason: str) -> None:
        """It was not made; after a pause it is tried again."""
        self._rows.update_one({"_id": LAST}, {"$set": {"until_ms": 0, "failed_ms": now_ms, "reason": reason}})

    def restoring(self) -> str | None:
        """The backup that is being restored, or whose restore broke off: until then this is no database."""
        row = self._rows.find_one({"_id": RESTORE})
        return str(row["name"]) if row else None

    def begin_restore(self, name: str, now_ms: int) -> None:
        self._rows.delete_one({"_id": RESTORE})
        self._rows.insert_one(stamp("backups", {"_id": RESTORE, "name": name, "began_ms": now_ms}))

    def end_restore(self) -> None:
        self._rows.delete_one({"_id": RESTORE})
