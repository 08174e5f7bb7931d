"""JSON as Apple's decoders read it. No I/O.

Strict JSON is read by the standard library. Otherwise a scanner of our own tells apart what is written:
trailing commas, which Foundation takes everywhere, and the rest of JSON5 (comments, single quotes, names
without quotes, hexadecimal numbers), which AltStore and SideStore allow. The first of two equal keys wins.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from bot.clients.encodings import NotJson, decode_text, mark_halves
from bot.clients.model import Path

__all__ = ["MAX_DEPTH", "Dialect", "NotJson", "Read", "Scanner", "decode_text", "read_json"]

MAX_DEPTH = 512  # Foundation's limit
_TOKEN = re.compile(r"[{}\[\]:,]")
_SPACE = re.compile(r"[\s\ufeff]*")
_COMMENT = re.compile(r"//[^\n\r\u2028\u2029]*|/\*.*?\*/", re.DOTALL)
# possessive: otherwise each character of a long string costs a hundred bytes of the engine's stack
_STRING = re.compile(r'"((?:[^"\\\n\r]++|\\(?:\r\n|[\s\S]))*+)"|\'((?:[^\'\\\n\r]++|\\(?:\r\n|[\s\S]))*+)\'')
_NUMBER = re.compile(
    r"[+-]?(?:0[xX][0-9A-Fa-f]{1,64}|Infinity|NaN|(?:[0-9]{1,400}(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,5})?)"
)
_STRICT_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(\r\n|[\s\S]))")
_WORDS = {"true": True, "false": False, "null": None}
_SHORT = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


class Dialect(StrEnum):
    STRICT = "strict"
    TRAILING_COMMA = "trailing comma"
    JSON5 = "json5"


@dataclass(frozen=True, slots=True)
class Read:
    value: Any
    dialect: Dialect
    repeated: tuple[str, ...]  # keys given twice in one object
    half_keys: tuple[str, ...] = ()  # no text to Foundation; such values are HalfPair


def read_json(data: bytes) -> Read:
    """The document. Raises NotJson."""
    text = decode_text(data)
    try:
        try:
            read = _read_strict(text)
        except ValueError:
            read = Scanner(text).read()
        value, halves = mark_halves(text, read.value)
        return replace(read, value=value, half_keys=halves)
    except RecursionError:
        raise NotJson("too many nested arrays or objects") from None


def _read_strict(text: str) -> Read:
    """The document by the standard library. Raises ValueError."""
    repeated: list[str] = []

    def first_wins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        counts = Counter(key for key, _ in pairs)
        repeated.extend(key for key, count in counts.items() if count > 1)
        return found | dict(reversed(pairs))

    value = json.loads(text, object_pairs_hook=first_wins, parse_constant=_refuse, parse_int=_integer)
    return Read(value, Dialect.STRICT, tuple(dict.fromkeys(repeated)))


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _integer(digits: str) -> int:
    """Bounded: Python's own limit on digits would be an error of another kind."""
    return int(digits) if len(digits) < 400 else 10**400


