"""Where a value stands in a document's text. No I/O.

By the scanner that reads JSON5, so that loose documents have positions too. Text that is no JSON has them up
to the place where reading stopped.
"""

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.clients.json5 import NotJson, Scanner, decode_text
from bot.clients.model import Path

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Place:
    """Lines and columns count from 1, columns in characters; `end_column` is the one after the value.

    A value of several lines ends after its first character. `exact` is False where the path leads to nothing:
    then the place is that of the nearest object around it.
    """

    line: int
    column: int
    end_column: int
    exact: bool = True


@dataclass(frozen=True)
class SourceText:
    """A document's text with the places of the paths that were asked for."""

    text: str
    spans: dict[Path, tuple[int, int]] = field(default_factory=dict)
    stopped: int | None = None  # where reading stopped, in characters, when it is no JSON
    _starts: "array[int]" = field(default_factory=lambda: array("L", [0]))  # of each line

    def place(self, path: Path) -> Place | None:
        """Where the value stands, or what should hold it; None when only the whole document does."""
        if self.stopped is not None and not path:
            return self._place((self.stopped, self.stopped + 1), exact=True)
        for length in range(len(path), 0, -1):
            if span := self.spans.get(path[:length]):
                return self._place(span, exact=length == len(path))
        return self._place((0, 1), exact=False) if path and self.spans else None

    def line(self, number: int) -> str | None:
        """A line without its end; None outside of the text."""
        if not 1 <= number <= len(self._starts):
            return None
        return self.text[self._starts[number - 1] : self._end(number)].rstrip("\r\n")

    def _end(self, number: int) -> int:
        """Where the next line starts."""
        return self._starts[number] if number < len(self._starts) else len(self.text)

    def _place(self, span: tuple[int, int], *, exact: bool) -> Place:
        start, end = span
        number = bisect_right(self._starts, start)
        first = self._starts[number - 1]
        column = start - first + 1
        one_line = end <= self._end(number) and self.text[start : start + 1] not in ("{", "[")
        stop = end - first + 1 if one_line else column + 1
        return Place(number, column, max(stop, column + 1), exact)


def find_places(data: bytes, paths: Iterable[Path]) -> SourceText:
    """The text with the places of these paths and of all that is around them; never raises."""
    wanted = {path[:length] for path in paths for length in range(len(path) + 1)}
    try:
        text = decode_text(data)
    except NotJson:
        return SourceText(data[:200].decode("ascii", "replace"))
    scanner, stopped = Scanner(text, wanted), None
    try:
        scanner.read()
    except NotJson as error:
        stopped = error.offset
    except RecursionError:
        pass  # deeper than this scanner goes, though another reader may; what was found until then holds
    starts = array("L", [0])
    starts.extend(found.end() for found in _LINE_END.finditer(text))
    return SourceText(text, scanner.spans, stopped, starts)
