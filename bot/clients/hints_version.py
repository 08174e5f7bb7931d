"""Hints about the versions of one app. No I/O.

What many versions have in common is said once, at the first of them: a list of a thousand versions without
a hash is one thing to mend.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from bot.clients.dates import read_day, read_moment
from bot.clients.hints import (
    CLASSIC_20,
    CLASSIC_22,
    EVERYBODY,
    FAMILY,
    FEATHER,
    LIVECONTAINER,
    PAL,
    VERIFYING,
    Audience,
    Hint,
    Json,
    objects,
    plural,
    tell,
    warn,
)
from bot.clients.model import Path
from bot.clients.system import NOTHING, limits, supports_nothing
from bot.clients.text import shown
from bot.clients.values import INT32

_HASH = re.compile(r"[0-9A-Fa-f]{64}")
_SYSTEM = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){0,2}")
_MAJOR = re.compile(r"[0-9]{1,3}")
# what a version lacks -> whom it concerns, and what follows
MISSING: tuple[tuple[str, Audience, str], ...] = (
    ("sha256", VERIFYING, "a file that was changed on its way is installed all the same."),
    ("buildVersion", VERIFYING, "another build of the same version is no update."),
    ("minOSVersion", FAMILY, "older devices download the version and fail then."),
)


def hints_of_versions(app: Json, at: Path, now: datetime | None) -> Iterator[Hint]:
    """Everything about `versions`, where they are an array of objects."""
    versions = [*objects(app.get("versions"))]
    at = (*at, "versions")
    yield from _order(versions, at)
    yield from _missing(versions, at)
    yield from _newest(versions, at, now)
    for index, version in versions:
        yield from _hash_and_size(version, (*at, index))
        yield from _systems(version, (*at, index))


def hints_of_packages(app: Json, at: Path) -> Iterator[Hint]:
    """PAL finds a version by its address, and hands the address to iOS through a redirect."""
    seen: dict[Any, int] = {}
    for index, version in objects(app.get("versions")):
        address, here = version.get("downloadURL"), (*at, "versions", index, "downloadURL")
        if not isinstance(address, str):
            continue
        if "|" in address or "?" in address:
            text = "iOS is given the address through a redirect that loses `|` and the query."
            yield warn(PAL, "packageURL", here, text, "use a plain address")
        folder = re.sub(r"(?i)/manifest\.json$", "", address).removesuffix("/")
        if folder in seen:
            text = f"version {seen[folder]} of the list has the same package: only one of the two installs."
            yield warn(PAL, "sharedPackage", here, text, "give each version its own package")
        seen.setdefault(folder, index)


def _order(versions: Sequence[tuple[int, Json]], at: Path) -> Iterator[Hint]:
    """The first is the newest to every client, whatever the dates say."""
    before = None
    for index, version in versions:
        day = read_day(version.get("date"))
        if day and before and day > before:
            text = "the version is newer than the one before it; clients offer the first as the newest."
            yield warn(EVERYBODY, "versionOrder", (*at, index, "date"), text, "put the newest version first")
            return
        before = day or before


def _missing(versions: Sequence[tuple[int, Json]], at: Path) -> Iterator[Hint]:
    """One hint for all versions that lack a key, at the first of them."""
    for key, clients, text in MISSING:
        if found := [index for index, version in versions if not version.get(key)]:
            whole = f"{plural(len(found), 'version')} without `{key}`: {text}"
            code = f"no{key[0].upper()}{key[1:]}"
            yield warn(clients, code, (*at, found[0], key), whole, f"add `{key}`")
    bare = [index for index, v in versions if v.get("buildVersion") and v.get("buildNumber") is None]
    if bare:
        text = f"{plural(len(bare), 'version')} without `buildNumber`, where LiveContainer reads the build."
        yield tell(LIVECONTAINER, "noBuildNumber", (*at, bare[0], "buildNumber"), text, "add `buildNumber`")


def _newest(versions: Sequence[tuple[int, Json]], at: Path, now: datetime | None) -> Iterator[Hint]:
    """The first version: what its date and its size do to the whole app."""
    for index, version in versions[:1]:
        moment = read_moment(version.get("date")) if now else None
        if now and moment and moment > now:
            text = "the date is in the future: the install button is off and shows a countdown."
            yield warn(
                CLASSIC_22 | PAL, "futureDate", (*at, index, "date"), text, "give the day of the release"
            )
        size = version.get("size")
        if isinstance(size, int | float) and size > INT32:
            text = "the newest version is larger than 2,147,483,647 bytes: AltStore before 2.0.1 crashes."
            yield warn(CLASSIC_20, "sizeCrash", (*at, index, "size"), text, "offer a smaller file first")


def _hash_and_size(version: Json, at: Path) -> Iterator[Hint]:
    digest, size = version.get("sha256"), version.get("size")
    if isinstance(digest, str) and not _HASH.fullmatch(digest):
        text = "this is no SHA-256: every install fails as a mismatched hash."
        yield warn(VERIFYING, "badHash", (*at, "sha256"), text, "write 64 hex digits, or leave the key out")
    if isinstance(size, int | float) and not isinstance(size, bool) and size <= 0:
        yield warn(EVERYBODY, "badSize", (*at, "size"), f"the size is {size} bytes.", "write the file's size")
    date = version.get("date")
    if isinstance(date, str) and read_day(date) is None:
        text = "Feather drops the date."
        yield warn(FEATHER, "droppedDate", (*at, "date"), text, "write YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ")


def _systems(version: Json, at: Path) -> Iterator[Hint]:
    lowest, highest = version.get("minOSVersion"), version.get("maxOSVersion")
    if isinstance(lowest, str) and lowest and not _SYSTEM.fullmatch(lowest):
        text = f"clients read numbers only: `{shown(lowest)}` is {_dotted(limits(version)[0])} to them."
        yield warn(FAMILY, "badSystem", (*at, "minOSVersion"), text, "write numbers and dots, such as `15.0`")
    if supports_nothing(version):
        text = "no device can have this version: it is for no iOS at all."
        yield warn(VERIFYING, "noSystem", (*at, "maxOSVersion"), text, "leave `maxOSVersion` out")
    elif isinstance(highest, str) and _MAJOR.fullmatch(highest):
        text = f"`{highest}` means {highest}.0.0 and leaves out {highest}.1 and later."
        yield warn(VERIFYING, "majorSystem", (*at, "maxOSVersion"), text, f"write `{highest}.99`")


def _dotted(system: tuple[int, int, int] | None) -> str:
    return ".".join(str(part) for part in system or NOTHING)
