"""A backup into a database.

Several collections cannot be put in place at one moment, so a mark stands in the database from before the
first change until after the last: with it no process of altpress starts work, none is ready, and the next
restore begins anew. Workers, which alone could act on half of it, are not to run (`altpress restore` looks).
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, BinaryIO

from pymongo.database import Database
from pymongo.errors import BulkWriteError

from bot.backup.dump import kept_collections
from bot.backup.format import BadBackup, Manifest
from bot.backup.reading import Progress, Row, read_rows
from bot.errors import BadSettings
from bot.store.collections import COLLECTIONS, Kind
from bot.store.errors import translated
from bot.store.writes import duplicates

BATCH_ROWS = 500
BATCH_BYTES = 4 * 1024 * 1024  # of lines
ONCE_KEPT = frozenset({"decision_edits"})  # in backups of before November 23rd; left out, git has them
OWN = frozenset({"migrations", "migration_lock", "backups"})


@translated
def is_empty(database: Database[dict[str, Any]]) -> bool:
    """Whether it holds nothing that a restore would take away; what is asked again does not count."""
    there = set(database.list_collection_names())
    names = [name for name, about in COLLECTIONS.items() if about.kind is not Kind.CACHE and name not in OWN]
    return all(database[name].find_one({}, {"_id": 1}) is None for name in names if name in there)


def check_known(manifest: Manifest) -> None:
    """Raise BadBackup for one that holds what no backup does: what git says comes from git, which checks it.

    What an older altpress wrote into the collections that may be there, the migrations change.
    """
    if not manifest.collections.keys() <= ONCE_KEPT | set(kept_collections()):
        raise BadBackup(
            f"The backup was made by altpress {manifest.altpress[:20]}, which keeps more than this version "
            "knows: restore it with that version, or a newer one."
        )


@translated
def restore(
    database: Database[dict[str, Any]],
    file: BinaryIO,
    manifest: Manifest,
    *,
    prepare: Callable[[], None] = lambda: None,
    progress: Progress = lambda *_: None,
) -> int:
    """Everything that was there goes, and what the file (which was verified) holds comes; how many documents.

    `prepare` makes the indexes, while nothing is there: on full collections that takes longer than one answer
    of the database may.
    To be called under the mark (`Backups.begin_restore`). Raises BadBackup, Unavailable.
    """
    check_known(manifest)
    there = set(database.list_collection_names())
    for name in sorted((there & COLLECTIONS.keys()) - {"backups", "migration_lock"}):
        database[name].drop()
    prepare()
    done = 0
    for name, rows in groupby(read_rows(file, manifest), key=attrgetter("collection")):
        for batch in _batches(rows if name not in ONCE_KEPT else iter(())):
            _write(database, name, batch)
            done += len(batch)
            progress(name, done, manifest.documents)
    return done


def _write(database: Database[dict[str, Any]], name: str, batch: Sequence[dict[str, Any]]) -> None:
    """What came in meanwhile under the same `_id` (a webhook that was sent again) gives way.

    Never by `replace_one`: the embedded engine cannot put bytes in the place of a document. And never stamped
    with today's version: migrations are to find what an older altpress wrote.
    """
    try:
        database[name].insert_many(batch, ordered=False)
    except BulkWriteError as error:
        for place in duplicates(error):
            database[name].delete_one({"_id": batch[place]["_id"]})
            database[name].insert_one(batch[place])


def _batches(rows: Iterator[Row]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        if batch and (len(batch) >= BATCH_ROWS or size + row.size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(row.document)
        size += row.size
    if batch:
        yield batch


def check_room(database: Database[dict[str, Any]], *, force: bool, broken: str | None) -> None:
    """Raise BadSettings for a database that holds something, unless a restore of before broke off there."""
    if not force and broken is None and not is_empty(database):
        raise BadSettings(
            "The database is not empty: everything in it would be replaced. With --force that is done."
        )
