"""Patterns that fit what is wanted and nothing else. No I/O.

An app has one pattern that wants files, whatever it excludes besides: a release counts as complete when every
wanting pattern has its file, so a second one for older names would hold up each new release.
"""

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import takewhile

from bot.setup.files import family_of, finish, shape_of

MOST_EXCLUDED = 10
LONGEST = 200  # characters of a pattern in a catalog


def plan_globs(wanted: Sequence[str], unwanted: Iterable[str]) -> tuple[str, ...] | None:
    """`assets` for names that are wanted and names that are not; None when no patterns tell them apart.

    The widest that is right comes first: `*.ipa` stays right when the developer's naming changes.
    """
    others = list(unwanted)
    if _fits(("*.ipa",), wanted, others):
        return ("*.ipa",)
    for wants in _wanting(wanted):
        taken = [name for name in others if _matches(name, wants)]
        excluded = tuple(dict.fromkeys(f"!{shape_of(name)}" for name in taken))
        if len(excluded) <= MOST_EXCLUDED and _fits((wants, *excluded), wanted, others):
            return (wants, *excluded)
    return None


def plan_tags(wanted: Sequence[str], unwanted: Sequence[str]) -> str | None:
    """`tags` for the tags that are wanted and those that are not; None when no pattern tells them apart."""
    if not unwanted:
        return "*"
    for glob in _tag_globs(wanted, unwanted):
        negated, pattern = glob.startswith("!"), glob.removeprefix("!")
        right = all(fnmatchcase(tag, pattern) != negated for tag in wanted)
        if right and not any(fnmatchcase(tag, pattern) != negated for tag in unwanted):
            return glob
    return None


def _wanting(names: Sequence[str]) -> Iterator[str]:
    """Patterns that could want all the names, in the order in which to try them.

    Those of the names' own come before `*.ipa` with exclusions, which takes tomorrow's unknown variant, too.
    """
    shapes = list(dict.fromkeys(shape_of(name) for name in names))
    yield _common(shapes)
    yield from shapes[:1]
    yield "*.ipa"


def _fits(globs: Sequence[str], wanted: Sequence[str], others: Sequence[str]) -> bool:
    if any(len(glob) > LONGEST for glob in globs):
        return False
    return all(_takes(globs, name) for name in wanted) and not any(_takes(globs, name) for name in others)


def _takes(globs: Sequence[str], name: str) -> bool:
    wants, *excluded = globs
    return _matches(name, wants) and not any(_matches(name, glob[1:]) for glob in excluded)


def _matches(name: str, glob: str) -> bool:
    """As the catalog does it: in any case of letters."""
    return fnmatchcase(name.lower(), glob.lower())


def _tag_globs(wanted: Sequence[str], unwanted: Sequence[str]) -> Iterator[str]:
    shapes = list(dict.fromkeys(shape_of(tag) for tag in wanted))
    # `v5-beta` is to become `v5`: a pattern for betas alone would end there
    finished = list(dict.fromkeys(finish(shape) for shape in shapes))
    yield from dict.fromkeys((_common(finished), "v[0-9]*", "[0-9]*", _common(shapes)))
    yield from ("v*", "[vV0-9]*")
    others = list(dict.fromkeys(family_of(tag) for tag in unwanted))
    if len(others) == 1:
        yield f"!{others[0]}"


def _common(shapes: Sequence[str]) -> str:
    """The narrowest pattern of one star that fits all of them; the shape itself when there is one."""
    if len(shapes) == 1:
        return shapes[0]
    start = _shared_start(shapes).partition("*")[0].partition("[")[0]
    end = _shared_start([shape[::-1] for shape in shapes])[::-1].rpartition("*")[2].rpartition("]")[2]
    shortest = min(len(shape) for shape in shapes)
    return f"{start}*{end[max(0, len(start) + len(end) - shortest) :]}"


def _shared_start(texts: Sequence[str]) -> str:
    columns = zip(*texts, strict=False)
    return "".join(same[0] for same in takewhile(lambda column: len(set(column)) == 1, columns))
