"""Property lists in XML, within bounds. No I/O.

The same as `plistlib` reads, which three files could make expensive: it hands the text to expat in pieces of
2 KiB, and expat before 2.6 begins a comment or a tag anew with each; default attributes of a document type
are handed out with every element; and nothing is counted before all of it is in memory.
"""

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NoReturn
from xml.parsers import expat

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d))?)?)?)?)?Z")


def parse_xml_plist(data: bytes, *, depth: int, values: int, encoding: str | None = None) -> Any:
    """The value that `data` holds; raises ValueError and ExpatError, past `depth` or `values` too.

    `encoding` counts for more than what the document declares.
    """
    reader = _Reader(depth, values)
    parser = expat.ParserCreate(encoding)
    parser.buffer_text = True
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text.append
    parser.StartDoctypeDeclHandler = _check_document_type
    parser.EntityDeclHandler = _refuse_entity
    parser.Parse(data, True)
    return reader.root


def _check_document_type(_name: str, _system: str | None, _public: str | None, internal: bool) -> None:
    if internal:
        raise ValueError("declarations inside the file are not supported")


def _refuse_entity(*_: object) -> NoReturn:
    raise ValueError("entity declarations are not supported")


def _parse_integer(text: str) -> int:
    return int(text, 16) if text.startswith(("0x", "0X")) else int(text)


def _parse_data(text: str) -> bytes:
    return base64.b64decode(text.encode())


def _parse_date(text: str) -> datetime:
    """Without a zone, in UTC, as `plistlib` gives it."""
    found = _DATE.match(text)
    if found is None:
        raise ValueError("a date is none")
    year, month, day, hour, minute, second = (int(part) if part else None for part in found.groups())
    moment = datetime(year or 0, month or 1, day or 1, hour or 0, minute or 0, second or 0, tzinfo=UTC)
    return moment.replace(tzinfo=None)


_SIMPLE: dict[str, Callable[[str], Any]] = {
    "string": str,
    "integer": _parse_integer,
    "real": float,
    "true": lambda _: True,
    "false": lambda _: False,
    "data": _parse_data,
    "date": _parse_date,
}


class _Reader:
    """Builds the value while expat reads. Elements that no property list has mean nothing."""

    def __init__(self, depth: int, values: int) -> None:
        self.root: Any = None
        self.text: list[str] = []
        self._open: list[dict[str, Any] | list[Any]] = []
        self._key: str | None = None
        self._depth, self._left = depth, values

    def begin(self, element: str, _attributes: dict[str, str]) -> None:
        self.text.clear()
        if element in ("dict", "array"):
            container: dict[str, Any] | list[Any] = {} if element == "dict" else []
            self._add(container)
            self._open.append(container)

    def end(self, element: str) -> None:
        text = "".join(self.text)
        self.text.clear()
        if element in _SIMPLE:
            self._add(_SIMPLE[element](text))
        elif element == "key":
            if self._key is not None or not (self._open and isinstance(self._open[-1], dict)):
                raise ValueError("a key where none belongs")
            self._key = text
        elif element in ("dict", "array"):
            if self._key is not None:
                raise ValueError("a key without a value")
            self._open.pop()

    def _add(self, value: Any) -> None:
        self._left -= 1
        if self._left < 0 or len(self._open) > self._depth:
            raise ValueError("too many values, or too deep")
        if not self._open:
            self.root = value
        elif isinstance(container := self._open[-1], list):
            container.append(value)
        elif self._key is None:
            raise ValueError("a value without a key")
        else:
            container[self._key] = value
            self._key = None
