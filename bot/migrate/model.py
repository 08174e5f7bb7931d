"""No I/O. What a migration is, and what is noted of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Row = Mapping[str, Any]
Update = Mapping[str, Mapping[str, Any]]  # `$set` and `$unset`, as MongoDB takes them
Change = Callable[[Row], Update]


class Steps(Protocol):
    """What a migration may do; it never talks to the database itself.

    That makes every migration resumable, harmless when it is run again, and countable without a write.
    """

    @property
    def now_ms(self) -> int:
        """When it began (milliseconds since 1970)."""

    def rewrite(
        self, collection: str, change: Change, *, reads: Sequence[str] = (), same: Sequence[str] | None = None
    ) -> None:
        """Bring every document of a lower version up to this one.

        `change` gets `_id` and the fields that `reads` names, and says what to write. It is written only
        while the fields `same` (numbers, short texts or nothing; all of `reads` when it is not given) are
        what was read.
        """

    def revert(
        self,
        collection: str,
        change: Change,
        *,
        to: int,
        reads: Sequence[str] = (),
        same: Sequence[str] | None = None,
    ) -> None:
        """The way back: every document of this version or a higher one gets the version `to`."""

    def drop_index(self, collection: str, *fields: str) -> None:
        """Remove the index on exactly these fields, where there is one."""


@dataclass(frozen=True)
class Migration:
    """One module of scripts/migrations."""

    version: int
    title: str
    needs: int  # an altpress that knows this migration (0: any) can run on what this one leaves
    up: Callable[[Steps], None]
    down: Callable[[Steps], None] | str  # or the sentence that says why there is no way back
    checksum: str  # SHA-256 of its file

    @property
    def id(self) -> str:
        return show_version(self.version)


@dataclass(frozen=True)
class Applied:
    """A row of the collection `migrations`."""

    id: str
    title: str = ""
    needs: int = 0
    checksum: str = ""
    altpress: str = ""  # the version that applied it
    started_ms: int = 0
    ended_ms: int | None = None  # None: begun, and not through
    changed: int = 0  # documents
    stamped: bool = False  # the database was new: there was nothing to change
    error: str | None = None  # what broke it off last
    at: Mapping[str, str] | None = None  # the last `_id` that is through, by collection
    next_ms: int | None = None  # when to look for what an older altpress wrote since; None: no more


@dataclass(frozen=True)
class Level:
    """How a database and this altpress stand to each other."""

    pending: tuple[str, ...] = ()  # known here, not applied there, in order
    too_new: tuple[str, ...] = ()  # applied there, and this altpress cannot run on what they left
    unknown: tuple[str, ...] = ()  # applied there by a newer altpress

    @property
    def is_ready(self) -> bool:
        return not (self.pending or self.too_new)


def show_version(version: int) -> str:
    """As the file's name begins: `0002`."""
    return f"{version:04d}"


def build_level(known: Sequence[Migration], applied: Sequence[Applied]) -> Level:
    through = {row.id for row in applied if row.ended_ms is not None}
    newest = known[-1].version if known else 0
    unknown = [row for row in applied if row.id not in {found.id for found in known}]
    return Level(
        pending=tuple(found.id for found in known if found.id not in through),
        too_new=tuple(row.id for row in unknown if row.needs > newest),
        unknown=tuple(row.id for row in unknown),
    )


def parse_applied(row: Row) -> Applied:
    names = Applied.__dataclass_fields__.keys() - {"id"}
    return Applied(id=str(row["_id"]), **{name: row[name] for name in names if name in row})
