"""The sites: what altpress saw there last, and what is to be published.

`generation` counts the triggers and `published_generation` those that a publication has taken in: a
publish that dies loses nothing, and a trigger that comes during one is kept.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database

from bot.records import Cause, HeadCache, Proposal, RepositoryFacts, Site, SiteState
from bot.store.chunks import CHUNK_BYTES
from bot.store.errors import unavailable
from bot.store.writes import upsert_row

MAX_CAUSES = 500  # of a site that cannot be published for days: later ones still count as triggers
COUNTERS = {"generation": 0, "published_generation": 0, "causes": [], "last_publish_ms": None}


@unavailable
class Sites:
    """Collection `sites`; `_id` is the site's key."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._rows: Collection[dict[str, Any]] = database["sites"]
        self._heads: Collection[dict[str, Any]] = database["heads"]

    def ensure_indexes(self) -> None:
        """None beyond `_id`: there are hundreds of sites, not thousands."""

    def save(
        self,
        site: Site,
        repository: RepositoryFacts,
        *,
        head: str | None,
        catalog_sha: str | None,
        catalog: str | None,
        problems: Sequence[str] = (),
        apps: Sequence[str] = (),
    ) -> None:
        """What was seen at `head`; triggers and publications stay as they are."""
        seen = {
            "site": site.model_dump_json(), "repository": repository.model_dump_json(), "head": head,
            "catalog_sha": catalog_sha, "catalog": catalog, "problems": list(problems), "apps": list(apps),
        }  # fmt: skip
        upsert_row(self._rows, site.key, {"$set": seen, "$setOnInsert": COUNTERS})

    def note_renamed(self, key: str, renamed: Mapping[str, str]) -> None:
        """App repositories that are called otherwise now: the catalog's name (lower case) to today's."""
        self._rows.update_one({"_id": key}, {"$set": {"renamed": [list(pair) for pair in renamed.items()]}})

    def note_identifier(self, key: str, identifier: str) -> None:
        """The source is known by it; a later publish writes it into the lock."""
        self._rows.update_one({"_id": key}, {"$set": {"identifier": identifier}})

    def restore_publish(self, key: str, at_ms: int) -> None:
        """When the newest publication was, where that is not known."""
        self._rows.update_one({"_id": key, "last_publish_ms": None}, {"$set": {"last_publish_ms": at_ms}})

    def note_head(self, key: str, head: str) -> None:
        """The branch is at `head` by altpress's own doing; what a sync saves at the same moment stays."""
        self._rows.update_one({"_id": key}, {"$set": {"head": head}})

    def note_due(self, key: str, due_ms: int | None) -> None:
        """When time alone changes what is published there, as the last plan has found."""
        self._rows.update_one({"_id": key}, {"$set": {"due_ms": due_ms}})

    def note_proposal(self, key: str, proposal: Proposal | None) -> None:
        """What waits in a pull request; one without a number: nothing does. None: nobody knows."""
        text = proposal.model_dump_json() if proposal is not None else None
        self._rows.update_one({"_id": key}, {"$set": {"proposal": text}})

    def all(self) -> list[SiteState]:
        """Every site, by key."""
        return sorted((_state(row) for row in self._rows.find()), key=lambda state: state.site.key)

    def find(self, key: str) -> SiteState | None:
        row = self._rows.find_one({"_id": key})
        return _state(row) if row else None

    def remove(self, key: str) -> None:
        self._rows.delete_one({"_id": key})
        self._heads.delete_one({"_id": key})

    def trigger(self, key: str, cause: Cause) -> int:
        """The site is to be published; its generation now (0: no such site)."""
        push = {"$each": [cause.model_dump_json(exclude_none=True)], "$slice": MAX_CAUSES}
        self._rows.update_one({"_id": key}, {"$inc": {"generation": 1}, "$push": {"causes": push}})
        row = self._rows.find_one({"_id": key}, {"generation": 1})
        return int(row["generation"]) if row else 0

    def take(self, key: str) -> tuple[int, tuple[Cause, ...]]:
        """The generation and its causes, read at one moment; they stay until `published`."""
        state = self.find(key)
        return (state.generation, state.causes) if state else (0, ())

    def published(self, key: str, generation: int, taken: Sequence[Cause], now_ms: int) -> None:
        """`generation` is out, with the causes that were `taken`. Twice is the same as once.

        A site that went away meanwhile and came back counts from the beginning: it is left alone.
        """
        while row := self._rows.find_one({"_id": key}):
            if row["published_generation"] >= generation or not _begins_with(row, taken):
                return
            # A trigger in between raises the generation: then read again, so that its cause stays.
            unmoved = {name: row[name] for name in ("generation", "published_generation")}
            fields = {
                "published_generation": generation,
                "causes": row["causes"][len(taken) :],
                "last_publish_ms": now_ms,
                "success_ms": now_ms,
            }
            if self._rows.update_one({"_id": key, **unmoved}, {"$set": fields}).matched_count:
                return

    def note_success(self, key: str, now_ms: int) -> None:
        """A look at everything got to its end; counts only where nothing is to be published."""
        row = self._rows.find_one({"_id": key}, {"generation": 1, "published_generation": 1})
        if row and row["generation"] <= row["published_generation"]:
            self._rows.update_one({"_id": key}, {"$set": {"success_ms": now_ms}})

    def load_head(self, key: str) -> HeadCache | None:
        row = self._heads.find_one({"_id": key})
        return HeadCache(**json.loads(zlib.decompress(row["head"]))) if row else None

    def save_head(self, key: str, head: HeadCache) -> None:
        """A cache: one that would not fit into a document is not kept."""
        packed = zlib.compress(head.model_dump_json().encode(), 6)
        if len(packed) <= CHUNK_BYTES:
            # `$set`: the embedded engine cannot replace a document by one with bytes in it.
            upsert_row(self._heads, key, {"$set": {"head": packed}})
        else:
            self._heads.delete_one({"_id": key})


def _begins_with(row: dict[str, Any], taken: Sequence[Cause]) -> bool:
    first = [Cause.model_validate_json(text) for text in row["causes"][: len(taken)]]
    return first == list(taken)


def _state(row: dict[str, Any]) -> SiteState:
    return SiteState(
        site=Site.model_validate_json(row["site"]),
        repository=RepositoryFacts.model_validate_json(row["repository"]),
        head=row["head"],
        catalog_sha=row["catalog_sha"],
        catalog=row["catalog"],
        problems=tuple(row["problems"]),
        apps=tuple(row["apps"]),
        renamed=dict(row.get("renamed") or ()),
        identifier=row.get("identifier"),
        generation=row["generation"],
        published_generation=row["published_generation"],
        causes=tuple(Cause.model_validate_json(text) for text in row["causes"]),
        last_publish_ms=row["last_publish_ms"],
        success_ms=row.get("success_ms"),
        due_ms=row.get("due_ms", 0),
        proposal=Proposal.model_validate_json(row["proposal"]) if row.get("proposal") else None,
    )
