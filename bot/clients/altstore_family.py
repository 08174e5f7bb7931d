"""AltStore's way of reading a source, shared by Classic, PAL and SideStore. No I/O.

All or nothing: one bad value anywhere refuses the whole document. First everything is decoded (AltStore's
Source, StoreApp, AppVersion, NewsItem), then verified app by app (FetchSourceOperation). A client differs
in the values of a `Family`; what it reads otherwise is in its own module.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bot.clients.altstore_fields import (
    APP_FIELDS,
    APP_TEXTS,
    LEGACY_FIELDS,
    NEWS_FIELDS,
    NEWS_TEXTS,
    SOURCE_FIELDS,
    SOURCE_TEXTS,
    VERSION_FIELDS,
    VERSION_TEXTS,
    Texts,
)
from bot.clients.fields import Field, check_fields, key_not_found, optional
from bot.clients.forms import app_permissions, patreon
from bot.clients.numbers import numbered
from bot.clients.text import shown
from bot.clients.values import Fault, Faults, array, below, bound_errors, mapping, mismatch, string, url

_Json = dict[str, Any]


@dataclass(frozen=True)
class Family:
    """How one client of the family differs."""

    marketplace_id: Callable[[_Json], bool]  # whether an app counts as a marketplace app
    pal: bool = False  # takes marketplace apps only, instead of none
    localized: bool = False  # reads translations
    version_fields: tuple[Field, ...] = VERSION_FIELDS
    without: frozenset[str] = frozenset()  # app keys that it does not read
    source_fields: tuple[Field, ...] = ()  # more than the others
    patreon: bool = True
    # the keys with the app's versions, in the order of preference; None: the five legacy fields
    decode_versions: Callable[["Family", _Json], tuple[list[Fault], "Listing"]] | None = None

    def check(self, document: Any) -> list[Fault]:
        """All faults, those of decoding first, in the client's order."""
        if type(document) is not dict:
            return list(mismatch("an object", document))
        faults, listings = self._decode(document)
        if not any(fault.severity == "error" for fault in faults):
            faults += self._verify(document, listings)
        return faults

    def _decode(self, source: _Json) -> tuple[list[Fault], list["Listing"]]:
        faults = self._texts(source, (*SOURCE_FIELDS, *self.source_fields), SOURCE_TEXTS)
        listings: list[Listing] = []

        def check_app(app: _Json) -> Faults:
            found, listing = self._app(app)
            listings.append(listing)
            return found

        faults += _check_objects(source, "apps", check_app)
        faults += _check_objects(source, "news", lambda item: self._texts(item, NEWS_FIELDS, NEWS_TEXTS))
        faults += check_fields(source, (optional("featuredApps", array(string)),))
        return faults, listings

    def _app(self, app: _Json) -> tuple[list[Fault], "Listing"]:
        faults = self._texts(app, tuple(f for f in APP_FIELDS if f[0] not in self.without), APP_TEXTS)
        if app.get("screenshots") is None:
            faults += check_fields(app, (optional("screenshotURLs", array(url)),))
        faults += check_fields(app, (optional("appPermissions", app_permissions),))
        decode = self.decode_versions or decode_versions
        found, listing = decode(self, app)
        faults += found
        if self.patreon:
            faults += check_fields(app, (optional("patreon", patreon),))
        return faults, listing

    def versions(self, app: _Json, value: Any, at: tuple[str | int, ...]) -> tuple[list[Fault], "Listing"]:
        """Versions out of an array; a marketplace app's need a build, and none at all is an error."""
        if type(value) is not list:
            return [_deeper(fault, at) for fault in mismatch("an array", value)], Listing((), at)
        faults = bound_errors(
            _deeper(fault, (*at, index))
            for index, version in enumerate(value)
            for fault in self._version(app, version)
        )
        if not value:
            text = "the app does not have any app versions."
            faults.append(numbered("noVersions", text, "list a version, or leave the app out", at))
        return faults, Listing(tuple(v for v in value if type(v) is dict), at)

    def _version(self, app: _Json, version: Any) -> Faults:
        if type(version) is not dict:
            return mismatch("an object", version)
        faults = self._texts(version, self.version_fields, VERSION_TEXTS)
        if not version.get("buildVersion") and self.marketplace_id(app):
            faults.append(key_not_found("buildVersion", "Notarized apps must provide a build version."))
        return faults

    def _texts(self, value: Any, fields: tuple[Field, ...], texts: Texts) -> list[Fault]:
        """An object's keys; a translation stands in for the plain text, which is then not read."""
        if type(value) is not dict:
            return list(mismatch("an object", value))
        if not self.localized or not any(key in value for keys in texts.values() for key in keys):
            return check_fields(value, fields)
        keys = [key for names in texts.values() for key in names]
        faults = check_fields(value, tuple(optional(key, mapping(string)) for key in keys))
        translated = {plain for plain, names in texts.items() if any(value.get(name) for name in names)}
        # which language a device asks for is unknown: a missing plain text is left to whom it concerns
        return faults + check_fields(
            value, tuple(f if f[0] not in translated else (f[0], f[1], False) for f in fields)
        )

    def _verify(self, source: _Json, listings: list["Listing"]) -> list[Fault]:
        faults: list[Fault] = []
        seen: set[str] = set()
        for index, app in enumerate(source.get("apps") or ()):
            found = [*self._verify_app(app, listings[index], seen)]
            faults += [below(below(fault, index), "apps") for fault in found]
            seen.add(app["bundleIdentifier"])
        return faults

    def _verify_app(self, app: _Json, listing: "Listing", seen: set[str]) -> Iterator[Fault]:
        """One app's rules, in the order of FetchSourceOperation."""
        bundle = app["bundleIdentifier"]
        if bundle in seen:
            text = f"the source contains more than one app with the bundle ID {shown(bundle)}."
            yield numbered("duplicateBundleID", text, "list all versions in one app", ("bundleIdentifier",))
        yield from listing.duplicates(bundle)
        yield from _usage_descriptions(app)
        yield from _ipad_sizes(app)
        if self.marketplace_id(app) != self.pal:
            yield self._wrong_shop()

    def _wrong_shop(self) -> Fault:
        at = ("marketplaceID",)
        if self.pal:
            text = "AltStore PAL takes apps with a marketplaceID only."
            return numbered("marketplaceRequired", text, "give every app its marketplaceID", at)
        text = "the app has a marketplaceID, which only AltStore PAL takes."
        return numbered("marketplaceNotSupported", text, "keep PAL apps in a file of their own", at)


