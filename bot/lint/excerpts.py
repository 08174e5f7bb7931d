"""The lines around a value, with a caret below it. No I/O."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.cells import cell_len

from bot.lint.positions import Place, SourceText

_WIDTH = 96  # characters of a line; a minified document is one line of megabytes
_BEFORE = 40  # of them, at most so many before the value


@dataclass(frozen=True, slots=True)
class ExcerptLine:
    """`number` is None for the line with the carets."""

    number: int | None
    text: str


def render_excerpt(source: SourceText, place: Place) -> list[ExcerptLine]:
    """The line before, the value's own, its carets and the line after; fit for a terminal."""
    return list(_lines(source, place))


def _lines(source: SourceText, place: Place) -> Iterator[ExcerptLine]:
    own = source.line(place.line)
    if own is None:
        return
    first = max(0, place.column - 1 - _BEFORE) if len(own) > _WIDTH else 0
    for number in (place.line - 1, place.line, place.line + 1):
        line = source.line(number)
        # beside a window into a long line the others' beginnings would mislead
        if line is None or (number != place.line and (first or not line.strip())):
            continue
        shown = _cut(line, first)
        yield ExcerptLine(number, shown)
        if number == place.line:
            yield ExcerptLine(None, _carets(shown, place.column - 1 - first, place.end_column - 1 - first))


def _cut(line: str, first: int) -> str:
    """A window of the line, every character as wide as it is long, as far as a terminal can."""
    window = "".join(char if char.isprintable() else _stand_in(char) for char in line[first : first + _WIDTH])
    before = "…" + window[1:] if first and window else window
    return before[:-1] + "…" if len(line) > first + _WIDTH else before


def _stand_in(char: str) -> str:
    return " " if char.isspace() else "\ufffd"


def _carets(shown: str, start: int, end: int) -> str:
    end = min(end, len(shown))
    return " " * cell_len(shown[:start]) + "^" * max(1, cell_len(shown[start:end]))
