"""No I/O. A record as a document of the collection `records`, and back."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from bot.records import Cause, Record
from bot.store.collections import VERSION_FIELD

MOST_CAUSES = 20  # of one change, of a site that cannot be published for days
MARKS = frozenset({"unpublished", "causes"})
BESIDE = MARKS | {VERSION_FIELD}  # what is no part of what is known of an asset


class Change(NamedTuple):
    """What no publish has taken in: the record's text (None: it was removed), and because of what."""

    record: str | None
    causes: tuple[Cause, ...]


def build_row(site_key: str, record: Record) -> dict[str, Any]:
    """What a lock tells of it; `Records.save` adds what it knows besides."""
    return {
        "_id": f"{site_key}|{record.key}",
        "live": f"{site_key}|{record.repository_id:015d}:{record.asset_id:015d}",
        "live_release": name_release(site_key, record.repository_id, record.release_id),
        "record": record.model_dump_json(),
    }


def add_cause(known: Mapping[str, Any] | None, cause: Cause | None) -> dict[str, list[str]]:
    """Those of a change on top of what no publish has taken in yet."""
    before = known.get("causes", []) if known is not None and "unpublished" in known else []
    new = [] if cause is None else [cause.model_dump_json(exclude_none=True)]
    causes = list(dict.fromkeys([*before, *new]))[-MOST_CAUSES:]
    return {"causes": causes} if causes else {}


def parse_change(row: Mapping[str, Any]) -> Change:
    """The change of a row that carries `MARKS`."""
    causes = tuple(Cause.model_validate_json(text) for text in row.get("causes", ()))
    return Change(row.get("record"), causes)


def was_read(known: Mapping[str, Any] | None, record: Record) -> bool:
    """Whether the stored row says the same of the same file, and was read."""
    file = name_file(record.repository_id, record.asset_id, record.updated_at)
    return known is not None and known.get("file") == file and parse_record(known).facts == record.facts


def parse_record(row: Mapping[str, Any]) -> Record:
    """The record of a row that is no tombstone."""
    return Record.model_validate_json(row["record"])


def name_release(site_key: str, repository_id: int, release_id: int) -> str:
    """What the rows of one release have in common."""
    return f"{site_key}|{repository_id}:{release_id}"


def name_file(repository_id: int, asset_id: int, updated_at: str) -> str:
    """What the rows of one file have in common, whatever the site; other bytes have another name."""
    return f"{repository_id}:{asset_id}:{updated_at}"
