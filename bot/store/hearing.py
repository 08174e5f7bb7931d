"""When webhooks were heard from each repository, and which releases came to light without one."""

import json
from collections.abc import Collection as Names
from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database

from bot.records import Hearing
from bot.store.errors import unavailable
from bot.store.writes import upsert_row


@unavailable
class Hearings:
    """Collection `hearings`; `_id` is the repository's full name in lower case."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._rows: Collection[dict[str, Any]] = database["hearings"]

    def ensure_indexes(self) -> None:
        """None beyond `_id`: they are looked up by name alone."""

    def heard(self, repositories: Names[str], now_ms: int) -> None:
        """A delivery that concerned a site came from each of them."""
        for name in repositories:
            upsert_row(self._rows, name.lower(), {"$max": {"heard_ms": now_ms}})

    def watch(self, repository: str, now_ms: int) -> Hearing:
        """The repository's row; from its first look on, releases are expected to be announced."""
        key = repository.lower()
        upsert_row(self._rows, key, {"$min": {"since_ms": now_ms}})
        return self.find(key) or Hearing(since_ms=now_ms)

    def find(self, repository: str) -> Hearing | None:
        row = self._rows.find_one({"_id": repository.lower()})
        if row is None:
            return None
        return _hearing(row)

    def all(self) -> dict[str, Hearing]:
        """Of every repository, by its name: there are hundreds, not thousands."""
        return {row["_id"]: _hearing(row) for row in self._rows.find()}

    def set_missed(self, repository: str, missed: dict[str, int]) -> None:
        """Releases (tag -> when it was published, milliseconds) that no delivery announced."""
        upsert_row(self._rows, repository.lower(), {"$set": {"missed": json.dumps(missed)}})

    def set_alarms(self, repository: str, alarms: dict[str, str]) -> None:
        """Where the maintainers were told of the silence, by site; an alarm that is over is left out."""
        upsert_row(self._rows, repository.lower(), {"$set": {"alarms": json.dumps(alarms)}})

    def purge(self, heeded: Names[str], before_ms: int) -> int:
        """Forget the repositories that concern no site any more and were not heard of since; how many."""
        names = {name.lower() for name in heeded}
        gone = [
            name
            for name, hearing in self.all().items()
            if name not in names and max(hearing.heard_ms or 0, hearing.since_ms or 0) < before_ms
        ]
        return sum(self._rows.delete_one({"_id": name}).deleted_count for name in gone)


def _hearing(row: dict[str, Any]) -> Hearing:
    missed, alarms = (json.loads(row.get(name) or "{}") for name in ("missed", "alarms"))
    return Hearing(since_ms=row.get("since_ms"), heard_ms=row.get("heard_ms"), missed=missed, alarms=alarms)
