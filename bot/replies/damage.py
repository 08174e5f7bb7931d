"""What altpress tells about a lock that lost lines, as Markdown. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.replies.text import bullets, code, count, inline


@dataclass(frozen=True, slots=True)
class LockDamage:
    """What is wrong with a lock, and what became of the lines that no release can tell again."""

    path: str
    problems: tuple[str, ...]  # one each, with its line; none: the file is gone or empty
    lost: int  # lines that cannot be used
    restored: int = 0  # lines taken from the history
    taken_from: str | None = None  # the commit that had the last good lock; None: none was found
    missing: bool = False  # the file is not there, or empty


def render_damaged_lock(damage: LockDamage, marker: str) -> str:
    """On the commit where it was found."""
    if damage.missing:
        head = f"{code(damage.path)} is gone or empty, and altpress did not do that."
    else:
        head = f"{code(damage.path)} has {count(damage.lost, 'line')} that altpress cannot use."
    parts = [head]
    if damage.problems:
        parts.append(bullets([inline(problem, 500) for problem in damage.problems], "problem"))
    parts += [_mended(damage), "Nobody need mend it by hand: the next commit writes it whole again.", marker]
    return "\n\n".join(parts)


def _mended(damage: LockDamage) -> str:
    said = "The other lines are kept. Releases whose lines were lost are read again, and judged again."
    if damage.taken_from is None:
        lost = "what was taken over from a hand-made source **is lost** if its lines were among them"
        return f"{said} No older commit has a lock that can be read, so {lost}: put them back from a copy."
    if damage.restored:
        lines = count(damage.restored, "line")
        return f"{said} {lines} that no release tells were taken from {code(damage.taken_from[:7])}."
    return f"{said} Nothing else was lost, compared with {code(damage.taken_from[:7])}."


def summarize(problems: Sequence[str], lost: int) -> tuple[str, ...]:
    """The first problems, and how many more there are."""
    more = lost - len(problems)
    return (*problems, f"{more} more") if more > 0 else tuple(problems)
