"""What is noted of each migration: collection `migrations`, `_id` is its number as four digits."""

from typing import Any

from pymongo import ASCENDING
from pymongo.database import Database

from bot.migrate.model import Applied, Migration, parse_applied
from bot.store.collections import COLLECTIONS, VERSION_FIELD
from bot.store.writes import insert_new, upsert_row

NAME = "migrations"
OWN = frozenset({NAME, "migration_lock"})


class Notes:
    """One small document a migration."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._database = database
        self._rows = database[NAME]

    def all(self) -> list[Applied]:
        return [parse_applied(row) for row in self._rows.find().sort("_id", ASCENDING)]

    def find(self, number: str) -> Applied | None:
        row = self._rows.find_one({"_id": number})
        return None if row is None else parse_applied(row)

    def begin(self, migration: Migration, altpress: str, now_ms: int) -> Applied:
        """It runs now, again perhaps; what was noted of an earlier try."""
        first: dict[str, Any] = {"started_ms": now_ms, "ended_ms": None, "changed": 0, "at": {}}
        about = {**_about(migration, altpress), "error": None}
        upsert_row(self._rows, migration.id, {"$set": about, "$setOnInsert": first})
        found = self.find(migration.id)
        assert found is not None
        return found

    def note(self, number: str, **fields: Any) -> None:
        self._rows.update_one({"_id": number}, {"$set": fields})

    def end(self, number: str, changed: int, now_ms: int, next_ms: int) -> None:
        self.note(number, ended_ms=now_ms, changed=changed, at={}, error=None, next_ms=next_ms)

    def stamp(self, migrations: tuple[Migration, ...], altpress: str, now_ms: int) -> None:
        """There is nothing to change; whoever comes first says so, and all others say the same."""
        times = {"started_ms": now_ms, "ended_ms": now_ms, "changed": 0, "stamped": True}
        insert_new(
            self._rows, [{"_id": found.id, **_about(found, altpress), **times} for found in migrations]
        )

    def remove(self, number: str) -> None:
        self._rows.delete_one({"_id": number})

    def is_new(self) -> bool:
        """Whether no altpress of before wrote anything here.

        Nothing is noted then, and every document (of the last moments, if there is any) carries a version.
        """
        if self._rows.find_one({}, {"_id": 1}) is not None:
            return False
        there = set(self._database.list_collection_names()) - OWN
        return not any(
            self._database[name].find_one({VERSION_FIELD: None}, {"_id": 1})
            for name in sorted(there & set(COLLECTIONS))
        )


def _about(migration: Migration, altpress: str) -> dict[str, Any]:
    return {
        "title": migration.title,
        "needs": migration.needs,
        "checksum": migration.checksum,
        "altpress": altpress,
    }
