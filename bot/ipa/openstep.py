r"""Property lists in the old text form of OpenStep. No I/O.

`{ key = value; }`, `( a, b )`, `<0fbd77>`, `"quoted\n"` and bare words; a file without the outer braces is
a dictionary too. Comments in the manner of C. Values are text, lists, dictionaries and bytes, nothing else.
"""

import re
from typing import Any

# none of them repeats a group: that would take a hundred bytes of memory for each byte of the text
_SPACE = re.compile(r"\s+|//[^\n]*|/\*.*?\*/", re.DOTALL)
_WORD = re.compile(r"[A-Za-z0-9_$./:+\-]+")
_QUOTE_ENDS = {'"': re.compile(r'\\.|"', re.DOTALL), "'": re.compile(r"\\.|'", re.DOTALL)}
_DATA = re.compile(r"<([0-9A-Fa-f\s]*)>")
_ESCAPE = re.compile(r"\\(?:U([0-9A-Fa-f]{1,4})|([0-7]{1,3})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def parse_openstep(text: str, *, depth: int, values: int) -> Any:
    """The value that `text` holds; raises ValueError past `depth` levels or `values` values."""
    reader = _Reader(text, depth, values)
    reader.space()
    bare = reader.peek() not in ("{", "(", "<", "")
    value = reader.pairs(1, "") if bare else reader.value(0)
    reader.space()
    if reader.peek():
        raise ValueError("something follows the value")
    return value


class _Reader:
    def __init__(self, text: str, depth: int, values: int) -> None:
        self._text, self._at = text, 0
        self._depth, self._left = depth, values

    def peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def space(self) -> None:
        while found := _SPACE.match(self._text, self._at):
            self._at = found.end()

    def value(self, depth: int) -> Any:
        self._count(depth)
        self.space()
        match self.peek():
            case "{":
                self._at += 1
                return self.pairs(depth + 1, "}")
            case "(":
                self._at += 1
                return self._items(depth + 1)
            case "<":
                return bytes.fromhex(self._take(_DATA).group(1))
        return self._string()

    def _count(self, depth: int) -> None:
        self._left -= 1
        if depth > self._depth or self._left < 0:
            raise ValueError("too many values, or too deep")

    def pairs(self, depth: int, end: str) -> dict[str, Any]:
        """`key = value;` until `end`; a key alone stands for itself, as in `.strings` files."""
        result: dict[str, Any] = {}
        while True:
            self.space()
            if self.peek() == end:
                self._at += len(end)
                return result
            key = self._string()
            self.space()
            if self._skip("="):
                result[key] = self.value(depth)
            else:
                self._count(depth)
                result[key] = key
            self.space()
            if not self._skip(";") and self.peek() != end:
                raise ValueError("a semicolon is missing")

    def _items(self, depth: int) -> list[Any]:
        result: list[Any] = []
        while True:
            self.space()
            if self._skip(")"):
                return result
            result.append(self.value(depth))
            self.space()
            if not self._skip(",") and self.peek() != ")":
                raise ValueError("a comma is missing")

    def _string(self) -> str:
        return self._quoted(self.peek()) if self.peek() in _QUOTE_ENDS else self._take(_WORD).group()

    def _quoted(self, mark: str) -> str:
        start = self._at + 1
        for found in _QUOTE_ENDS[mark].finditer(self._text, start):
            if found.group() == mark:
                self._at = found.end()
                plain = _ESCAPE.sub(_unescape, self._text[start : found.start()])
                return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        raise ValueError("a quoted text has no end")

    def _skip(self, letter: str) -> bool:
        if self.peek() != letter:
            return False
        self._at += 1
        return True

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise ValueError("no value where one belongs")
        self._at = found.end()
        return found


def _unescape(found: re.Match[str]) -> str:
    wide, octal, letter = found.groups()
    if wide:
        return chr(int(wide, 16))
    return chr(int(octal, 8)) if octal else _LETTERS.get(letter, letter)
