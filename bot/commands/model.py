"""What a chat command is, and what it may touch. No I/O."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.commands.grammar import Request


class Role(StrEnum):
    """GitHub's roles, from least to most."""

    NONE = "none"
    READ = "read"
    TRIAGE = "triage"
    WRITE = "write"
    MAINTAIN = "maintain"
    ADMIN = "admin"

    @classmethod
    def of(cls, name: str) -> "Role":
        """An unknown role counts as none: nothing falls open."""
        return cls(name) if name in {role.value for role in cls} else cls.NONE

    def reaches(self, needed: "Role") -> bool:
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class Reach:
    """The part of one site that a command may touch."""

    site: str  # Site.key
    apps: tuple[str, ...]  # the apps' ids in the catalog
    whole: bool  # the site's own repository: everything of it


@dataclass(frozen=True, slots=True)
class Place:
    """Where a comment stands: a site's repository reaches all of it, an app's that app alone."""

    repository: str
    reaches: tuple[Reach, ...]

    @property
    def apps(self) -> tuple[str, ...]:
        return tuple(sorted({app for reach in self.reaches for app in reach.apps}))

    @property
    def is_site(self) -> bool:
        return any(reach.whole for reach in self.reaches)


@dataclass(frozen=True, slots=True)
class Reread:
    """What reading an app's releases again found."""

    releases: int
    changed: int  # records that are new, other than before, or gone
    waiting: int = 0  # releases whose files are not all there yet
    failed: tuple[str, ...] = ()  # public sentences


class Actions(Protocol):
    """The effects that commands may have."""

    def reread(self, site: str, apps: tuple[str, ...], line: str) -> Reread:
        """Read all releases of these apps again and have the site published; `line` is told as the cause."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said about one command."""

    line: str  # the command as written
    text: str  # Markdown
    done: bool


@dataclass(frozen=True, slots=True)
class Command:
    """A line of the table: `run` returns the answer's text, or raises Rejected with a public sentence."""

    verb: str
    usage: str  # "/rebuild [app]"
    summary: str
    needs: Role
    run: Callable[[Request, Place, Actions], str]
