"""What was asked of the sites' decisions: pending until it is in git, and for a while what came of it.

A row is never the place of a decision, which is `.altpress/decisions.json` alone: losing all rows loses what
was asked for within the last seconds.
"""

from collections.abc import Collection as Names
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pymongo import ASCENDING
from pymongo.collection import Collection
from pymongo.database import Database

from bot.records import DecisionRequest, RequestProgress, RequestState
from bot.store.errors import unavailable
from bot.store.writes import insert_new

MOST = 100  # that one commit takes in: as many as its trailers name


@unavailable
class DecisionEdits:
    """Collection `decision_edits`; `_id` is the request's id and the site that it was asked of.

    `pending` is the site's key today, and is there while the request is.
    """

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._rows: Collection[dict[str, Any]] = database["decision_edits"]

    def ensure_indexes(self) -> None:
        self._rows.create_index([("pending", ASCENDING)], sparse=True)
        self._rows.create_index([("settled_ms", ASCENDING)], sparse=True)

    def add(self, site_key: str, request: DecisionRequest) -> bool:
        """Have it made; the same again changes nothing. Whether it is new."""
        row = {
            "_id": _key(site_key, request.id), "pending": site_key, "at_ms": request.at_ms,
            "request": request.model_dump_json(exclude_none=True),
        }  # fmt: skip
        return not insert_new(self._rows, [row])

    def find(self, site_key: str, request_id: str) -> RequestProgress | None:
        """By the key that the site had when it was asked."""
        row = self._rows.find_one({"_id": _key(site_key, request_id)})
        return _progress(row) if row else None

    def pending(self, site_key: str, limit: int = MOST) -> list[RequestProgress]:
        """In the order in which they came."""
        rows = sorted(self._rows.find({"pending": site_key}), key=lambda row: (row["at_ms"], row["_id"]))
        return [_progress(row) for row in rows[:limit]]

    def note_tried(self, site_key: str, requests: Iterable[DecisionRequest]) -> None:
        """From here on a commit may hold them."""
        for request in requests:
            self._update(site_key, request.id, {"tried": True})

    def note_waits(
        self, site_key: str, requests: Iterable[DecisionRequest], reason: str, *, pull: str | None = None,
        blocked: bool = False,
    ) -> None:  # fmt: skip
        """Why they are not in git yet."""
        for request in requests:
            self._update(site_key, request.id, {"reason": reason, "pull": pull, "blocked": blocked})

    def settle(
        self, site_key: str, request_id: str, state: RequestState, now_ms: int, *, commit: str | None = None,
        reason: str | None = None,
    ) -> None:  # fmt: skip
        """It is over; the first to say so is right."""
        outcome = {"state": state.value, "commit": commit, "reason": reason, "settled_ms": now_ms}
        self._update(site_key, request_id, outcome, over=True)

    def move(self, old: str, new: str) -> int:
        """The site has another key now; how many went along."""
        return int(self._rows.update_many({"pending": old}, {"$set": {"pending": new}}).modified_count)

    def purge(self, before_ms: int) -> None:
        self._rows.delete_many({"settled_ms": {"$lt": before_ms}})

    def forget(self, sites: Names[str], before_ms: int) -> None:
        """What was asked before of a site that is none of `sites` (keys): nobody is left to make it."""
        for row in list(self._rows.find({"pending": {"$gt": ""}}, {"pending": 1, "at_ms": 1})):
            if row["pending"] not in sites and row["at_ms"] < before_ms:
                self._rows.delete_one({"_id": row["_id"]})

    def _update(
        self, site_key: str, request_id: str, fields: Mapping[str, Any], *, over: bool = False
    ) -> None:
        """While it is pending there; a site that was renamed has the rows of its old name."""
        change: dict[str, Any] = {"$set": dict(fields)} | ({"$unset": {"pending": 0}} if over else {})
        for row in _rows_of(list(self._rows.find({"pending": site_key}, {"_id": 1})), request_id):
            self._rows.update_one({"_id": row, "pending": site_key}, change)


def _key(site_key: str, request_id: str) -> str:
    return f"{request_id}|{site_key}"


def _rows_of(rows: Sequence[Mapping[str, Any]], request_id: str) -> list[str]:
    return [str(row["_id"]) for row in rows if str(row["_id"]).partition("|")[0] == request_id]


def _progress(row: Mapping[str, Any]) -> RequestProgress:
    return RequestProgress(
        request=DecisionRequest.model_validate_json(row["request"]),
        state=RequestState(row.get("state", RequestState.PENDING)),
        tried=bool(row.get("tried")),
        commit=row.get("commit"),
        blocked=bool(row.get("blocked")),
        pull=row.get("pull"),
        reason=row.get("reason"),
    )
