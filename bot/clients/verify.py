"""What a client compares after the download, and what it then says. No I/O.

AltStore's DownloadAppOperation (the limits of the system) and VerifyAppOperation, as AltStore 2.0, 2.2 and
SideStore have it. The order is the client's: the first problem is the one that its user sees.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.clients.declared import Names, declared_names, find_undeclared
from bot.clients.entries import Entry
from bot.clients.model import Problem
from bot.clients.system import System, parse_system, supports, supports_nothing
from bot.clients.text import shown
from bot.ipa.model import IpaInfo, Severity

DOMAIN = "VerificationError"
_EXEMPT_FROM_BUNDLE_ID = "me.oatmealdome.dolphinios-njb"  # AltStore rewrites the IPA's to match


@dataclass(frozen=True)
class Verifier:
    """How one client verifies. `numbers`: its name of an error -> the number that it shows."""

    client: str
    numbers: Mapping[str, int]
    bundle_code: str | None  # None: the bundle ID is not compared
    build_first: bool = False
    permissions_from: int | None = None  # only in sources whose `version` is at least that
    channels: bool = False  # reads release tracks

    def check(
        self, source: Mapping[str, Any], entry: Entry, info: IpaInfo, system: System | None
    ) -> Iterator[Problem]:
        """Every objection, in the client's order. `system`: the device's; None is the newest iOS."""
        yield from self._limits(entry, system)
        yield from self._bundle_id(entry, info)
        yield from self._device(entry, info, system)
        yield from self._hash(entry, info)
        numbers = (self._version(entry, info), self._build(entry, info))
        for found in reversed(numbers) if self.build_first else numbers:
            yield from found
        if self.verifies_permissions(source):
            yield from self._permissions(entry, find_undeclared(info, _declared(entry), system))

    def added_permissions(self, entry: Entry, names: Iterable[str]) -> Problem:
        """An update in the background that asks for more than the installed copy."""
        listed = ", ".join(map(shown, names))
        text = f"the update adds {listed}; in the background AltStore cannot ask for consent."
        return self._problem("addedPermissions", entry, (), text, "nothing: users update by hand once")

    def verifies_permissions(self, source: Mapping[str, Any]) -> bool:
        if self.permissions_from is None:
            return True
        version = source.get("version")
        number = version if isinstance(version, int | float) and not isinstance(version, bool) else 1
        return number >= self.permissions_from

    def _limits(self, entry: Entry, system: System | None) -> Iterator[Problem]:
        """Before the download. On an unknown device only what no device has is sure."""
        version = entry.version
        if supports_nothing(version) or not (system is None or supports(version, system)):
            low, high = version.get("minOSVersion"), version.get("maxOSVersion")
            highest = "any" if high is None else shown(high) or "0.0"
            text = f"the version is for iOS {shown(low or '1.0')} to {highest}."
            key = "minOSVersion" if high is None else "maxOSVersion"
            fix = "list an older version below" if high is None else "leave `maxOSVersion` out"
            yield self._problem("iOSVersionNotSupported", entry, (key,), text, fix)

    def _bundle_id(self, entry: Entry, info: IpaInfo) -> Iterator[Problem]:
        declared, found = entry.app.get("bundleIdentifier"), info.bundle_identifier
        if self.bundle_code is None or declared in (found, _EXEMPT_FROM_BUNDLE_ID):
            return
        text = f"the source says bundle ID {shown(declared)}, the IPA {shown(found)}."
        at = Entry(entry.app, entry.version, entry.app_at, entry.app_at)
        yield self._problem(self.bundle_code, at, ("bundleIdentifier",), text, f"write `{shown(found)}`")

    def _device(self, entry: Entry, info: IpaInfo, system: System | None) -> Iterator[Problem]:
        if system is not None and info.min_os_version and parse_system(info.min_os_version) > system:
            needed = shown(info.min_os_version)
            text = f"the IPA asks for iOS {needed}, which is found out after the download only."
            fix = f"write `{needed}`, so that an older version is offered"
            yield self._problem("iOSVersionNotSupported", entry, ("minOSVersion",), text, fix)

    def _hash(self, entry: Entry, info: IpaInfo) -> Iterator[Problem]:
        """The declared text is put in lower case, not trimmed; an empty one never matches."""
        declared = entry.version.get("sha256")
        if isinstance(declared, str) and info.sha256 is not None and declared.lower() != info.sha256:
            text = f"the source says SHA-256 {shown(declared)!r}, the file has {info.sha256}."
            yield self._problem("mismatchedHash", entry, ("sha256",), text, f"write `{info.sha256}`")

    def _version(self, entry: Entry, info: IpaInfo) -> Iterator[Problem]:
        declared = entry.version.get("version")
        if declared != info.version:
            text = f"the source says version {shown(declared)}, the IPA {shown(info.version)}."
            yield self._problem(
                "mismatchedVersion", entry, ("version",), text, f"write `{shown(info.version)}`"
            )

    def _build(self, entry: Entry, info: IpaInfo) -> Iterator[Problem]:
        """Only where the source gives one."""
        declared = entry.version.get("buildVersion")
        if declared and declared != info.build_version:
            text = f"the source says build {shown(declared)}, the IPA {shown(info.build_version)}."
            fix = f"write `{shown(info.build_version)}`"
            yield self._problem("mismatchedBuildVersion", entry, ("buildVersion",), text, fix)

    def _permissions(self, entry: Entry, missing: Names) -> Iterator[Problem]:
        if not missing:
            return
        text = f"the app does not declare {', '.join(map(shown, (*missing.entitlements, *missing.privacy)))}."
        at = Entry(entry.app, entry.version, entry.app_at, entry.app_at)
        yield self._problem("undeclaredPermissions", at, ("appPermissions",), text, _declare(missing))

    def _problem(self, code: str, entry: Entry, below: tuple[str, ...], text: str, fix: str) -> Problem:
        message = f"{DOMAIN} {self.numbers[code]}: {text}"
        return Problem(self.client, Severity.ERROR, code, (*entry.at, *below), message, fix)


def _declared(entry: Entry) -> Names:
    return declared_names(entry.app.get("appPermissions"))


def _declare(missing: Names) -> str:
    """What to add, by name."""
    parts = []
    if missing.entitlements:
        parts.append(f"add {_marked(missing.entitlements)} to appPermissions.entitlements")
    if missing.privacy:
        parts.append(f"add {_marked(missing.privacy)} with a text each to appPermissions.privacy")
    return ", and ".join(parts)


def _marked(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{shown(name)}`" for name in names)
