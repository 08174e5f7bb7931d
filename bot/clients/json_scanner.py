"""A document in JSON or JSON5, read sign by sign as Apple's decoders do. No I/O.

After swift-foundation's `JSONScanner.swift` and `JSON5Scanner.swift`.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.clients.encodings import NotJson
from bot.clients.model import Path
from bot.clients.odd_texts import OddText, build_text

MAX_DEPTH = 512  # Foundation's limit of arrays and objects in one another
_QUOTES = ('"', "'")
_SPACE = re.compile(r"[ \t\r\n\v\f]*")
_BEFORE_VALUES = ("", "/", " ", "\t", "\r", "\n", "\v", "\f")
_COMMENT = re.compile(r"//[^\n\r]*|/\*.*?\*/", re.DOTALL)
# possessive: otherwise each character of a long string costs a hundred bytes of the engine's stack
_STRING = re.compile(r'"((?:[^"\\]++|\\[\s\S])*+)"|\'((?:[^\'\\]++|\\[\s\S])*+)\'')
_NUMBER = re.compile(
    r"[+-]?(?:0[xX][0-9A-Fa-f]{1,64}|Infinity|NaN|(?:(?:0|[1-9][0-9]{0,399})(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,5})?)"
)
_STRICT_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NAME = re.compile(r"(?:[^\W\d]|\$)[\w$]*")
_WORDS = {"true": True, "false": False, "null": None}
TOO_DEEP = "too many nested arrays or objects"


class Dialect(StrEnum):
    """What a document takes beyond strict JSON; the last that fits is told."""

    STRICT = "strict"
    ODD_TEXT = "control characters or unknown escapes in texts"
    TRAILING_COMMA = "trailing comma"
    JSON5 = "json5"


@dataclass(frozen=True, slots=True)
class Read:
    value: Any
    dialect: Dialect
    repeated: tuple[str, ...]  # keys given twice in one object
    odd_keys: tuple[OddText, ...] = ()  # no text to Foundation


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
        self._odd_keys: list[OddText] = []

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
        return Read(value, dialect, tuple(dict.fromkeys(self._repeated)), tuple(self._odd_keys))

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
        while self._text[self._at : self._at + 1] in _BEFORE_VALUES:
            found = _SPACE.match(self._text, self._at)
            assert found is not None
            self._at = found.end()
            if "\v" in found[0] or "\f" in found[0]:
                self._dialect = Dialect.JSON5
            comment = _COMMENT.match(self._text, self._at)
            if comment is None:
                return  # the end, or something that is none
            self._at = comment.end()
            self._dialect = Dialect.JSON5

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        self._space()
        found = pattern.match(self._text, self._at)
        if found:
            self._at = found.end()
        return found

    def _skip(self, sign: str) -> bool:
        self._space()
        found = self._text.startswith(sign, self._at)
        self._at += found
        return found

    def _value(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise self._error(TOO_DEEP)
        self._space()
        sign = self._text[self._at : self._at + 1]
        if sign and sign in "{[":
            self._at += 1
            return self._object(depth) if sign == "{" else self._array(depth)
        if sign and sign in "}]:,":
            raise self._error(f"`{sign}` stands where a value is expected")
        if sign in _QUOTES and (text := self._take(_STRING)):
            return self._string(text)
        word = None if sign in _QUOTES else _NAME.match(self._text, self._at)
        if word and word[0] in _WORDS:
            self._at = word.end()
            return _WORDS[word[0]]
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
        text, json5 = build_text(found[1] if found[1] is not None else found[2])
        if json5 or found[1] is None:
            self._dialect = Dialect.JSON5
        elif isinstance(text, OddText) and self._dialect is Dialect.STRICT:
            self._dialect = Dialect.ODD_TEXT
        return text

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
            if isinstance(key, OddText):
                self._odd_keys.append(key)
            if not self._skip(":"):
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
        if self._skip(end):
            return True
        if first:
            return False
        if not self._skip(","):
            raise self._error("a comma is missing")
        if self._skip(end):
            if self._dialect is not Dialect.JSON5:
                self._dialect = Dialect.TRAILING_COMMA
            return True
        return False
