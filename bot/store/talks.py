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
        return Talk(
            said=said, over=bool(row.get("over")), at_ms=row["at_ms"], allowed=row.get("allowed"),
            again_ms=row.get("again_ms", 0), silent=bool(row.get("silent")),
        )  # fmt: skip

    def begin(
        self,
        comment: str,
        now_ms: int,
        *,
        allowed: int | None = None,
        again_ms: int = 0,
        silent: bool = False,
    ) -> None:
        """It is being answered; what `Talk` says of a person's commands was found now."""
        first = {"at_ms": now_ms, "said": {}}
        if allowed is not None:
            first |= {"allowed": allowed, "again_ms": again_ms, "silent": silent}
        self._rows.update_one({"_id": comment}, {"$setOnInsert": first}, upsert=True)

    def say(self, comment: str, place: int, answer: SaidAnswer) -> None:
        """To the command at this place of the comment."""
        self._rows.update_one({"_id": comment}, {"$set": {f"said.{place}": answer.model_dump_json()}})

    def end(self, comment: str) -> None:
        """The reply is there."""
        self._rows.update_one({"_id": comment}, {"$set": {"over": True}})

    def purge(self, before_ms: int) -> None:
        self._rows.delete_many({"at_ms": {"$lt": before_ms}})
