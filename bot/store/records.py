"""What is known about the assets of each site: an index over the sites' locks, filled again from them.

A record is kept as its JSON text beside the few fields that are searched: the embedded engine reads one
string quicker than forty fields, and a key with a dot or a dollar in it stays what it is. Removal leaves a
tombstone, so that a lock read later does not bring the record back; it goes long after the commit that took
the record out of the lock (`purge`).

`unpublished` is there from a change until a publish has taken it in, written together with the change: a job
that dies between the two loses no trigger. With it are the change's causes: a publish may hold a change whose
trigger is still to come, and names them.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pymongo import ASCENDING
from pymongo.collection import Collection
from pymongo.database import Database

from bot.records import Cause, Record
from bot.store.collections import stamp
from bot.store.errors import unavailable
from bot.store.pages import read_page
from bot.store.record_rows import (
    BESIDE,
    MARKS,
    Change,
    add_cause,
    build_row,
    name_file,
    name_release,
    parse_change,
    parse_record,
    was_read,
)  # fmt: skip
from bot.store.writes import delete_rows, insert_new, replace_row, replace_rows

PAGE = 1_000  # records of one answer: the embedded engine serves nobody else until it is complete
SAME_FILE = 20  # a file that more sites than these read is found among the first
PURGE_BATCH = 500


class Reset(NamedTuple):
    """How many rows came and went when a site's were replaced."""

    added: int
    removed: int


