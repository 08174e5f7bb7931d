"""Which versions `keep` leaves in an app's list. No I/O.

A client offers a device the first version listed that admits its system, so to each system one version
matters. `keep: N` leaves the first N, and of the others those that matter to a system: the newest for each
older iOS. As long as nothing but a lowest system is told, these are the versions that ask for less than
everything listed before them.
"""

from collections.abc import Sequence

from bot.clients.system import NOTHING, System, limits, parse_system
from bot.lock import Adopted
from bot.records import Record

Range = tuple[System, System | None]  # the lowest and the highest system, both admitted
_Point = tuple[int, ...]


def systems_of(version: Record | Adopted) -> Range:
    """The systems that a version runs on, as its entry will say."""
    if isinstance(version, Adopted):
        lowest, highest = limits(version.entry)
        return lowest or NOTHING, highest
    lowest_known = version.facts.min_os_version if version.facts else None
    return parse_system(lowest_known or ""), None


def find_kept(ranges: Sequence[Range], keep: int | None) -> set[int]:
    """The places in a list that `keep` leaves; None leaves all."""
    if keep is None or keep >= len(ranges):
        return set(range(len(ranges)))
    return set(range(keep)) | find_first(ranges)


def find_first(ranges: Sequence[Range]) -> set[int]:
    """The places of the versions that some system is offered."""
    points: set[_Point] = {lowest for lowest, _ in ranges}
    points |= {(*highest, 1) for _, highest in ranges if highest is not None}  # the next system there is
    found = set()
    for place, (lowest, highest) in enumerate(ranges):
        admitted = {point for point in points if lowest <= point and (highest is None or point <= highest)}
        if admitted:
            found.add(place)
            points -= admitted
        if not points:
            break
    return found
