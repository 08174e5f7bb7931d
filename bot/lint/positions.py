"""Where a value stands in a document's text. No I/O.

By the scanner that reads JSON5, so that loose documents have positions too. Text that is no JSON has them up
to the place where reading stopped.
"""

import re
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
    _ends: list[tuple[int, int]] = field(default_factory=list)  # start and end of each line's end

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
        if not 1 <= number <= len(self._ends) + 1:
            return None
        start = self._ends[number - 2][1] if number > 1 else 0
        end = self._ends[number - 1][0] if number <= len(self._ends) else len(self.text)
        return self.text[start:end]

    def _place(self, span: tuple[int, int], *, exact: bool) -> Place:
        start, end = span
        index = bisect_right(self._ends, start, key=lambda ends: ends[1])
        first = self._ends[index - 1][1] if index else 0
        last = self._ends[index][0] if index < len(self._ends) else len(self.text)
        column = start - first + 1
        stop = end - first + 1 if end <= last and self.text[start:end][:1] not in ("{", "[") else column + 1
        return Place(index + 1, column, max(stop, column + 1), exact)


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
    ends = [found.span() for found in _LINE_END.finditer(text)]
    return SourceText(text, scanner.spans, stopped, ends)