@unavailable
class Records:
    """Collection `records`; `_id` is `<site key>|<repository id>:<asset id>`."""

    def __init__(self, database: Database[dict[str, Any]], clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._rows: Collection[dict[str, Any]] = database["records"]
        self._imports: Collection[dict[str, Any]] = database["imports"]

    def ensure_indexes(self) -> None:
        self._rows.create_index([("live", ASCENDING)], sparse=True)
        self._rows.create_index([("live_release", ASCENDING)], sparse=True)
        self._rows.create_index([("file", ASCENDING)], sparse=True)
        self._rows.create_index([("unpublished", ASCENDING)], sparse=True)
        self._rows.create_index([("gone_ms", ASCENDING)], sparse=True)

    def save(self, site_key: str, record: Record, *, read: bool = False, cause: Cause | None = None) -> bool:
        """Keep it; False when it was known exactly so. `read`: the facts are from the file itself."""
        row = build_row(site_key, record)
        known = self._rows.find_one({"_id": row["_id"]})
        if read or was_read(known, record):
            row["file"] = name_file(record.repository_id, record.asset_id, record.updated_at)
        if known is not None and {name: known[name] for name in known if name not in BESIDE} == row:
            return False
        replace_row(self._rows, {**row, "unpublished": row["_id"], **add_cause(known, cause)})
        return True

    def amend(self, site_key: str, before: Record, after: Record) -> bool:
        """Put `after`, of the same file and release, in the place of `before`; False when that is not there.

        For what a publish says of a record: it is in the lock already.
        """
        same = {"_id": f"{site_key}|{before.key}", "record": before.model_dump_json()}
        changed = {"$set": {"record": after.model_dump_json()}}
        return bool(self._rows.update_one(same, changed).matched_count)

    def of_site(self, site_key: str) -> list[Record]:
        """All of a site, by repository id and asset id."""
        return self._between(f"{site_key}|", f"{site_key}}}")  # `}` is what follows `|`

    def of_repository(self, site_key: str, repository_id: int) -> list[Record]:
        """Those of a site from one repository, by asset id."""
        start = f"{site_key}|{repository_id:015d}"
        return self._between(f"{start}:", f"{start};")  # `;` is what follows `:`

    def _between(self, after: str, end: str) -> list[Record]:
        found: list[Record] = []
        while True:
            query = {"live": {"$gt": after, "$lt": end}}
            page = self._rows.find(query, {"live": 1, "record": 1}).sort("live", ASCENDING).limit(PAGE)
            rows = list(page.batch_size(PAGE + 1))
            found += map(parse_record, rows)
            if len(rows) < PAGE:
                return found
            after = rows[-1]["live"]

    def of_release(self, site_key: str, repository_id: int, release_id: int) -> list[Record]:
        """Of one release, by asset id."""
        rows = self._rows.find({"live_release": name_release(site_key, repository_id, release_id)})
        return sorted(map(parse_record, rows), key=lambda record: record.asset_id)

    def remove(
        self, site_key: str, repository_id: int, asset_ids: Iterable[int], *, cause: Cause | None = None
    ) -> None:
        """These assets are gone from GitHub."""
        for asset_id in asset_ids:
            key = f"{site_key}|{repository_id}:{asset_id}"
            marks = {"unpublished": key, **add_cause(self._rows.find_one({"_id": key}), cause)}
            replace_row(self._rows, {"_id": key, "removed": 1, **marks})

    def find_facts(self, repository_id: int, asset_id: int, updated_at: str) -> Record | None:
        """What was read of exactly this file for any site: reading it again would tell the same.

        What a site's lock claims is not among it: whoever has a site writes there what he likes.
        """
        rows = self._rows.find({"file": name_file(repository_id, asset_id, updated_at)}).limit(SAME_FILE)
        return next((record for record in map(parse_record, rows) if record.facts), None)

    def is_published(self, site_key: str) -> bool:
        """Whether a publish has taken in every change of the site's records."""
        return self._rows.find_one(_unpublished(site_key), {"_id": 1}) is None

    def unpublished(self, site_key: str) -> dict[str, Change]:
        """The changes that no publish has taken in, by `<site key>|<record's key>`: for `set_published`."""
        rows = self._rows.find(_unpublished(site_key), {"record": 1, "causes": 1})
        return {row["_id"]: parse_change(row) for row in rows.batch_size(PAGE)}

    def set_published(self, changes: Mapping[str, Change]) -> None:
        """A publish has taken these in; what was changed again since is kept for the next."""
        for key, change in changes.items():
            update: dict[str, Any] = {"$unset": dict.fromkeys(MARKS, "")}
            same: dict[str, Any] = {"record": change.record}
            if change.record is None:
                same, update["$set"] = {"removed": 1}, {"gone_ms": int(self._clock() * 1000)}
            self._rows.update_one({"_id": key, **same}, update)

    def purge(self, before_ms: int) -> int:
        """Forget the tombstones that a commit took in before; how many, and so many at most each time."""
        query = {"gone_ms": {"$lt": before_ms}}
        rows = self._rows.find(query, {"_id": 1}).sort("gone_ms", ASCENDING).limit(PURGE_BATCH)
        gone = [row["_id"] for row in rows]
        return sum(self._rows.delete_one({"_id": key, **query}).deleted_count for key in gone)

    def imported(self, site_key: str) -> str | None:
        """The lock that was taken over last (its blob id); None: none was, since this database began."""
        known = self._imports.find_one({"_id": site_key})
        return str(known["lock_sha"]) if known else None

    def import_lock(self, site_key: str, lock_sha: str, records: Sequence[Record]) -> list[Record]:
        """Take over what a site's lock says, once for each state of it; what is known here is newer.

        Those that were not known.
        """
        if self.imported(site_key) == lock_sha:
            return []
        added = self.add_missing(site_key, records)
        self.note_import(site_key, lock_sha)
        return added

    def add_missing(self, site_key: str, records: Sequence[Record]) -> list[Record]:
        """Keep those of which nothing is known; which these were."""
        added: list[Record] = []
        for start in range(0, len(records), PAGE):
            page = records[start : start + PAGE]
            known = insert_new(self._rows, [build_row(site_key, record) for record in page])
            added += [record for place, record in enumerate(page) if place not in known]
        return added

    def is_gone(self, site_key: str, key: str) -> bool:
        """Whether it is known that this asset (`Record.key`) went from GitHub."""
        row = self._rows.find_one({"_id": f"{site_key}|{key}"}, {"removed": 1})
        return row is not None and "removed" in row

    def note_import(self, site_key: str, lock_sha: str) -> None:
        """Everything in this lock is known here."""
        replace_row(self._imports, {"_id": site_key, "lock_sha": lock_sha})

    def reset(self, site_key: str, records: Sequence[Record]) -> Reset:
        """What is known of the site is these and nothing else, tombstones included.

        In an order that never leaves out one of `records`: a publish may look at any moment.
        """
        wanted = {f"{site_key}|{record.key}": record for record in records}
        there, same, gone = 0, set[str](), list[str]()
        for row in self._all_rows(site_key):
            key = row["_id"]
            if key not in wanted:
                gone.append(key)
                continue
            there += 1
            if row == stamp(self._rows.name, build_row(site_key, wanted[key])):
                same.add(key)
        differing = (build_row(site_key, record) for key, record in wanted.items() if key not in same)
        replace_rows(self._rows, differing)
        delete_rows(self._rows, gone)
        return Reset(added=len(wanted) - there, removed=len(gone))

    def _all_rows(self, site_key: str) -> Iterator[dict[str, Any]]:
        """As they are stored, tombstones included."""
        after, end = f"{site_key}|", f"{site_key}}}"
        while page := read_page(self._rows, after, PAGE, before=end):
            yield from page
            after = page[-1]["_id"]


def _unpublished(site_key: str) -> dict[str, Any]:
    return {"unpublished": {"$gt": f"{site_key}|", "$lt": f"{site_key}}}"}}
