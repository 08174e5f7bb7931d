"""A pull request that changes the files of a site: which ones, and how its check is called. No I/O."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from bot import decisions as decisionsfile
from bot import lock as lockfile
from bot.catalog import CATALOG_PATHS

CHECK = "altpress"  # the check run's name, and the commit status's context
_EXTERNAL_ID = re.compile(r"pull:([1-9][0-9]{0,17}):([^:\s]{3,1000})(?::([0-9a-f]{16}))?")


class CheckedPull(NamedTuple):
    """What a check run is about."""

    site: str  # key
    number: int
    digest: str | None  # of what it says


@dataclass(frozen=True, slots=True)
class Touched:
    """The files of altpress's that a pull request changes; false: none."""

    written: tuple[str, ...] = ()  # by people: the catalog, the decisions
    made: tuple[str, ...] = ()  # by altpress: the lock, the outputs

    def __bool__(self) -> bool:
        return bool(self.written or self.made)


def find_touched(paths: Iterable[str], outputs: Collection[str], *, complete: bool) -> Touched:
    """Of the paths that a pull request changes. Where the list is not `complete`, each may be among them."""
    changed = frozenset(paths)
    written = (*CATALOG_PATHS, decisionsfile.PATH)
    made = (lockfile.PATH, *sorted(outputs))
    return Touched(
        tuple(path for path in written if path in changed or not complete),
        tuple(path for path in made if path in changed),
    )


def name_check(checked: CheckedPull) -> str:
    """The check run's `external_id`, by which it is known again."""
    return ":".join(filter(None, ("pull", str(checked.number), checked.site, checked.digest)))


def read_check(external_id: str) -> CheckedPull | None:
    """None for what is none of altpress's."""
    found = _EXTERNAL_ID.fullmatch(external_id)
    return CheckedPull(found[2], int(found[1]), found[3]) if found else None
