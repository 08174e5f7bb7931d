"""Two texts -> a unified diff that is bounded in length and in the time it takes. No I/O.

Lines that stand once on either side, in the same order, are the anchors (the longest such row of them is
found in n log n steps); between two anchors `difflib` compares, as long as that stays small. A source of
100,000 lines is compared in a second, whatever it holds; `difflib` alone would take hours.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple

CONTEXT = 3  # lines around a change
LONGEST_LINE = 400  # characters of a line that are shown
LONGEST = 40_000  # characters of a diff
LARGEST = 16 * 1024 * 1024  # bytes of a side; beyond it nothing is compared
_SMALL = 40_000  # pairs of lines that difflib compares at once
_EFFORT = 4_000_000  # and in one diff

Lines = Sequence[str]
Block = tuple[int, int, int]  # a place in the old lines, one in the new, how many are equal from there


class _Gap(NamedTuple):
    """Lines that differ: from `i` to before `i_end` in the old, from `j` to before `j_end` in the new."""

    i: int
    i_end: int
    j: int
    j_end: int


@dataclass(frozen=True, slots=True)
class Diff:
    """What differs: `lines` begin with `@@`, a blank, `-` or `+`. Of a long diff, the first are kept."""

    lines: tuple[str, ...] = ()
    added: int = 0
    removed: int = 0
    left_out: int = 0  # lines of the diff that are not among `lines`
    too_large: bool = False  # it differs, and was not compared line by line

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def diff_text(old: bytes | None, new: bytes | None, *, longest: int = LONGEST) -> Diff:
    """At most about `longest` characters; None is a file that is not there. No bytes raise."""
    if old == new:
        return Diff()
    if max(len(old or b""), len(new or b"")) > LARGEST:
        return Diff(too_large=True)
    before, after = _lines(old), _lines(new)
    return _bounded(_hunks(before, after, _match(before, after)), longest)


def _lines(data: bytes | None) -> list[str]:
    text = (data or b"").decode("utf-8", "replace")
    return text.removesuffix("\n").split("\n") if text else []


def _bounded(lines: Iterator[str], longest: int) -> Diff:
    kept: list[str] = []
    length = added = removed = left_out = 0
    for line in lines:
        added += line.startswith("+")
        removed += line.startswith("-")
        shown = _short(line)
        length += len(shown) + 1
        if left_out or length > longest:
            left_out += 1
        else:
            kept.append(shown)
    return Diff(tuple(kept), added, removed, left_out)


def _short(line: str) -> str:
    more = len(line) - LONGEST_LINE
    return f"{line[:LONGEST_LINE]}… ({more} more characters)" if more > 0 else line


def _match(old: Lines, new: Lines) -> list[Block]:
    """The equal stretches, in order; ends with an empty one at both ends."""
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    blocks: list[Block] = [(0, 0, start)]
    effort = _EFFORT
    i, j = start, start
    last = (len(old) - end, len(new) - end)
    for next_i, next_j in [*_anchors(old[start : last[0]], new[start : last[1]], start), last]:
        pairs = (next_i - i) * (next_j - j)
        if 0 < pairs <= min(_SMALL, effort):
            effort -= pairs
            found = SequenceMatcher(None, old[i:next_i], new[j:next_j], autojunk=False).get_matching_blocks()
            blocks += [(i + block.a, j + block.b, block.size) for block in found]
        if (next_i, next_j) != last:
            blocks.append((next_i, next_j, 1))
        i, j = next_i + 1, next_j + 1
    return [*(block for block in blocks if block[2]), (*last, end), (len(old), len(new), 0)]


def _common(old: Lines, new: Lines) -> int:
    """How many lines are equal at the beginning."""
    pairs = zip(old, new, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(old), len(new)))


def _anchors(old: Lines, new: Lines, offset: int) -> list[tuple[int, int]]:
    """Places of lines that each side has once, rising on both sides."""
    once_old, once_new = Counter(old), Counter(new)
    places = {line: j for j, line in enumerate(new) if once_new[line] == 1}
    pairs = [(i, places[line]) for i, line in enumerate(old) if once_old[line] == 1 and line in places]
    return [(i + offset, j + offset) for i, j in _longest_rising(pairs)]


def _longest_rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest row of pairs whose second parts rise, too (patience sorting)."""
    tops: list[int] = []
    last: list[int] = []  # index of the pair on top of each pile
    before: list[int] = []
    for index, (_, j) in enumerate(pairs):
        pile = bisect_left(tops, j)
        before.append(last[pile - 1] if pile else -1)
        tops[pile : pile + 1], last[pile : pile + 1] = [j], [index]
    row: list[tuple[int, int]] = []
    at = last[-1] if last else -1
    while at >= 0:
        row.append(pairs[at])
        at = before[at]
    return row[::-1]


def _hunks(old: Lines, new: Lines, blocks: Sequence[Block]) -> Iterator[str]:
    """The lines of the unified form; changes whose contexts touch share a hunk."""
    hunk: list[_Gap] = []
    for gap in _gaps(blocks):
        if hunk and gap.i - hunk[-1].i_end > 2 * CONTEXT:
            yield from _render(old, new, hunk)
            hunk = []
        hunk.append(gap)
    if hunk:
        yield from _render(old, new, hunk)


def _gaps(blocks: Sequence[Block]) -> Iterator[_Gap]:
    """What stands between the equal stretches."""
    i = j = 0
    for next_i, next_j, size in blocks:
        if i < next_i or j < next_j:
            yield _Gap(i, next_i, j, next_j)
        i, j = next_i + size, next_j + size


def _render(old: Lines, new: Lines, hunk: Sequence[_Gap]) -> Iterator[str]:
    first, last = hunk[0], hunk[-1]
    lead, tail = min(CONTEXT, first.i), min(CONTEXT, len(old) - last.i_end)
    spans = _span(first.i - lead, last.i_end + tail), _span(first.j - lead, last.j_end + tail)
    yield f"@@ -{spans[0]} +{spans[1]} @@"
    at = first.i - lead
    for gap in hunk:
        yield from (f" {line}" for line in old[at : gap.i])
        yield from (f"-{line}" for line in old[gap.i : gap.i_end])
        yield from (f"+{line}" for line in new[gap.j : gap.j_end])
        at = gap.i_end
    yield from (f" {line}" for line in old[at : at + tail])


def _span(start: int, end: int) -> str:
    """As diff(1) counts: from 1, and an empty stretch by the line before it."""
    size = end - start
    return f"{start + 1 if size else start},{size}" if size != 1 else str(start + 1)
