"""Comments that fit: GitHub takes 65,536 characters, and what is longer is cut where nothing breaks. No I/O.

Length is counted as GitHub's database and its browsers may: in UTF-16 units, of which an emoji takes two. A
reply of `LONGEST_REPLY` of them has at most 180,000 bytes of UTF-8; the column behind it takes 262,144.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_REPLY = 60_000  # UTF-16 units
_OPENING = re.compile(r"[ \t]*(?:[-*] )?(?P<fence>`{3,}|~{3,})[a-z]*")
_FOLD = re.compile(r"[ \t]*(?:- )?<details><summary>.*</summary>")
_UNFOLD = re.compile(r"[ \t]*</details>[ \t]*")


def measure(text: str) -> int:
    """UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def shortened(text: str, limit: int, note: str = "… (shortened)") -> str:
    """At most `limit` units of our own Markdown, with a note of what is missing when it had to be cut.

    It is cut between lines. A block of code that is open there is closed, then every fold, and the note
    stands outside of both. Foreign text cannot mislead it: outside of blocks of code it never begins a line.
    """
    if measure(text) <= limit:
        return text
    state, kept, used, best = _State(), list[str](), 0, f"{note}"
    for line in text.split("\n"):
        kept.append(line)
        used += measure(line) + 1
        state.read(line)
        ending = state.ending + f"\n\n{note}"
        if used + measure(ending) > limit:
            if used > limit:
                break
            continue
        best = "\n".join(kept).rstrip("\n") + ending
    return best


def share_out(lengths: Sequence[int], total: int) -> list[int]:
    """How much of `total` each part gets: short ones all that they need, the others as much as each other."""
    shares = [0] * len(lengths)
    left = total
    for place, index in enumerate(sorted(range(len(lengths)), key=lengths.__getitem__)):
        shares[index] = min(lengths[index], left // (len(lengths) - place))
        left -= shares[index]
    return shares


@dataclass(slots=True)
class _State:
    """What is open after a line."""

    fence: str = ""
    folds: int = 0

    @property
    def ending(self) -> str:
        """What closes it."""
        return (f"\n{self.fence}" if self.fence else "") + "\n\n</details>" * self.folds

    def read(self, line: str) -> None:
        if self.fence:
            if line.strip() == self.fence:
                self.fence = ""
        elif match := _OPENING.fullmatch(line):
            self.fence = match["fence"]
        elif _FOLD.fullmatch(line):
            self.folds += 1
        elif _UNFOLD.fullmatch(line):
            self.folds = max(self.folds - 1, 0)
