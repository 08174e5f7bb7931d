"""What `altpress lint --fix` repairs: the table, and how it is applied. No I/O.

A repair keeps what is meant and every unknown key. After each kind of repair all clients are asked: one that
makes a client refuse a document that it took before is not made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.clients import CLIENTS, build_verdicts, check_source
from bot.clients.json5 import Dialect
from bot.clients.model import Path
from bot.lint.document import Document, Unfixable, as_clients_read, load_document, write_document
from bot.lint.edits import (
    REMOVED,
    Editor,
    fix_category,
    fix_colours,
    fix_dates,
    fix_entitlements,
    fix_numbers,
    fix_privacy,
    fix_urls,
    remove_empty,
    remove_empty_screenshots,
    remove_nulls,
)
from bot.lint.lists import order_versions, remove_repeated
from bot.lint.shapes import SOURCE, Json, Shape, map_objects

FIXES: Mapping[str, Editor] = {
    "nulls": remove_nulls,
    "empty": remove_empty,
    "empty-screenshots": remove_empty_screenshots,
    "dates": fix_dates,
    "colours": fix_colours,
    "urls": fix_urls,
    "numbers": fix_numbers,
    "category": fix_category,
    "entitlements": fix_entitlements,
    "privacy": fix_privacy,
    "repeated": remove_repeated,
    "order": order_versions,
}
_ROUNDS = 4  # one repair may make another possible
_CLIENTS = tuple(CLIENTS)


@dataclass(frozen=True, slots=True)
class Change:
    """One repair that was made."""

    fix: str  # its name in the table, `json` or `form`
    at: Path
    what: str

    @property
    def path(self) -> str:
        return " > ".join(str(part) for part in self.at)

    def __str__(self) -> str:
        return f"{self.path}: {self.what}" if self.at else self.what

    def to_json(self) -> dict[str, Any]:
        return {"fix": self.fix, "path": self.path, "message": self.what}


@dataclass(frozen=True, slots=True)
class Fixed:
    """The repaired document."""

    data: bytes
    changes: tuple[Change, ...]


def fix_source(data: bytes) -> Fixed:
    """The document in the canonical form, with everything repaired that is safe to.

    Raises Unfixable when it is no JSON object, or cannot be written again as it is.
    """
    document = load_document(data)
    try:
        value, changes = _repair(document.value)
    except RecursionError:
        raise Unfixable("It is nested too deep.") from None
    written = write_document(value)
    changes = [*_loose(document), *changes]
    if not changes and written != data:
        changes = [Change("form", (), "written in the canonical form: order of keys, two spaces")]
    return Fixed(written, tuple(changes))


def apply_fix(value: Json, name: str) -> tuple[Json, list[Change]]:
    """One repair of the table, everywhere; the given value stays as it is."""
    changes: list[Change] = []

    def change(item: Json, shape: Shape, path: Path) -> Json:
        edits = [*FIXES[name](item, shape)]
        if not edits:
            return item
        changes.extend(Change(name, (*path, edit.key), edit.what) for edit in edits)
        new = {edit.key: edit.value for edit in edits}
        return {key: kept for key, given in item.items() if (kept := new.get(key, given)) is not REMOVED}

    return map_objects(value, SOURCE, change), changes


def _repair(value: Json) -> tuple[Json, list[Change]]:
    made: list[Change] = []
    taken = _taken(value)
    for _ in range(_ROUNDS):
        before = len(made)
        for name in FIXES:
            repaired, changes = apply_fix(value, name)
            if not changes:
                continue
            now = _taken(repaired)
            if taken <= now:
                value, taken = repaired, now
                made += changes
        if len(made) == before:
            break
    return value, made


def _taken(value: Json) -> frozenset[str]:
    """The clients that would take it."""
    verdicts = build_verdicts(check_source(as_clients_read(value), _CLIENTS), _CLIENTS)
    return frozenset(name for name, verdict in verdicts.items() if verdict == "accept")


def _loose(document: Document) -> Sequence[Change]:
    repeated = [
        Change("json", (), f"the second `{key[:100]}` of one object removed; clients read the first")
        for key in document.repeated
    ]
    if document.dialect is Dialect.STRICT:
        return repeated
    return [*repeated, Change("json", (), f"{document.dialect.value} -> strict JSON; comments are lost")]
