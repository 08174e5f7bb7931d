"""The work of a migration, a few documents at a time, so that everybody else is served in between.

A page is found by `_id`. What it brings up to date carries the version at once, and is passed over when the
work is done again: whoever is killed leaves nothing half done, and two at once do no harm. A document that
somebody changes between the reading and the writing stays as it is, and is read again.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import UpdateOne
from pymongo.database import Database

from bot.migrate.model import Change, Row
from bot.store.collections import VERSION_FIELD, version_of
from bot.store.pages import read_page

BATCH = 100  # documents: about 30 ms of the embedded engine, which serves nobody else meanwhile
LOOK = 500  # documents of which only the version is looked at
LONGEST_PAUSE = 0.25  # seconds
TRIES = 3  # of a page that others change at the same moment; what is left comes with the next pass
Beat = Callable[
    [str, str, int, int], None
]  # after each page: collection, last `_id`, its length, changed so far


class Rewriting:
    """The steps of one migration; `changed` counts by collection. With `write=False` it only counts."""

    def __init__(
        self,
        database: Database[dict[str, Any]],
        version: int,
        *,
        write: bool = True,
        beat: Beat = lambda *_: None,
        start: Mapping[str, str] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        now_ms: int = 0,
    ) -> None:
        """`start`: the `_id` after which to go on, by collection."""
        self.now_ms = now_ms
        self._database = database
        self._version = version
        self._write = write
        self._beat = beat
        self._start = start or {}
        self._sleep = sleep
        self._there = frozenset(database.list_collection_names())
        self.changed: Counter[str] = Counter()
        self.dropped: list[str] = []  # indexes

    def rewrite(
        self, collection: str, change: Change, *, reads: Sequence[str] = (), same: Sequence[str] | None = None
    ) -> None:
        def is_older(row: Row) -> bool:
            return int(row.get(VERSION_FIELD) or 0) < self._version

        self._pass(_Pass(collection, change, is_older, self._version, tuple(reads), _guard(reads, same)))

    def revert(
        self,
        collection: str,
        change: Change,
        *,
        to: int,
        reads: Sequence[str] = (),
        same: Sequence[str] | None = None,
    ) -> None:
        def is_newer(row: Row) -> bool:
            return int(row.get(VERSION_FIELD) or 0) > to

        self._pass(_Pass(collection, change, is_newer, to, tuple(reads), _guard(reads, same)))

    def drop_index(self, collection: str, *fields: str) -> None:
        if collection not in self._there:
            return
        rows = self._database[collection]
        for name, about in rows.index_information().items():
            if tuple(field for field, _ in about["key"]) == fields:
                self.dropped.append(name)
                if self._write:
                    rows.drop_index(name)

    def _pass(self, work: "_Pass") -> None:
        if work.collection not in self._there:
            return
        for after, page in self._pages(work):
            began = time.monotonic()
            meant = [row for row in page if work.concerns(row)]
            for _ in range(TRIES):
                written = self._apply(work, meant)
                self.changed[work.collection] += written
                if written == len(meant):
                    break
                meant = [row for row in self._page(work, after) if work.concerns(row)]
            self._beat(work.collection, str(page[-1]["_id"]), len(page), self.changed[work.collection])
            self._sleep(min(time.monotonic() - began, LONGEST_PAUSE))

    def _apply(self, work: "_Pass", rows: Sequence[Row]) -> int:
        """How many were written, or would be."""
        if not rows or not self._write:
            return len(rows)
        updates = [work.build_update(row) for row in rows]
        return int(self._database[work.collection].bulk_write(updates, ordered=False).matched_count)

    def _pages(self, work: "_Pass") -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """All pages, each with the `_id` before it."""
        after = self._start.get(work.collection, "")
        while page := self._page(work, after):
            yield after, page
            after = str(page[-1]["_id"])

    def _page(self, work: "_Pass", after: str) -> list[dict[str, Any]]:
        rows = self._database[work.collection]
        return read_page(rows, after, BATCH, fields={*work.reads, *work.same})


@dataclass(frozen=True)
class _Pass:
    """Once through a collection."""

    collection: str
    change: Change
    concerns: Callable[[Row], bool]
    version: int  # that it gives
    reads: tuple[str, ...]
    same: tuple[str, ...]

    def build_update(self, row: Row) -> UpdateOne:
        change = self.change(row)
        same = {"_id": row["_id"], **{field: row.get(field) for field in self.same}}
        fields = {**change.get("$set", {}), VERSION_FIELD: self.version}
        return UpdateOne(same, {**{name: c for name, c in change.items() if c}, "$set": fields})


def _guard(reads: Sequence[str], same: Sequence[str] | None) -> tuple[str, ...]:
    return (*(reads if same is None else same), VERSION_FIELD)


def count_older(
    database: Database[dict[str, Any]],
    collections: Sequence[str],
    beat: Beat = lambda *_: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Counter[str]:
    """How many documents of each carry a lower version than the table's, or none."""
    there = frozenset(database.list_collection_names())
    found: Counter[str] = Counter()
    for collection in collections:
        after = ""
        while collection in there and (
            page := read_page(database[collection], after, LOOK, fields=(VERSION_FIELD,))
        ):
            began = time.monotonic()
            after = str(page[-1]["_id"])
            found[collection] += sum(
                int(row.get(VERSION_FIELD) or 0) < version_of(collection) for row in page
            )
            beat(collection, after, len(page), 0)
            sleep(min(time.monotonic() - began, LONGEST_PAUSE))
    return +found
