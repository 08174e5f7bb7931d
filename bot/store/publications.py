"""What altpress committed, and why."""

from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.collection import Collection
from pymongo.database import Database

from bot.records import Liveness, Publication
from bot.store.errors import unavailable
from bot.store.writes import insert_new

LATEST_MS = 10**15 - 1
PURGE_BATCH = 500


@unavailable
class Publications:
    """Collection `publications`; `_id` is `<site key>|<commit>`. `publication_causes` leads there by GUID."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._rows: Collection[dict[str, Any]] = database["publications"]
        self._causes: Collection[dict[str, Any]] = database["publication_causes"]

    def ensure_indexes(self) -> None:
        self._rows.create_index([("at_ms", DESCENDING)])
        self._rows.create_index([("site_ms", DESCENDING)])
        self._causes.create_index([("delivery", ASCENDING)])

    def add(self, publication: Publication) -> None:
        """Note it; twice is the same as once."""
        key = f"{publication.site}|{publication.commit}"
        guids = dict.fromkeys(cause.delivery for cause in publication.causes if cause.delivery)
        row = {"_id": key, "at_ms": publication.at_ms}
        row["site_ms"] = _site_ms(publication.site, publication.at_ms)
        insert_new(self._rows, [{**row, "publication": publication.model_dump_json()}])
        links = [{"_id": f"{guid}|{key}", "delivery": guid, "publication": key} for guid in guids]
        insert_new(self._causes, links)

    def find(self, site_key: str, commit: str) -> Publication | None:
        row = self._rows.find_one({"_id": f"{site_key}|{commit}"})
        return _publication(row) if row else None

    def set_live(self, site_key: str, commit: str, live: Liveness, now_ms: int) -> bool:
        """What came of looking for it; the first finding stays, but for a late one that it is live.

        Whether this changed anything.
        """
        undecided = [None, *([Liveness.NOT_LIVE.value] if live is Liveness.LIVE else [])]
        for before in undecided:
            query = {"_id": f"{site_key}|{commit}", "live": before}
            fields = {"live": live.value, "live_ms": now_ms}
            if self._rows.update_one(query, {"$set": fields}).modified_count:
                return True
        return False

    def latest(self, site_key: str) -> Publication | None:
        return next(iter(self.page(1, site_key)), None)

    def page(
        self, limit: int, site_key: str | None = None, before_ms: int | None = None
    ) -> list[Publication]:
        """Newest first; `before_ms` is the last one's `at_ms` of the page before."""
        before = LATEST_MS if before_ms is None else before_ms
        field = "at_ms"
        bounds: dict[str, Any] = {"$lt": before}
        if site_key is not None:
            field = "site_ms"
            bounds = {"$gte": _site_ms(site_key, 0), "$lt": _site_ms(site_key, before)}
        rows = self._rows.find({field: bounds}).sort(field, DESCENDING).limit(limit)
        return [_publication(row) for row in rows]

    def purge(self, before_ms: int) -> None:
        """Forget older ones, but for each site's newest; the oldest first, so many each time."""
        old = self._rows.find({"at_ms": {"$lt": before_ms}}).sort("at_ms", ASCENDING).limit(PURGE_BATCH)
        for row in list(old):
            publication = _publication(row)
            if self.latest(publication.site) == publication:
                continue
            for guid in {cause.delivery for cause in publication.causes if cause.delivery}:
                self._causes.delete_one({"_id": f"{guid}|{row['_id']}"})
            self._rows.delete_one({"_id": row["_id"]})

    def of_delivery(self, guid: str) -> list[Publication]:
        """The commits that a delivery led to, oldest first."""
        links = list(self._causes.find({"delivery": guid}))
        rows = [self._rows.find_one({"_id": link["publication"]}) for link in links]
        return sorted((_publication(row) for row in rows if row), key=lambda found: found.at_ms)


def _site_ms(site_key: str, at_ms: int) -> str:
    """Both in one field that sorts by site, then time: the embedded engine uses no compound index."""
    return f"{site_key}|{at_ms:015d}"


def _publication(row: dict[str, Any]) -> Publication:
    found = Publication.model_validate_json(row["publication"])
    if row.get("live") is None:
        return found
    return found.model_copy(update={"live": Liveness(row["live"]), "live_ms": row["live_ms"]})
