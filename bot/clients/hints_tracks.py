"""Hints about SideStore's `releaseChannels`: which tracks nobody is shown. No I/O.

SideStore (`StoreApp.swift`, `betaReleases`) shows a chosen track when it and the stable one have a version
for the device, both are of the form `x.y.z`, and the track's is not the lower one.
"""

from collections.abc import Iterator

from bot.clients.hints import SIDESTORE, Hint, Json, objects, warn
from bot.clients.model import Path
from bot.clients.text import shown
from bot.clients.updates import semantic

_STABLE = "stable"
_CHOICES = ("nightly", "alpha")


def hints_of_tracks(app: Json, at: Path) -> Iterator[Hint]:
    """Of each track but the stable one, the first reason why SideStore does not show it."""
    tracks = [
        (track, (*at, "releaseChannels", index)) for index, track in objects(app.get("releaseChannels"))
    ]
    stable = next((_newest(track) for track, _ in tracks if track.get("track") == _STABLE), None)
    for track, here in tracks:
        name, newest = track.get("track"), _newest(track)
        if not isinstance(name, str) or name == _STABLE:
            continue
        if name not in _CHOICES:
            text = f"SideStore's users cannot choose the track {shown(name)}."
            yield warn(SIDESTORE, "trackNotShown", (*here, "track"), text, f"name it {' or '.join(_CHOICES)}")
        elif stable is None:
            text = "without a track `stable` SideStore shows no other."
            yield warn(SIDESTORE, "trackNotShown", here, text, "repeat `versions` as the track `stable`")
        else:
            odd = [version for version in (stable, newest) if version is not None and not semantic(version)]
            if odd:
                text = (
                    f"SideStore does not show the track, for it cannot compare the version {shown(odd[0])}."
                )
                yield warn(
                    SIDESTORE, "trackNotShown", here, text, "give versions three numbers, such as 1.2.0"
                )


def _newest(track: Json) -> str | None:
    versions = (release.get("version") for _, release in objects(track.get("releases")))
    return next((version for version in versions if isinstance(version, str)), None)
