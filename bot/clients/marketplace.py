"""AltStore PAL compares a source with the `manifest.json` of the app's distribution package. No I/O.

`AppMarketplace.swift` of AltStore 2.2: before iOS is asked to install anything. iOS itself then verifies
the package's signature, and no hash and no permissions are compared here.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.clients.entries import Entry, list_entries
from bot.clients.identity import build_source_identity
from bot.clients.model import Path, Problem
from bot.clients.text import shown
from bot.clients.verify import DOMAIN
from bot.ipa.model import Severity

_Json = Mapping[str, Any]
CLIENT = "altstore-pal"
NUMBERS: Mapping[str, int] = {
    "mismatchedBundleID": 101,
    "mismatchedMarketplaceID": 102,
    "mismatchedVersion": 104,
    "mismatchedBuildVersion": 105,
    "incorrectSource": 301,
}
# these versions came out before the check did: what they mismatch is forgiven
_FORGIVEN = frozenset({
    ("io.altstore.AltStore", "2.1.1"),
    ("io.altstore.AltStore", "2.1.2"),
    ("com.rileytestut.Delta", "1.6.2"),
    ("com.rileytestut.Delta.Beta", "1.6.2b"),
    ("com.rileytestut.Clip", "1.1"),
    ("com.rileytestut.Clip.Beta", "1.2b"),
    ("MikeMichael225.qBitControl", "1.2"),
})  # fmt: skip
# apps that only their own source, or one that AltStore recommends, may offer
_HOMES = {
    "com.xitrix.iTorrent2": "https://xitrix.github.io/iTorrent/AltStoreEU.json",
    "MikeMichael225.qBitControl": (
        "https://raw.githubusercontent.com/michael-128/qbitcontrol-releases/main/source.json"
    ),
}
_COMPARED = (  # the source's key, the manifest's, the client's error
    ("bundleIdentifier", "bundleId", "mismatchedBundleID"),
    ("marketplaceID", "appleItemId", "mismatchedMarketplaceID"),
    ("version", "shortVersionString", "mismatchedVersion"),
    ("buildVersion", "bundleVersion", "mismatchedBuildVersion"),
)


def check_manifest(
    app: _Json, version: _Json, manifest: _Json, *,
    at: Path = ("apps", 0, "versions", 0), source_url: str | None = None,
) -> list[Problem]:  # fmt: skip
    """What PAL says about one version and its package's manifest, in its order; [] when it installs.

    `source_url` is where the source lies, for the two apps that are bound to theirs.
    """
    if app.get("marketplaceID") is None:
        text = "OperationError unknownMarketplaceID: the app has no marketplaceID."
        where = (*at[:2], "marketplaceID")
        return [Problem(CLIENT, Severity.ERROR, "unknownMarketplaceID", where, text, "add `marketplaceID`")]
    problems = [*_mismatches(app, version, manifest, at)]
    if (app.get("bundleIdentifier"), version.get("version")) in _FORGIVEN:
        problems = []
    return [*problems, *_away_from_home(app, at, source_url)]


def check_package(document: object, manifest: _Json, *, source_url: str | None = None) -> list[Problem]:
    """The same for the version of a source that a manifest was meant for, which is looked for."""
    listed = document.get("apps") if isinstance(document, Mapping) else None
    apps = [
        app for app in enumerate(listed if isinstance(listed, list) else ()) if isinstance(app[1], Mapping)
    ]
    entries = [entry for place, app in apps for entry in list_entries(app, ("apps", place))]
    if len(apps) > 1:  # else a mistake in the bundle ID itself is found
        entries = [entry for entry in entries if any(_likeness(entry, manifest)[:2])]
    if not entries:
        text = f"no app of the source has the bundle ID {shown(manifest.get('bundleId'))} of this manifest."
        fix = "add an app with its bundle ID and marketplace ID"
        return [Problem(CLIENT, Severity.WARNING, "notListed", ("apps",), text, fix)]
    best = max(entries, key=lambda entry: _likeness(entry, manifest))
    return check_manifest(best.app, best.version, manifest, at=best.at, source_url=source_url)


def _likeness(entry: Entry, manifest: _Json) -> tuple[bool, ...]:
    """What speaks for a version, the strongest first; of equals the first listed is taken."""
    return tuple(
        (entry.app if key in ("bundleIdentifier", "marketplaceID") else entry.version).get(key)
        == manifest.get(theirs)
        for key, theirs, _ in _COMPARED
    )


def manifest_address(version: _Json) -> str | None:
    """Where PAL looks for the manifest; None for a Patreon post, whose attachment it is.

    The last part of `downloadURL` may be `manifest.json` in any case of letters.
    """
    assets, address = version.get("assetURLs"), version.get("downloadURL")
    if isinstance(assets, Mapping) and isinstance(assets.get("manifest"), str):
        return str(assets["manifest"])
    if not isinstance(address, str) or "patreon.com/posts/" in address:
        return None
    return re.sub(r"(?i)/manifest\.json/?$", "", address).removesuffix("/") + "/manifest.json"


def _mismatches(app: _Json, version: _Json, manifest: _Json, at: Path) -> Iterator[Problem]:
    for key, theirs, code in _COMPARED:
        in_app = key in ("bundleIdentifier", "marketplaceID")
        declared, found = (app if in_app else version).get(key), manifest.get(theirs)
        # an empty build counts as none, which no package has
        if declared != found or (key == "buildVersion" and not declared):
            where = (*(at[:2] if in_app else at), key)
            text = f"the source says {key} {shown(declared)}, the package {shown(found)}."
            yield _problem(code, where, text, f"write `{shown(found)}`")


def _away_from_home(app: _Json, at: Path, source_url: str | None) -> Iterator[Problem]:
    home = _HOMES.get(str(app.get("bundleIdentifier")))
    if home and source_url and build_source_identity(home) != build_source_identity(source_url):
        text = f"the app may be offered by {home} only, or by a source that AltStore recommends."
        yield _problem("incorrectSource", (*at[:2], "bundleIdentifier"), text, "leave the app out")


def _problem(code: str, at: Path, text: str, fix: str) -> Problem:
    return Problem(CLIENT, Severity.ERROR, code, at, f"{DOMAIN} {NUMBERS[code]}: {text}", fix)
