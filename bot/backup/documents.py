"""No I/O. One document of a backup as a line: canonical extended JSON, and no more than a database takes.

A line of JSON can be made of few bytes and become many: memory is bounded by the line's length, by how many
values it holds (an empty list takes sixty bytes, and three of the line) and by how deep they lie.
"""

from collections.abc import Mapping
from typing import Any

from bson import encode
from bson.errors import BSONError
from bson.json_util import CANONICAL_JSON_OPTIONS, dumps, loads

from bot.backup.format import BadBackup

MAX_LINE = 16 * 1024 * 1024  # bytes: altpress's largest are pieces of 8 MiB, of which base64 makes 11
MAX_BSON = 16 * 1024 * 1024  # bytes: MongoDB's bound for a document
MAX_VALUES = 200_000  # in one document, commas in texts included
MAX_DEPTH = 100  # MongoDB's bound


def build_document(document: Mapping[str, Any]) -> bytes:
    """Its line. Raises BadBackup for one that could not be read back."""
    line = dumps(document, json_options=CANONICAL_JSON_OPTIONS, ensure_ascii=False).encode() + b"\n"
    if len(line) > MAX_LINE or _count_values(line) > MAX_VALUES:
        raise BadBackup(f"A document is too large for a backup: {document['_id']}.")
    return line


def parse_document(line: bytes) -> dict[str, Any]:
    """One that a database takes. Raises BadBackup."""
    if len(line) > MAX_LINE or (values := _count_values(line)) > MAX_VALUES:
        raise BadBackup("The backup holds a line that is larger than any document.")
    try:
        document = loads(line.decode(), json_options=CANONICAL_JSON_OPTIONS)
        fits = isinstance(document, dict) and (values <= MAX_DEPTH or _is_flat(document))
        fits = fits and isinstance(document.get("_id"), str) and len(encode(document)) <= MAX_BSON
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, ArithmeticError, BSONError):
        fits = False
    if not fits:
        raise BadBackup("The backup holds a line that is no document.")
    found: dict[str, Any] = document
    return found


def _count_values(line: bytes) -> int:
    """At least as many as JSON makes of it; each nested one begins with a bracket."""
    return line.count(b",") + line.count(b"[") + line.count(b"{")


def _is_flat(document: Mapping[str, Any]) -> bool:
    level: list[Any] = [document]
    for _ in range(MAX_DEPTH):
        inner = (value for outer in level for value in (outer.values() if isinstance(outer, dict) else outer))
        level = [value for value in inner if isinstance(value, dict | list)]
        if not level:
            return True
    return False
