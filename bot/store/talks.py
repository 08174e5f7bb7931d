"""Comments with commands while they are answered: what was said to each command, until the one reply."""

from typing import Any

from pymongo import ASCENDING
from pymongo.collection import Collection
from pymongo.database import Database

from bot.records import SaidAnswer, Talk
from bot.store.errors import unavailable


@unavailable
class Talks:
    """Collection `talks`; `_id` names the comment."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._rows: Collection[dict[str, Any]] = database["talks"]

    def ensure_indexes(self) -> None:
        self._rows.create_index([("at_ms", ASCENDING)])

    def find(self, comment: str) -> Talk | None:
        row = self._rows.find_one({"_id": comment})
        if row is None:
            return None
        said = {int(place): SaidAnswer.model_validate_json(text) for place, text in row["said"].items()}
        return Talk(said=said, over=bool(row.get("over")), at_ms=row["at_ms"])

    def begin(self, comment: str, now_ms: int) -> None:
        """It is being answered."""
        first = {"at_ms": now_ms, "said": {}}
        self._rows.update_one({"_id": comment}, {"$setOnInsert": first}, upsert=True)

    def say(self, comment: str, place: int, answer: SaidAnswer) -> None:
        """To the command at this place of the comment."""
        self._rows.update_one({"_id": comment}, {"$set": {f"said.{place}": answer.model_dump_json()}})

    def end(self, comment: str) -> None:
        """The reply is there."""
        self._rows.update_one({"_id": comment}, {"$set": {"over": True}})

    def purge(self, before_ms: int) -> None:
        self._rows.delete_many({"at_ms": {"$lt": before_ms}})
