"""A document as it is repaired: read without a loss, written in the canonical form. No I/O.

Numbers keep their digits: what a float would round is carried as text beside its value, and put back when
the document is written.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Self, cast

from bot.clients.json5 import Dialect, NotJson, Scanner, decode_text, read_json
from bot.clients.odd_texts import plain_texts
from bot.source.codec import render_source
from bot.source.model import Source

_INT64 = 1 << 63
_MARK = "\ue000"  # for private use: no document's own text, which is checked
_STRICT_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_MARKED = re.compile(rf'"{_MARK}(-?[0-9][0-9.eE+-]*){_MARK}"')


class Unfixable(Exception):
    """The document cannot be written again without a loss; the message is public."""


class ExactFloat(float):
    """A number with its digits, as they stand in the document."""

    digits: str

    def __new__(cls, digits: str) -> Self:
        made = super().__new__(cls, digits)
        made.digits = digits
        return made


@dataclass(frozen=True)
class Document:
    """`value` is read as clients do, except that its floats are ExactFloats."""

    value: dict[str, Any]
    dialect: Dialect
    repeated: tuple[str, ...]  # keys given twice in one object; only the first is in `value`


def load_document(data: bytes) -> Document:
    """Raises Unfixable."""
    try:
        read = read_json(data)
        value = _read_exactly(decode_text(data), read.dialect)
    except NotJson as error:
        raise Unfixable(f"It is no JSON: {error}.") from None
    except RecursionError:
        raise Unfixable("It is nested too deep.") from None
    if not isinstance(value, dict):
        raise Unfixable("It is no object.")
    return Document(value, read.dialect, read.repeated)


def write_document(value: dict[str, Any]) -> bytes:
    """The canonical bytes. Raises Unfixable."""
    numbers: list[str] = []
    try:
        rendered = render_source(cast("Source", _map_numbers(value, numbers))).decode()
        written, put_back = _MARKED.subn(lambda found: found[1], rendered)
        if put_back != len(numbers) or read_json(written.encode()).value != as_clients_read(value):
            raise Unfixable("It holds text that cannot be written again as it is.")
    except RecursionError:
        raise Unfixable("It is nested too deep.") from None
    except (ValueError, TypeError):
        raise Unfixable("It holds numbers or letters that strict JSON has no form for.") from None
    return written.encode()


def as_clients_read(value: Any) -> Any:
    """The value with plain numbers, for the clients' checks."""
    match value:
        case dict():
            return {key: as_clients_read(item) for key, item in value.items()}
        case list():
            return [as_clients_read(item) for item in value]
        case ExactFloat():
            return float(value)
    return value


def _read_exactly(text: str, dialect: Dialect) -> Any:
    if dialect is not Dialect.STRICT:
        return plain_texts(Scanner(text, parse_float=_loose_float).read().value)
    return json.loads(text, object_pairs_hook=_first_wins, parse_float=ExactFloat, parse_int=_integer)


def _loose_float(digits: str) -> float:
    """`.5` and `Infinity` are no digits of strict JSON."""
    return ExactFloat(digits) if _STRICT_FLOAT.fullmatch(digits) else float(digits)


def _first_wins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else found | dict(reversed(pairs))


def _integer(digits: str) -> int:
    if len(digits) >= 400:  # beyond it, the clients' reader gives a number of its own
        raise Unfixable("It holds a number of more than 400 digits.")
    return int(digits)


def _map_numbers(value: Any, numbers: list[str]) -> Any:
    """The value with marked text for each number that a writer might change."""
    match value:
        case dict():
            return {key: _map_numbers(item, numbers) for key, item in value.items()}
        case list():
            return [_map_numbers(item, numbers) for item in value]
        case ExactFloat():
            digits = value.digits
        case int() if not isinstance(value, bool) and not -_INT64 <= value < _INT64:
            digits = str(value)
        case _:
            return value
    numbers.append(digits)
    return f"{_MARK}{digits}{_MARK}"
