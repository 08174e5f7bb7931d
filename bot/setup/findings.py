"""What a look at an installation found: one line each, with what to do. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"  # altpress works, but not as well as it could, or not for long
    ERROR = "error"  # something that altpress is for does not work


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. Every text is safe to show to anybody."""

    level: Level
    code: str  # of `bot/setup/codes.py`
    subject: str  # what was looked at: "settings", "webhook of acme/app"
    message: str  # how it is
    fix: str | None = None  # what to do; None where it is well


def ok(code: str, subject: str, message: str) -> Finding:
    return Finding(Level.OK, code, subject, message)


def warning(code: str, subject: str, message: str, fix: str) -> Finding:
    return Finding(Level.WARNING, code, subject, message, fix)


def error(code: str, subject: str, message: str, fix: str) -> Finding:
    return Finding(Level.ERROR, code, subject, message, fix)


def worst(findings: Iterable[Finding]) -> Level:
    """The worst level among them; ok for none."""
    order = list(Level)
    return max((finding.level for finding in findings), key=order.index, default=Level.OK)
