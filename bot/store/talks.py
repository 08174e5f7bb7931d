"""Comments with commands while they are answered: what was said to each command, until the one reply."""

from enum import StrEnum
from typing import Any

from pymongo import ASCENDING
from pymongo.collection import Collection
from pymongo.database import Database

from bot.records import SaidAnswer, Talk
from bot.store.errors import unavailable
from bot.store.writes import upsert_row

REPLYING_MS = 30_000  # after so long, whoever began to reply was cut off


class Turn(StrEnum):
    """To write the reply."""

    FIRST = "first"
    AGAIN = "again"  # a try before was cut off, perhaps after it
    NOT_YET = "not yet"  # another one is at it


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
        upsert_row(self._rows, comment, {"$setOnInsert": first})

    def say(self, comment: str, place: int, answer: SaidAnswer) -> None:
        """To the command at this place of the comment; what was said first stands."""
        key = f"said.{place}"
        self._rows.update_one({"_id": comment, key: None}, {"$set": {key: answer.model_dump_json()}})

    def take_reply(self, comment: str, now_ms: int) -> Turn:
        """Whose turn it is to write the reply, when a job runs twice at once or was cut off."""
        mine = {"$set": {"replying_ms": now_ms}}
        if self._rows.update_one({"_id": comment, "replying_ms": None}, mine).matched_count:
            return Turn.FIRST
        row = self._rows.find_one({"_id": comment}, {"replying_ms": 1})
        began = row["replying_ms"] if row else now_ms
        if began > now_ms - REPLYING_MS:
            return Turn.NOT_YET
        matched = self._rows.update_one({"_id": comment, "replying_ms": began}, mine).matched_count
        return Turn.AGAIN if matched else Turn.NOT_YET

    def end(self, comment: str) -> None:
        """The reply is there."""
        self._rows.update_one({"_id": comment}, {"$set": {"over": True}})

    def purge(self, before_ms: int) -> None:
        self._rows.delete_many({"at_ms": {"$lt": before_ms}})
