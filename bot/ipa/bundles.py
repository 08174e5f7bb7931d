"""Which bundles an IPA holds, and what their Info.plist says. No I/O of its own.

The app is the one `Payload/<x>.app` (AltSign `unzipAppBundleAtURL`, which takes the first; two are refused
here, because nobody could tell which one is meant). Resource bundles (`.bundle`) hold no code and no client
looks at them, so they are not listed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.errors import BadIpa
from bot.ipa.archive import Archive
from bot.ipa.directory import clean_name
from bot.ipa.limits import Limits
from bot.ipa.model import BundleKind
from bot.ipa.names import shorten
from bot.ipa.plist import BadPlist, count_values, parse_plist

_NESTED = re.compile(r"[^/]\.(app|appex|framework|xpc|xctest|systemextension|dext)/", re.IGNORECASE)
_LINE_ENDS = re.compile(r"[\n\v\f\r\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class FoundBundle:
    """A bundle and its Info.plist: None when there is none, or when it is unusable."""

    path: str
    kind: BundleKind
    info: Mapping[str, Any] | None
    complaint: str | None = None
    spelled: str = ""  # the path as the archive writes it, where accents may be written otherwise

    def text(self, key: str) -> str | None:
        """A value as text; numbers are written out, anything else counts as absent."""
        return as_text((self.info or {}).get(key))

    @property
    def name(self) -> str | None:
        """CFBundleDisplayName, else CFBundleName (`ALTApplication.mm`:56-62)."""
        display = self.text("CFBundleDisplayName")
        return display if display is not None else self.text("CFBundleName")

    @property
    def version(self) -> str:
        """As the client assumes it when absent, `1.0` (:64)."""
        version = self.text("CFBundleShortVersionString")
        return "1.0" if version is None else version

    @property
    def build_version(self) -> str:
        """As the client assumes it when absent, `1` (:66)."""
        build = self.text("CFBundleVersion")
        return "1" if build is None else build

    @property
    def privacy(self) -> dict[str, str]:
        """Privacy keys with their texts; "" where the value is a dictionary or anything else than text.

        The whole key must match, as clients on iOS 16 and newer demand (`Regex+Permissions.swift`:14-30);
        older ones forgive what is missing.
        """
        items = (self.info or {}).items()
        return {key: value if isinstance(value, str) else "" for key, value in items if _is_privacy_key(key)}

    @property
    def executable(self) -> str | None:
        name = self.text("CFBundleExecutable")
        return clean_name(f"{self.path}/{name}") if name else None


def _is_privacy_key(key: str) -> bool:
    """Whether `(NS)?.+UsageDescription.*` matches all of it, where `.` is no end of a line.

    Not by that expression: it takes quadratic time over a key that says UsageDescription again and again.
    """
    return key.find("UsageDescription", 1) > 0 and not _LINE_ENDS.search(key)


def as_text(value: object) -> str | None:
    """Text as it is; a number as people write it (`<real>1.0</real>` is "1.0"), though clients want text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return str(value)


def find_app(archive: Archive) -> str:
    """The app's folder, without a slash at the end; raises BadIpa `no_app`, `several_apps`, `wraps_ipa`."""
    apps: dict[str, None] = {}
    for name in archive.names():
        parts = name.split("/", 2)
        if parts[0] == "Payload" and len(parts) == 3 and _is_app(parts[1]):
            apps["/".join(parts[:2])] = None
    if len(apps) > 1:
        listed = ", ".join(shorten(app) for app in sorted(apps)[:3])
        raise BadIpa(
            f"The archive holds {len(apps)} apps, and only one may be there: {listed}.", code="several_apps"
        )
    if apps:
        return next(iter(apps))
    for name in archive.names():
        if name.lower().endswith((".ipa", ".tipa")) and not name.startswith("__MACOSX"):
            raise BadIpa(f"The archive is no IPA itself; it wraps {shorten(name)}.", code="wraps_ipa")
    why = "there is no folder Payload/<name>.app"
    raise BadIpa(f"The archive holds no app: {why}{_near_miss(archive)}.", code="no_app")