class Scanner:
    """Reads one document that need not be strict JSON.

    `spans` is filled with the start and end, in characters, of each value whose path is one of `wanted`.
    """

    def __init__(
        self, text: str, wanted: Collection[Path] = (), parse_float: Callable[[str], float] = float
    ) -> None:
        self._parse_float = parse_float
        self.spans: dict[Path, tuple[int, int]] = {}
        self._wanted = wanted
        self._path: list[str | int] = []
        self._text = text
        self._at = 0
        self._dialect = Dialect.STRICT
        self._repeated: list[str] = []

    def read(self) -> Read:
        self._space()
        start = self._at
        value = self._value(0)
        self._note(start)
        self._space()
        if self._at < len(self._text):
            raise self._error("something follows the document")
        # what the standard library refused for reasons of its own still counts as loose
        dialect = Dialect.JSON5 if self._dialect is Dialect.STRICT else self._dialect
        return Read(value, dialect, tuple(dict.fromkeys(self._repeated)))

    def _error(self, what: str) -> NotJson:
        line = self._text.count("\n", 0, self._at) + 1
        return NotJson(f"{what} in line {line}", self._at)

    def _note(self, start: int) -> None:
        """The value that has just been read; of equal keys the first counts."""
        if self._wanted and (path := tuple(self._path)) in self._wanted:
            self.spans.setdefault(path, (start, self._at))

    def _enter(self, key: str | int) -> int:
        """Before a value below; where it starts."""
        self._path.append(key)
        self._space()
        return self._at

    def _space(self) -> None:
        while True:
            found = _SPACE.match(self._text, self._at)
            assert found is not None
            self._at = found.end()
            comment = _COMMENT.match(self._text, self._at)
            if comment is None:
                return
            self._at = comment.end()
            self._dialect = Dialect.JSON5

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        self._space()
        found = pattern.match(self._text, self._at)
        if found:
            self._at = found.end()
        return found

    def _value(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise self._error("too many nested arrays or objects")
        if token := self._take(_TOKEN):
            if token[0] == "{":
                return self._object(depth)
            if token[0] == "[":
                return self._array(depth)
            raise self._error(f"`{token[0]}` stands where a value is expected")
        if text := self._take(_STRING):
            return self._string(text)
        name = self._take(_NAME)
        if name and name[0] in _WORDS:
            return _WORDS[name[0]]
        self._at -= len(name[0]) if name else 0
        return self._number()

    def _number(self) -> int | float:
        found = self._take(_NUMBER)
        if found is None:
            raise self._error("a value is missing or has a form of its own")
        text = found[0]
        if not _STRICT_NUMBER.fullmatch(text):
            self._dialect = Dialect.JSON5
        if "x" in text.lower():
            return int(text, 16)
        return self._parse_float(text) if re.search(r"[.eEIN]", text) else int(text)

    def _string(self, found: re.Match[str]) -> str:
        body = found[1] if found[1] is not None else found[2]
        if found[1] is None:
            self._dialect = Dialect.JSON5
        text = _ESCAPE.sub(self._unescape, body)
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")  # joins escaped pairs

    def _unescape(self, found: re.Match[str]) -> str:
        if code := found[1] or found[2]:
            return chr(int(code, 16))
        char = found[3]
        if char not in '"\\/bfnrt':
            self._dialect = Dialect.JSON5
        return "" if char in ("\n", "\r", "\r\n", "\u2028", "\u2029") else _SHORT.get(char, char)

    def _array(self, depth: int) -> list[Any]:
        items: list[Any] = []
        while not self._closed("]", first=not items):
            start = self._enter(len(items))
            items.append(self._value(depth + 1))
            self._note(start)
            self._path.pop()
        return items

    def _object(self, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        started = False
        while not self._closed("}", first=not started):
            started = True
            key = self._key()
            if not self._take(re.compile(":")):
                raise self._error("a `:` is missing")
            start = self._enter(key)
            value = self._value(depth + 1)
            self._note(start)
            self._path.pop()
            if key in members:
                self._repeated.append(key)
            members.setdefault(key, value)
        return members

    def _key(self) -> str:
        if text := self._take(_STRING):
            return self._string(text)
        if name := self._take(_NAME):
            self._dialect = Dialect.JSON5
            return name[0]
        raise self._error("a key is missing")

    def _closed(self, end: str, *, first: bool) -> bool:
        """Past the end, or past the comma before the next item; a comma may come before the end too."""
        if self._take(re.compile(re.escape(end))):
            return True
        if first:
            return False
        if not self._take(re.compile(",")):
            raise self._error("a comma is missing")
        if self._take(re.compile(re.escape(end))):
            if self._dialect is Dialect.STRICT:
                self._dialect = Dialect.TRAILING_COMMA
            return True
        return False
