"""SideStore's `releaseChannels`: versions that its users can choose. No I/O.

SideStore (`StoreApp.swift`, July 2026) takes the versions of the track `stable` instead of `versions`, and
those of a chosen track only when there is a stable one, too: so that one is always written beside the others.
"""

from collections.abc import Sequence
from typing import Any

from bot.source import model
from bot.source.listing import Selection

TRACKS = "releaseChannels"
STABLE = "stable"  # SideStore's name


def build_tracks(
    selection: Selection, versions: list[model.Version], chosen: Sequence[model.ReleaseTrack]
) -> list[model.ReleaseTrack]:
    """The tracks of an app, the stable one first; none when its users have nothing to choose.

    `chosen` are those of the catalog. A hand-made source's others stay, but its stable one, which would hide
    every new version.
    """
    known = {STABLE, *(track["track"] for track in chosen)}
    tracks = [*chosen, *(track for track in _hand_made(selection) if track["track"] not in known)]
    return [model.ReleaseTrack(track=STABLE, releases=versions), *tracks] if tracks else []


def is_hand_made(selection: Selection) -> bool:
    """Whether all that is listed of the app was adopted: then its tracks stay as they are."""
    return not selection.records and not selection.tracks


def _hand_made(selection: Selection) -> list[model.ReleaseTrack]:
    tracks: Any = selection.entry.entry.get(TRACKS) if selection.entry else None
    found = [track for track in tracks if isinstance(track, dict)] if isinstance(tracks, list) else []
    return [track for track in found if isinstance(track.get("track"), str)]  # type: ignore[misc]  # as foreign JSON is
