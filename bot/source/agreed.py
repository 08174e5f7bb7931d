"""What users have agreed to, and what a version asks for beyond it. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.lock import Adopted
from bot.records import Record
from bot.source.permissions import build_permissions


@dataclass(frozen=True, slots=True)
class Agreed:
    """The names of what they have agreed to already."""

    version: str | None  # with which they did; None: with a hand-made source
    entitlements: frozenset[str]
    privacy: frozenset[str]


@dataclass(frozen=True, slots=True)
class More:
    """What is new."""

    entitlements: tuple[str, ...]
    privacy: Mapping[str, str]  # key -> the usage text


def build_agreed(record: Record) -> Agreed:
    """Of those who have this version, whose facts are known."""
    assert record.facts is not None
    facts = record.facts
    return Agreed(facts.version, frozenset(facts.entitlements), frozenset(facts.privacy))


def read_agreed(entry: Adopted | None) -> Agreed | None:
    """What a hand-made source declares for the app; None where it says nothing about it."""
    permissions = entry.entry.get("appPermissions") if entry else None
    if not isinstance(permissions, dict):
        return None
    found = build_permissions((), permissions, "")
    return Agreed(None, frozenset(map(str, found["entitlements"])), frozenset(map(str, found["privacy"])))


def compare_asked(record: Record, agreed: Agreed | None) -> More:
    """What a version asks for beyond that; nothing when there is nothing to compare with."""
    assert record.facts is not None
    if agreed is None:
        return More((), {})
    entitlements = tuple(sorted(set(record.facts.entitlements) - agreed.entitlements))
    privacy = {key: record.facts.privacy[key] for key in sorted(set(record.facts.privacy) - agreed.privacy)}
    return More(entitlements, privacy)
