"""GitHub repositories as they were seen last."""

from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database

from bot.records import RepositoryFacts
from bot.source.allowed import ALLOW_FILE
from bot.store.errors import unavailable
from bot.store.writes import replace_row, upsert_row


@unavailable
class Repositories:
    """Collection `repositories`; `_id` is the full name in lower case, `<full name>/<path>` for a file."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._rows: Collection[dict[str, Any]] = database["repositories"]

    def ensure_indexes(self) -> None:
        """None beyond `_id`: they are looked up by name alone."""

    def save(self, facts: RepositoryFacts, now_ms: int, *, asked: str | None = None) -> None:
        """Seen now; `asked` is the name it was asked for by, an old one of a renamed repository."""
        for key in {facts.full_name.lower(), (asked or facts.full_name).lower()}:
            replace_row(self._rows, {"_id": key, "seen_ms": now_ms, "facts": facts.model_dump_json()})

    def find(self, full_name: str) -> tuple[RepositoryFacts, int] | None:
        """The facts, and when they were seen (milliseconds)."""
        row = self._rows.find_one({"_id": full_name.lower()})
        if row is None or "facts" not in row:
            return None
        return RepositoryFacts.model_validate_json(row["facts"]), row["seen_ms"]

    def note_missing(self, full_name: str, now_ms: int) -> int | None:
        """Nobody can see it now; since when (milliseconds), None when it was seen at the last look."""
        key = full_name.lower()
        row = self._rows.find_one({"_id": key})
        if row is not None and "missing_ms" in row:
            return int(row["missing_ms"])
        upsert_row(self._rows, key, {"$set": {"missing_ms": now_ms}})
        return None

    def note_allow_file(self, full_name: str, now_ms: int) -> None:
        """The repository has the file by which it allows sites of others to publish from it."""
        changes = {"$set": {"seen_ms": now_ms}, "$unset": {"missing_ms": ""}}
        upsert_row(self._rows, _allow_file(full_name), changes)

    def miss_allow_file(self, full_name: str, now_ms: int) -> int | None:
        """It is not found now; since when (milliseconds). None where it never was."""
        key = _allow_file(full_name)
        self._rows.update_one({"_id": key, "missing_ms": None}, {"$set": {"missing_ms": now_ms}})
        row = self._rows.find_one({"_id": key})
        return None if row is None else int(row["missing_ms"])

    def forget(self, full_name: str) -> None:
        """As if it had never been seen: whoever looks for sites looks into it again."""
        self._rows.delete_one({"_id": full_name.lower()})


def _allow_file(full_name: str) -> str:
    return f"{full_name.lower()}/{ALLOW_FILE}"