def _is_app(name: str) -> bool:
    """Whether Foundation sees the extension `app`; a leading dot starts none."""
    stem, _, extension = name.rpartition(".")
    return stem != "" and extension.lower() == "app"


_NEAR_MISSES = (
    (re.compile(r"Payload\\.+\.app\\", re.IGNORECASE), "its names are written with backslashes"),
    (re.compile(r"payload/[^/]+\.app/", re.IGNORECASE), "its name must be written Payload"),
    (re.compile(r"(?:[^/]+/)+Payload/[^/]+\.app/", re.IGNORECASE), "it must be at the top"),
    (re.compile(r"[^/]+\.app/", re.IGNORECASE), "the app itself is at the top"),
)


def _near_miss(archive: Archive) -> str:
    """What people did instead, where it is easy to see."""
    names = [name for name in archive.names() if not name.startswith("__MACOSX")]
    for pattern, told in _NEAR_MISSES:
        if any(pattern.match(name) for name in names):
            return f" ({told})"
    return ""


def find_bundles(archive: Archive, app: str, limits: Limits) -> list[FoundBundle]:
    """The app first, then every bundle inside it by path; raises BadIpa when the app's own is unusable."""
    paths = [app, *sorted(_find_nested(archive, app, limits.bundles) - {app})]
    members = {path: member for path in paths if (member := archive.find(f"{path}/Info.plist"))}
    if app not in members:
        raise BadIpa(_why_no_plist(archive, app), code="no_info_plist")
    if sum(member.size for member in members.values()) > limits.plists_bytes:
        raise BadIpa("The Info.plists of the app's bundles are larger than altpress reads.", code="too_large")
    contents = dict(archive.read_all(members.values(), limits.plist_bytes))
    folder = members[app].name.removesuffix("/Info.plist")
    bundles = []
    left = limits.plists_values
    for path in paths:
        member = members.get(path)
        data = contents.pop(member.name) if member else None
        spelled = member.name.removesuffix("/Info.plist") if member else folder + path[len(app) :]
        bundles.append(replace(_parse_bundle(path, _kind(path, app), data, limits), spelled=spelled))
        left -= count_values(bundles[-1].info)
        if left < 0:
            raise BadIpa("The Info.plists hold more values than altpress reads.", code="too_large")
    if bundles[0].info is None:
        raise BadIpa(f"The app's Info.plist is unusable: {bundles[0].complaint}.", code="bad_plist")
    return bundles


def _find_nested(archive: Archive, app: str, limit: int) -> set[str]:
    """The app's folder, and those inside it that are bundles by their name."""
    folders = {app}
    for name in archive.names():
        if name.startswith(f"{app}/"):
            folders.update(name[: found.end() - 1] for found in _NESTED.finditer(name, len(app) + 1))
            if len(folders) > limit:
                raise BadIpa(f"The app holds more than {limit} bundles.", code="too_large")
    return folders


def _why_no_plist(archive: Archive, app: str) -> str:
    text = f"There is no Info.plist in {shorten(app)}"
    if archive.find(f"{app}/Contents/Info.plist"):
        return f"{text}: it is an app for macOS."
    near = next((n for n in archive.names() if n.lower() == f"{app}/info.plist".lower()), None)
    return f"{text}; {shorten(near)} is written otherwise." if near else f"{text}."


def _parse_bundle(path: str, kind: BundleKind, data: bytes | None, limits: Limits) -> FoundBundle:
    if data is None:
        return FoundBundle(path, kind, None)
    try:
        return FoundBundle(path, kind, parse_plist(data, limits))
    except BadPlist as error:
        return FoundBundle(path, kind, None, str(error))


def _kind(path: str, app: str) -> BundleKind:
    if path == app:
        return BundleKind.APP
    suffix = path.rpartition(".")[2].lower()
    if suffix == "app":
        folders = path[len(app) :].lower().split("/")[:-1]  # `Watch`, `com.apple.WatchPlaceholder`
        return BundleKind.WATCH if any("watch" in folder for folder in folders) else BundleKind.OTHER
    return {"appex": BundleKind.APPEX, "framework": BundleKind.FRAMEWORK}.get(suffix, BundleKind.OTHER)
