"""What an app's `appPermissions` declares, and what of an IPA it leaves out. No I/O.

AltStore's AppPermission (the forms) and VerifyAppOperation:179-274 (the comparison): names are compared as
they are written, values never; declaring more is no error.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.clients.system import System
from bot.ipa.model import IpaInfo

IGNORED = frozenset({"application-identifier", "com.apple.developer.team-identifier"})
_PRIVACY = re.compile(r"(?:NS)?(.+)UsageDescription.*", re.DOTALL)
_SYSTEM_WITH_REGEX: System = (16, 0, 0)  # older systems forgive every missing privacy key


class Asks(Protocol):
    """What an IPA asks for, as `IpaInfo` and `Facts` say it: `get-task-allow` is in it where it counts."""

    @property
    def entitlements(self) -> tuple[str, ...]: ...
    @property
    def privacy(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class Names:
    """Names of both kinds, each sorted."""

    entitlements: tuple[str, ...] = ()
    privacy: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.entitlements or self.privacy)


def declared_names(permissions: Any) -> Names:
    """The names in an `appPermissions` of any form that a client takes; any other counts as empty."""
    if not isinstance(permissions, Mapping):
        return Names()
    return Names(
        _entitlement_names(permissions.get("entitlements")), _privacy_names(permissions.get("privacy"))
    )


def find_undeclared(asks: Asks, declared: Names, system: System | None = None) -> Names:
    """What the IPA asks for and the app does not declare. `system` is the device's; None is the newest."""
    entitlements = set(asks.entitlements) - IGNORED - set(declared.entitlements)
    if system is not None and system < _SYSTEM_WITH_REGEX:
        return Names(tuple(sorted(entitlements)))
    known = set(declared.privacy)
    privacy = (name for name in asks.privacy if not _is_declared(name, known))
    return Names(tuple(sorted(entitlements)), tuple(sorted(privacy)))


def find_spare(declared: Names, info: IpaInfo) -> tuple[str, ...]:
    """What is declared though nothing in the IPA, however widely looked at, has it."""
    entitlements = {*info.entitlements, *info.entitlements_wider, *IGNORED, "get-task-allow"}
    keys = {*info.privacy, *info.privacy_wider}
    middles = {found[1] for key in keys if (found := _PRIVACY.fullmatch(key))}
    spare = [name for name in declared.entitlements if name not in entitlements]
    return (*spare, *(name for name in declared.privacy if name not in keys | middles))


def _is_declared(name: str, known: set[str]) -> bool:
    """By its whole name, or by what stands in the middle: `Camera` for `NSCameraUsageDescription`."""
    found = _PRIVACY.fullmatch(name)
    return found is None or name in known or found[1] in known


def _entitlement_names(value: Any) -> tuple[str, ...]:
    """An object by name, names, or the legacy objects with `name`."""
    if isinstance(value, Mapping):
        return tuple(sorted(value))
    return _sorted_texts(item.get("name") if isinstance(item, Mapping) else item for item in _items(value))


def _privacy_names(value: Any) -> tuple[str, ...]:
    """An object by key, or the legacy objects, whose names are put between `NS` and `UsageDescription`."""
    if isinstance(value, Mapping):
        return tuple(sorted(value))
    objects = (item for item in _items(value) if isinstance(item, Mapping))
    names = _sorted_texts(item.get("name") for item in objects)
    return tuple(f"NS{name}UsageDescription" for name in names)


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _sorted_texts(values: Any) -> tuple[str, ...]:
    return tuple(sorted({value for value in values if isinstance(value, str)}))
