"""When the last backup was made, and whether a restore is under way."""

from dataclasses import dataclass
from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database

from bot.errors import Unavailable
from bot.store.errors import unavailable
from bot.store.writes import insert_new, upsert_row

LAST, RESTORE = "last", "restore"
NEVER = {"window_ms": -1, "until_ms": 0}
LEASE_MS = 20 * 60_000  # longer than a job may run
PAUSE_MS = 10 * 60_000  # after one that failed


@dataclass(frozen=True, slots=True)
class LastBackup:
    """What is known of the backups that the scheduler had made."""

    window_ms: int = -1  # when the window began in which one was made; windows follow each other since 1970
    ended_ms: int | None = None  # of the last good one
    name: str | None = None
    size: int | None = None  # bytes
    failed_ms: int | None = None  # of the last that failed, until one is made
    reason: str | None = None  # why it failed: a public sentence
    until_ms: int = 0  # until then somebody makes one

    def is_free(self, window_ms: int, now_ms: int) -> bool:
        """Whether nobody makes, or has made, that of the window; times to come are of a clock put back."""
        done = window_ms <= self.window_ms <= now_ms
        return not done and not now_ms < self.until_ms <= now_ms + LEASE_MS


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

    def is_due(self, window_ms: int, now_ms: int) -> bool:
        """Whether the backup of the window that began then is to be made now."""
        last = self.last()
        failed = last.failed_ms is not None and 0 <= now_ms - last.failed_ms < PAUSE_MS
        return last.is_free(window_ms, now_ms) and not failed

    def begin(self, window_ms: int, now_ms: int) -> bool:
        """True for the one that makes it: nobody else does, now or later in this window."""
        insert_new(self._rows, [{"_id": LAST, **NEVER}])
        last = self.last()
        same = {"_id": LAST, "window_ms": last.window_ms, "until_ms": last.until_ms}
        mine = {"$set": {"until_ms": now_ms + LEASE_MS}}
        free = last.is_free(window_ms, now_ms)
        return free and bool(self._rows.update_one(same, mine).modified_count)

    def end(self, window_ms: int, now_ms: int, name: str, size: int) -> None:
        """It is there."""
        done = {"window_ms": window_ms, "until_ms": 0, "ended_ms": now_ms, "name": name, "size": size}
        gone = {"failed_ms": "", "reason": ""}
        self._rows.update_one({"_id": LAST}, {"$set": done, "$unset": gone})

    def note(self, now_ms: int, name: str, size: int) -> None:
        """One that a person made; the schedule stays as it is."""
        done = {"ended_ms": now_ms, "name": name, "size": size}
        insert_new(self._rows, [{"_id": LAST, **NEVER}])
        self._rows.update_one({"_id": LAST}, {"$set": done})

    def fail(self, now_ms: int, reason: str) -> None:
        """It was not made; after a pause it is tried again."""
        self._rows.update_one({"_id": LAST}, {"$set": {"until_ms": 0, "failed_ms": now_ms, "reason": reason}})

    def restoring(self) -> str | None:
        """The backup that is being restored, or whose restore broke off: until then this is no database."""
        row = self._rows.find_one({"_id": RESTORE})
        return str(row["name"]) if row else None

    def check_whole(self) -> None:
        """Raise Unavailable while a restore has not put everything back."""
        if (backup := self.restoring()) is not None:
            raise Unavailable(
                f"{backup} is being restored into the database. If that broke off, run `altpress "
                "restore` again."
            )

    def begin_restore(self, name: str, now_ms: int) -> None:
        """In one write: the mark of one that broke off is never gone before this one is there."""
        upsert_row(self._rows, RESTORE, {"$set": {"name": name, "began_ms": now_ms}})

    def end_restore(self) -> None:
        self._rows.delete_one({"_id": RESTORE})
