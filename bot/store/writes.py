"""Writes that every collection needs, in the form that works on MongoDB and on NX-27017 alike."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

from pymongo import DeleteOne, ReplaceOne
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, DuplicateKeyError
from pymongo.results import UpdateResult

from bot.store.collections import VERSION_FIELD, stamp, version_of

DUPLICATE_KEY = 11000
BATCH = 200  # writes of one request: the embedded engine serves nobody else until they are all done
Item = TypeVar("Item")


def replace_row(rows: Collection[dict[str, Any]], row: dict[str, Any]) -> None:
    """Write the whole document (no bytes in it: NX-27017 cannot), whether it is there or not.

    `_id` is in the document too: NX-27017 would else make one up for a new one. Two upserts at once may
    collide in MongoDB; the second try then finds the document.
    """
    row = stamp(rows.name, row)
    try:
        rows.replace_one({"_id": row["_id"]}, row, upsert=True)
    except DuplicateKeyError:
        rows.replace_one({"_id": row["_id"]}, row, upsert=True)


def replace_rows(rows: Collection[dict[str, Any]], new: Iterable[Mapping[str, Any]]) -> None:
    """`replace_row` of many, in any order: a round trip for each would cost more than the writes do."""
    for batch in _batches(stamp(rows.name, row) for row in new):
        try:
            rows.bulk_write(
                [ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in batch], ordered=False
            )
        except BulkWriteError as error:
            for place in duplicates(error):
                replace_row(rows, batch[place])


def delete_rows(rows: Collection[dict[str, Any]], keys: Iterable[str]) -> None:
    """Those with these `_id`s."""
    for batch in _batches(keys):
        rows.bulk_write([DeleteOne({"_id": key}) for key in batch], ordered=False)


def upsert_row(rows: Collection[dict[str, Any]], key: str, changes: Mapping[str, Any]) -> UpdateResult:
    """Change one document, which is made when it is not there."""
    first = {**changes.get("$setOnInsert", {}), VERSION_FIELD: version_of(rows.name)}
    return rows.update_one({"_id": key}, {**changes, "$setOnInsert": first}, upsert=True)


def insert_new(rows: Collection[dict[str, Any]], new: list[dict[str, Any]]) -> set[int]:
    """Insert those whose `_id` is not there yet; the positions of the others."""
    if not new:
        return set()
    try:
        rows.insert_many([stamp(rows.name, row) for row in new], ordered=False)
    except BulkWriteError as error:
        return duplicates(error)
    return set()


def duplicates(error: BulkWriteError) -> set[int]:
    """The positions of those whose `_id` is taken; any other failure is raised again."""
    failures = (error.details or {}).get("writeErrors", [])
    if not failures or any(failure["code"] != DUPLICATE_KEY for failure in failures):
        raise error
    return {failure["index"] for failure in failures}


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    left = iter(items)
    while batch := list(islice(left, BATCH)):
        yield batch
