"""What is wrong with the sites, and what their issues say of it."""

from collections.abc import Collection as Names
from collections.abc import Iterable
from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database

from bot.records import Cause, SiteIssue, Trouble
from bot.store.errors import unavailable
from bot.store.writes import insert_new, replace_row, upsert_row

MOST_ASKED = 20  # causes of a report that are remembered, for the log and for what it writes


@unavailable
class Reports:
    """Collections `troubles` (`_id`: `<site key>|<kind>|<key>`) and `site_issues` (`_id`: the site's key)."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._troubles: Collection[dict[str, Any]] = database["troubles"]
        self._issues: Collection[dict[str, Any]] = database["site_issues"]

    def ensure_indexes(self) -> None:
        """None beyond `_id`, which begins with the site's key."""

    def note(self, site_key: str, trouble: Trouble) -> bool:
        """This is wrong now, in the place of what was known of it; whether that is news."""
        row = {"_id": _trouble_id(site_key, trouble.kind, trouble.key), "trouble": trouble.model_dump_json()}
        known = self._troubles.find_one({"_id": row["_id"]}, {"trouble": 1})
        if known is not None and known["trouble"] == row["trouble"]:
            return False
        replace_row(self._troubles, row)
        return True

    def clear(self, site_key: str, kind: str, key: str = "") -> bool:
        """It is mended; whether that is news."""
        return bool(self._troubles.delete_one({"_id": _trouble_id(site_key, kind, key)}).deleted_count)

    def troubles(self, site_key: str) -> list[Trouble]:
        """What is wrong, by kind and key."""
        bounds = {"$gt": f"{site_key}|", "$lt": f"{site_key}}}"}  # `}` is what follows `|`
        rows = sorted(self._troubles.find({"_id": bounds}), key=lambda row: str(row["_id"]))
        return [Trouble.model_validate_json(row["trouble"]) for row in rows]

    def find_issue(self, site_key: str) -> SiteIssue | None:
        """What was written into the site's issue; None: this database knows nothing of it."""
        row = self._issues.find_one({"_id": site_key})
        return SiteIssue.model_validate_json(row["issue"]) if row and row.get("issue") else None

    def save_issue(self, site_key: str, issue: SiteIssue) -> None:
        fields = {"$set": {"issue": issue.model_dump_json()}, "$setOnInsert": {"taken_ms": 0}}
        upsert_row(self._issues, site_key, fields)

    def take(self, site_key: str, now_ms: int, until_ms: int) -> bool:
        """One writes at a time: whether it is this one's turn, until then."""
        insert_new(self._issues, [{"_id": site_key, "taken_ms": 0}])
        free = {"_id": site_key, "taken_ms": {"$lte": now_ms}}
        mine = {"$set": {"taken_ms": until_ms}, "$min": {"since_ms": now_ms}}
        return bool(self._issues.update_one(free, mine).matched_count)

    def give_back(self, site_key: str) -> None:
        self._issues.update_one({"_id": site_key}, {"$set": {"taken_ms": 0}})

    def ask(self, site_key: str, causes: Iterable[Cause]) -> None:
        """The next report is for these, too."""
        push = {
            "$each": [cause.model_dump_json(exclude_none=True) for cause in causes],
            "$slice": -MOST_ASKED,
        }
        change = {"$push": {"asked": push}, "$setOnInsert": {"taken_ms": 0}}
        upsert_row(self._issues, site_key, change)

    def take_asked(self, site_key: str) -> list[Cause]:
        """For whom the report is that begins now, each once."""
        row = self._issues.find_one({"_id": site_key}, {"asked": 1})
        asked = list(dict.fromkeys(row.get("asked") or ())) if row else []
        if asked:
            self._issues.update_one({"_id": site_key}, {"$set": {"asked": []}})
        return [Cause.model_validate_json(text) for text in asked]

    def known_since(self, site_key: str) -> int | None:
        """When this database began to tell for the site; None: it never did."""
        row = self._issues.find_one({"_id": site_key}, {"since_ms": 1})
        return row.get("since_ms") if row else None

    def move(self, old: str, new: str) -> None:
        """The site is called otherwise now; its issue came along."""
        issue = self.find_issue(old)
        if issue is not None:
            self.save_issue(new, issue.model_copy(update={"digest": "", "seen": ""}))
        for trouble in self.troubles(old):
            self.note(new, trouble)
        self.remove(old)

    def forget(self, sites: Names[str]) -> None:
        """All of a site that is none of `sites` (keys); if it comes back, its issue is found by its mark."""
        for row in list(self._issues.find({}, {"_id": 1})):
            if row["_id"] not in sites:
                self._issues.delete_one({"_id": row["_id"]})
        for row in list(self._troubles.find({}, {"_id": 1})):
            if not any(row["_id"].startswith(f"{site}|") for site in sites):
                self._troubles.delete_one({"_id": row["_id"]})

    def remove(self, site_key: str) -> None:
        for trouble in self.troubles(site_key):
            self.clear(site_key, trouble.kind, trouble.key)
        self._issues.delete_one({"_id": site_key})


def _trouble_id(site_key: str, kind: str, key: str) -> str:
    return f"{site_key}|{kind}|{key}"
