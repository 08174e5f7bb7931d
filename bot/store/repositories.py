"""GitHub repositories as they were seen last."""

from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database

from bot.records import RepositoryFacts
from bot.store.errors import unavailable
from bot.store.writes import replace_row


@unavailable
class Repositories:
    """Collection `repositories`; `_id` is the full name in lower case."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._rows: Collection[dict[str, Any]] = database["repositories"]

    def ensure_indexes(self) -> None:
        """None beyond `_id`: they are looked up by name alone."""

    def save(self, facts: RepositoryFacts, now_ms: int) -> None:
        key = facts.full_name.lower()
        replace_row(self._rows, {"_id": key, "seen_ms": now_ms, "facts": facts.model_dump_json()})

    def find(self, full_name: str) -> tuple[RepositoryFacts, int] | None:
        """The facts, and when they were seen (milliseconds)."""
        row = self._rows.find_one({"_id": full_name.lower()})
        return (RepositoryFacts.model_validate_json(row["facts"]), row["seen_ms"]) if row else None
