"""What an update brings: what changed inside, and whether a client offers it at all. No I/O."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from bot.clients.declared import Asks
from bot.clients.system import NOTHING, parse_system

_FAMILIES = {1: "iPhone", 2: "iPad", 3: "Apple TV", 4: "Apple Watch", 7: "Apple Vision"}
_OFFERING = frozenset({"altstore", "altstore-2.0", "altstore-pal", "sidestore"})
_ASSUMED_FAMILY = (1,)  # what the clients take for an absent UIDeviceFamily
# a full semantic version: SideStore compares by order only what is one
_SEMANTIC = re.compile(
    r"(0|[1-9][0-9]{0,17})\.(0|[1-9][0-9]{0,17})\.(0|[1-9][0-9]{0,17})"
    r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?"
)


class Inside(Asks, Protocol):
    """What `IpaInfo` and `Facts` both say of an IPA."""

    @property
    def min_os_version(self) -> str | None: ...
    @property
    def device_families(self) -> tuple[int, ...]: ...


@dataclass(frozen=True, slots=True)
class Changes:
    """What is different in a new version; all tuples are sorted."""

    entitlements_added: tuple[str, ...] = ()  # AltStore asks; in the background it fails instead
    entitlements_removed: tuple[str, ...] = ()
    privacy_added: tuple[str, ...] = ()
    privacy_removed: tuple[str, ...] = ()
    min_os_raised: tuple[str, str] | None = None  # from, to
    families_added: tuple[str, ...] = ()
    families_removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != Changes()

    def sentences(self) -> list[str]:
        """One public sentence a kind of change; `[]` when nothing matters."""
        listed = (
            ("asks for new entitlements (AltStore asks its users first)", self.entitlements_added),
            ("gives up entitlements", self.entitlements_removed),
            ("has new privacy keys", self.privacy_added),
            ("drops privacy keys", self.privacy_removed),
            ("now runs on", self.families_added),
            ("no longer runs on", self.families_removed),
        )
        said = [f"It {what}: {', '.join(names)}." for what, names in listed if names]
        if self.min_os_raised:
            old, new = self.min_os_raised
            said.append(f"It needs iOS {new} instead of {old}.")
        return said


def changes_since(previous: Inside, new: Inside) -> Changes:
    """What changed between two versions of an app, as far as clients or users notice."""
    old_os, new_os = previous.min_os_version or "1.0", new.min_os_version or "1.0"
    raised = parse_system(new_os) > max(parse_system(old_os), NOTHING)
    return Changes(
        *_compare(previous.entitlements, new.entitlements),
        *_compare(previous.privacy, new.privacy),
        (old_os, new_os) if raised else None,
        *_compare(_families(previous), _families(new)),
    )


def offers_update(
    client: str, installed: tuple[str, str | None], listed: tuple[str, str | None]
) -> bool:  # fmt: skip
    """Whether the first supported entry is offered to somebody who has `installed` (version, build).

    The installed build is the one that the source declared then. AltStore asks only whether they differ,
    so that an older entry in front is an update to it; SideStore compares full semantic versions. Raises
    KeyError for other clients, whose rule is not known.
    """
    if client not in _OFFERING:
        raise KeyError(client)
    same_build = (installed[1] or None) == (listed[1] or None)
    if client == "sidestore":
        old, new = semantic(installed[0]), semantic(listed[0])
        if old is not None and new is not None:
            return new > old
    return installed[0] != listed[0] or not same_build


def _compare(old: Iterable[str], new: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Added, removed."""
    before, after = set(old), set(new)
    return tuple(sorted(after - before)), tuple(sorted(before - after))


def _families(inside: Inside) -> list[str]:
    return [
        _FAMILIES.get(number, f"device family {number}")
        for number in inside.device_families or _ASSUMED_FAMILY
    ]


def semantic(text: str) -> tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]] | None:
    """In the order of SemVer 2.0: a release after its previews, numbers before words."""
    found = _SEMANTIC.fullmatch(text)
    if not found:
        return None
    preview = found[4]
    parts = tuple(
        (not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in (preview or "").split(".")
    )
    return int(found[1]), int(found[2]), int(found[3]), preview is None, parts
