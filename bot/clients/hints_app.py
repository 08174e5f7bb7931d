"""Hints about one app. No I/O."""

from collections.abc import Iterator
from typing import Any

from bot.clients.hints import (
    ALTSTORE,
    CLASSIC_20,
    CLASSIC_22,
    EVERYBODY,
    FAMILY,
    FEATHER,
    LIVECONTAINER,
    PAL,
    SIDESTORE,
    VERIFYING,
    Hint,
    Json,
    objects,
    tell,
    warn,
)
from bot.clients.model import Path
from bot.clients.text import shown

# AltStore's StoreCategory
CATEGORIES = (
    "developer",
    "entertainment",
    "games",
    "lifestyle",
    "other",
    "photo-video",
    "social",
    "utilities",
)


def hints_of_app(source: Json, app: Json, at: Path) -> Iterator[Hint]:
    """Everything about an app but its versions."""
    if app.get("bundleIdentifier") == "":
        text = "the bundle ID is empty: no IPA has such a one."
        yield warn(
            EVERYBODY, "noBundleIdentifier", (*at, "bundleIdentifier"), text, "write the IPA's bundle ID"
        )
    category = app.get("category")
    if isinstance(category, str) and category.lower() not in CATEGORIES:
        text = f"the category {shown(category)} is unknown; AltStore lists the app under Other."
        yield warn(
            FAMILY, "unknownCategory", (*at, "category"), text, f"write one of {', '.join(CATEGORIES)}"
        )
    if app.get("screenshots") and not app.get("screenshotURLs"):
        text = "Feather and LiveContainer show the screenshots of `screenshotURLs` only."
        fix = "add `screenshotURLs`"
        yield tell(FEATHER | LIVECONTAINER, "noScreenshotURLs", (*at, "screenshotURLs"), text, fix)
    yield from _permissions(source, app, at)
    yield from _patreon(source, app, at)
    yield from _marketplace(app, at)


def _permissions(source: Json, app: Json, at: Path) -> Iterator[Hint]:
    """What is not declared is not installed."""
    declared, here = app.get("appPermissions"), (*at, "appPermissions")
    if declared is None:
        for clients, number in ((CLASSIC_20, 6), (CLASSIC_22, 201), (SIDESTORE, 6)):
            if clients is not SIDESTORE or _enforces(source):
                text = f"an IPA with any entitlement or usage description ends in VerificationError {number}."
                yield warn(clients, "noPermissions", here, text, "add `appPermissions` with all of the IPA's")
        return
    privacy = declared.get("privacy") if isinstance(declared, dict) else None
    for index, item in objects(privacy):
        name = item.get("name")
        if isinstance(name, str) and name.startswith("NS"):
            text = f"the old form puts NS and UsageDescription around {shown(name)}, which no IPA has."
            fix = "write an object with the whole key and its text"
            yield warn(VERIFYING, "legacyPrivacyName", (*here, "privacy", index, "name"), text, fix)


def _enforces(source: Json) -> bool:
    """Whether SideStore compares permissions."""
    version = source.get("version")
    return isinstance(version, int | float) and not isinstance(version, bool) and version >= 2


def _patreon(source: Json, app: Json, at: Path) -> Iterator[Hint]:
    patreon = app.get("patreon")
    if not isinstance(patreon, dict):
        return
    if not source.get("patreonURL"):
        text = "without the source's `patreonURL` no pledge is found, and nobody can install the app."
        yield warn(ALTSTORE, "patreonWithoutURL", (*at, "patreon"), text, "add `patreonURL` to the source")
    if not patreon:
        text = "an empty `patreon` makes the app one for patrons only."
        yield warn(ALTSTORE, "patronsOnly", (*at, "patreon"), text, "leave `patreon` out")


def _marketplace(app: Json, at: Path) -> Iterator[Hint]:
    """PAL compares the text with the package's, though it reads a number first."""
    value: Any = app.get("marketplaceID")
    if isinstance(value, str) and value.isascii() and value.isdigit() and value.startswith("0"):
        text = "the leading zero differs from Apple's id: every install ends in VerificationError 102."
        fix = f"write `{shown(value.lstrip('0'))}`"
        yield warn(PAL, "marketplaceIDForm", (*at, "marketplaceID"), text, fix)
    if value and app.get("versions") is None:
        text = "the old fields have no build: every install ends in VerificationError 105."
        yield warn(PAL, "marketplaceWithoutBuild", (*at, "version"), text, "list the version in `versions`")
