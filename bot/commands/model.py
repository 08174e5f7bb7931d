"""What a chat command is. No I/O."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.commands.place import Place, Reach
from bot.commands.ports import World
from bot.commands.words import Arguments

__all__ = ["Answer", "Call", "Command", "Idle", "Place", "Reach", "Role"]


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
class Call:
    """One command that its author may give."""

    line: str  # as written: told as the cause
    arguments: Arguments
    place: Place
    world: World


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said about one command."""

    line: str  # the command as written
    text: str  # Markdown
    done: bool
    idle: bool = False  # nothing had to be done


class Idle(str):
    """What a command says where nothing had to be done."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Command:
    """A line of the table: `run` returns the answer's text, or raises Rejected with a public sentence."""

    verb: str
    usage: str  # "/rebuild [app]"
    summary: str
    needs: Role
    run: Callable[[Call], str]
    most: int = 0  # arguments, flags apart
    flags: Mapping[str, bool] = field(default_factory=dict)  # by name; whether each takes a value
    decides: bool = False  # what came of it is known once it is committed