@dataclass(frozen=True)
class Listing:
    """The versions that count for an app, and where they stand in it."""

    versions: tuple[_Json, ...]
    at: tuple[str | int, ...] = ()

    def duplicates(self, bundle: str) -> Iterator[Fault]:
        """Version and build together must be unique; an empty build is none."""
        seen: set[tuple[str, str | None]] = set()
        for index, version in enumerate(self.versions):
            key = (version["version"], version.get("buildVersion") or None)
            if key in seen:
                label = key[0] if key[1] is None else f"{key[0]} ({key[1]})"
                text = f"the source contains version {shown(label)} of {shown(bundle)} more than once."
                yield numbered("duplicateVersion", text, "remove one of the two", (*self.at, index))
            seen.add(key)


def decode_versions(family: Family, app: _Json) -> tuple[list[Fault], Listing]:
    """`versions`, or where that is missing or null the legacy fields, which have neither build nor limits."""
    value = app.get("versions")
    if value is None:
        return check_fields(app, LEGACY_FIELDS), Listing(())
    return family.versions(app, value, ("versions",))


def _check_objects(source: _Json, key: str, check: Callable[[_Json], Faults]) -> list[Fault]:
    """An array at the top, whose objects `check` takes."""
    value = source.get(key)
    if value is None:
        return []
    if type(value) is not list:
        return [below(fault, key) for fault in mismatch("an array", value)]
    return bound_errors(
        below(below(fault, index), key)
        for index, item in enumerate(value)
        for fault in (check(item) if type(item) is dict else mismatch("an object", item))
    )


def _deeper(fault: Fault, at: tuple[str | int, ...]) -> Fault:
    for part in reversed(at):
        fault = below(fault, part)
    return fault


def _usage_descriptions(app: _Json) -> Iterator[Fault]:
    """Every privacy permission needs a text; blanks pass."""
    privacy = (app.get("appPermissions") or {}).get("privacy") or {}
    by_name = (
        privacy if type(privacy) is dict else {item["name"]: item["usageDescription"] for item in privacy}
    )
    for name, text in by_name.items():
        if not text:
            message = f"the privacy permission {shown(name)} has no usage description."
            at = ("appPermissions", "privacy", name)
            yield numbered("missingPermissionUsageDescription", message, "say what it is used for", at)


def _ipad_sizes(app: _Json) -> Iterator[Fault]:
    shots = app.get("screenshots")
    ipad = (shots.get("ipad") or ()) if type(shots) is dict else ()
    for index, shot in enumerate(ipad):
        if type(shot) is str or shot.get("width") is None or shot.get("height") is None:
            at = ("screenshots", "ipad", index)
            message = "an iPad screenshot has no size."
            fix = "write an object with imageURL, width and height"
            yield numbered("missingScreenshotSize", message, fix, at)
