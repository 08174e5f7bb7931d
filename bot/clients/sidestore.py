"""SideStore: AltStore 2.0's rules, with channels, and without Patreon. No I/O.

The order is its own: release tracks first, then versions, then the legacy fields; then download addresses.
"""

from typing import Any

from bot.clients.altstore import VERIFY_20
from bot.clients.altstore_family import Family, Listing
from bot.clients.altstore_fields import LEGACY_FIELDS
from bot.clients.fields import check_fields, object_of, optional, required
from bot.clients.values import (
    INT32,
    INT64,
    Fault,
    below,
    boolean,
    integer,
    mismatch,
    string,
    url,
)
from bot.clients.verify import Verifier
from bot.ipa.model import Severity

_PLATFORM_URL = object_of((required("platform", integer(0, 2)), required("downloadURL", url)))


def _is_given(app: dict[str, Any]) -> bool:
    return app.get("marketplaceID") is not None


def _decode(family: Family, app: dict[str, Any]) -> tuple[list[Fault], Listing]:
    """A stable track's releases replace `versions`, which are then not read."""
    faults, listing, others = _tracks(family, app)
    if not listing.versions:
        value = app.get("versions")
        if value is not None:
            found, listing = family.versions(app, value, ("versions",))
        else:
            found = check_fields(app, (optional("beta", boolean), *LEGACY_FIELDS))
        faults += found
    faults += _downloads(app)
    return faults + [fault for one in (listing, *others) for fault in _too_big(one)], listing


def _tracks(family: Family, app: dict[str, Any]) -> tuple[list[Fault], Listing, list[Listing]]:
    """The faults in the tracks, the releases of the stable one, and those of the others."""
    tracks = app.get("releaseChannels")
    stable = Listing(())
    if tracks is None:
        return [], stable, []
    if type(tracks) is not list:
        return [below(fault, "releaseChannels") for fault in mismatch("an array", tracks)], stable, []
    faults: list[Fault] = []
    others: list[Listing] = []
    for index, track in enumerate(tracks):
        found, listing = _track(family, app, track, ("releaseChannels", index))
        faults += found
        if isinstance(track, dict) and track.get("track") == "stable" and not stable.versions:
            stable = listing
        else:
            others.append(listing)
    return faults, stable, others


def _track(
    family: Family, app: dict[str, Any], track: Any, at: tuple[str | int, ...]
) -> tuple[list[Fault], Listing]:
    def here(faults: Any) -> list[Fault]:
        return [below(below(fault, at[1]), at[0]) for fault in faults]

    if type(track) is not dict:
        return here(mismatch("an object", track)), Listing(())
    faults = here(check_fields(track, (required("track", string),)))
    if track.get("releases") is None:
        return faults + here(check_fields(track, (required("releases", string),))), Listing(())
    found, listing = family.versions(app, track["releases"], (*at, "releases"))
    return faults + found, listing


def _downloads(app: dict[str, Any]) -> list[Fault]:
    """The app's own address is read even when the versions have theirs."""
    platforms = app.get("platformURLs")
    if platforms is None:
        return check_fields(app, (optional("downloadURL", url),))
    at = ("platformURLs",)
    if type(platforms) is not list:
        return [below(fault, at[0]) for fault in mismatch("an array", platforms)]
    if not platforms:
        return [Fault("dataCorrupted", "platformURLs has no entries.", "leave platformURLs out", at=at)]
    faults = [
        below(below(fault, index), at[0])
        for index, item in enumerate(platforms)
        for fault in _PLATFORM_URL(item)
    ]
    text = "SideStore's database has no place for platformURLs and probably crashes."
    return [*faults, Fault("platformURLs", text, "leave platformURLs out", Severity.WARNING, at)]


def _too_big(listing: Listing) -> list[Fault]:
    """The first version's size is copied into 32 bits."""
    size = listing.versions[0].get("size") if listing.versions else None
    if not isinstance(size, int | float) or size <= INT32:
        return []
    text = "the newest version is larger than 2,147,483,647 bytes: SideStore crashes."
    fix = "offer a smaller file first"
    return [Fault("sizeCrash", text, fix, Severity.WARNING, (*listing.at, 0, "size"))]


SIDESTORE = Family(
    marketplace_id=_is_given,
    without=frozenset({"beta"}),
    source_fields=(optional("version", integer(-INT64 - 1, INT64)), optional("identifier", string)),
    patreon=False,
    decode_versions=_decode,
)
# it is handed the store's own bundle ID to compare, so that this check never fails
VERIFY = Verifier(
    "sidestore",
    VERIFY_20.numbers,
    bundle_code=None,
    build_first=True,
    permissions_from=2,
    channels=True,
)
