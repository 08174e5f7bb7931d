"""The database into a file, while everybody goes on working.

MongoDB alone has no snapshot here (a standalone server, or the embedded engine), so consistency comes from
the order. Whoever writes, writes what is referred to first: a commit's row before the delivery that it made
DONE, a payload's pieces before their delivery. The backup reads the other way round, who refers before what
is referred to: whatever a row in the file names was there before that row, and is read after it. So

- each document is as it was at one moment between `began` and `ended`;
- a delivery that the file calls DONE has its commit in the file, and what came of it is on GitHub;
- a delivery that was on its way is on its way in the file: after a restore it is routed again, and compares
  what is with what should be;
- what came in after its collection was read is not in the file.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from bson import CodecOptions, decode, decode_file_iter, encode
from bson.raw_bson import RawBSONDocument
from pymongo import ASCENDING
from pymongo.database import Database

from bot import __version__
from bot.backup.format import FORMAT, Manifest, build_tail, show_time
from bot.backup.reading import Progress
from bot.backup.signing import sign
from bot.backup.spool import Spool, open_spool
from bot.backup.writing import Sink, Writer
from bot.store.collections import COLLECTIONS, Kind, version_of
from bot.store.errors import translated

REFER = (  # who names documents of others is read before these
    "deliveries", "talks", "publication_causes", "hook_marks", "site_issues", "troubles",
)  # fmt: skip
PIECES = {"deliveries": "delivery_chunks"}  # rows with `chunks`, and where these are
FIRST_PAGE, LARGEST_PAGE = 16, 500  # documents
PAGE_BYTES = 4 * 1024 * 1024  # that a page should have


def kept_collections() -> list[str]:
    """What a backup holds, in the order in which it is read; pieces follow their rows."""
    names = [name for name, about in COLLECTIONS.items() if about.kind is Kind.KEPT]
    ordered = [*REFER, *(name for name in names if name not in {*REFER, *PIECES.values()})]
    return [part for name in ordered for part in (name, PIECES.get(name)) if part in names]


@translated
def back_up(
    database: Database[dict[str, Any]],
    sink: Sink,
    *,
    clock: Callable[[], float],
    keys: Sequence[str] = (),
    progress: Progress = lambda *_: None,
) -> Manifest:
    """Write everything that is in MongoDB alone into `sink`, signed with the first key.

    Raises Unavailable.
    """
    began = _now(clock)
    writer = Writer(sink)
    writer.head(format=FORMAT, altpress=__version__, began=began, kinds=[Kind.KEPT.value])
    for name in (name for name in kept_collections() if name not in PIECES.values()):
        _dump(database, name, writer, progress)
    writer.end()
    manifest = Manifest(
        altpress=__version__,
        began=began,
        ended=_now(clock),
        versions={name: version_of(name) for name in writer.parts},
        migrations=_applied(database),
        collections=writer.parts,
        sha256=writer.sha256,
        size=writer.size,
    )
    manifest = sign(manifest, keys)
    sink.write(build_tail(manifest))
    return manifest


def _dump(database: Database[dict[str, Any]], name: str, writer: Writer, progress: Progress) -> None:
    total = database[name].estimated_document_count()
    with open_spool("What is large in the database") as spool:
        with writer.collection(name):
            for done, row in enumerate(read_all(database, name), start=1):
                whole = _with_pieces(database, name, row, spool) if row.get("chunks") else row
                if whole is not None:
                    writer.add(whole)
                if done % 1000 == 0:
                    progress(name, done, max(done, total))
        if name in PIECES:
            spool.file.seek(0)
            with writer.collection(PIECES[name]):
                for piece in decode_file_iter(spool.file):
                    writer.add(piece)


def _with_pieces(
    database: Database[dict[str, Any]], name: str, row: dict[str, Any], spool: Spool
) -> dict[str, Any] | None:
    """The row, once its pieces are in the spool; as it is now where they are gone (None: with the row)."""
    start = spool.file.tell()
    for number in range(row["chunks"]):
        piece = database[PIECES[name]].find_one({"_id": f"{row['_id']}|{number}"})
        if piece is None:
            spool.cut(start)
            now = database[name].find_one({"_id": row["_id"]})
            return None if now is None else {key: now[key] for key in now if key != "chunks"}
        spool.write(encode(piece))
    return row


def read_all(database: Database[dict[str, Any]], name: str) -> Iterator[dict[str, Any]]:
    """Every document once, by `_id`, a page at a time: the embedded engine answers with whole lists.

    Bounded by `min`, with the hint that MongoDB wants for it: the embedded engine would scan the whole
    collection for `$gt`. Whatever else is written meanwhile, a page begins where the last one ended.
    """
    rows = database[name].with_options(codec_options=CodecOptions(document_class=RawBSONDocument))
    last, size = None, FIRST_PAGE
    while True:
        found = rows.find({}).hint([("_id", ASCENDING)]).sort("_id", ASCENDING).limit(size + 1)
        if last is not None:
            found = found.min([("_id", last)])
        count = taken = 0
        for raw in found:
            count += 1
            taken += len(raw.raw)
            row = decode(raw.raw)
            if row["_id"] != last:
                last = row["_id"]
                yield row
        if count <= size:
            return
        size = max(1, min(size * 2, LARGEST_PAGE, size * PAGE_BYTES // max(taken, 1)))


def _applied(database: Database[dict[str, Any]]) -> tuple[tuple[str, int], ...]:
    rows = database["migrations"].find({}, {"needs": 1, "ended_ms": 1})
    return tuple(sorted((row["_id"], int(row.get("needs") or 0)) for row in rows if row.get("ended_ms")))


def _now(clock: Callable[[], float]) -> str:
    return show_time(datetime.fromtimestamp(clock(), UTC))
