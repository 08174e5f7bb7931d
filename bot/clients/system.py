"""Versions of iOS as the clients compare them. No I/O.

AltSign's `ALTDevice.m`:17-30: the parts are split at dots, three of them count, and what is no number is 0.
So `15` is 15.0.0, and `iOS 15` and the empty string are 0.0.0.
"""

import re
from collections.abc import Mapping
from typing import Any

System = tuple[int, int, int]
NOTHING: System = (0, 0, 0)
_DIGITS = re.compile(r"\s*([+-]?[0-9]{1,9})")


def parse_system(text: str) -> System:
    """`17.4.1` as numbers; never raises."""
    parts = [_DIGITS.match(part) for part in text.split(".", 3)[:3]]
    numbers = [int(found[1]) if found else 0 for found in parts] + [0, 0, 0]
    return numbers[0], numbers[1], numbers[2]


def limits(version: Mapping[str, Any], *, pal: bool = False) -> tuple[System | None, System | None]:
    """The lowest and the highest system that a version entry admits; PAL does not read the highest."""
    lowest, highest = version.get("minOSVersion"), version.get("maxOSVersion")
    return (
        parse_system(lowest) if isinstance(lowest, str) else None,
        parse_system(highest) if isinstance(highest, str) and not pal else None,
    )


def supports(version: Mapping[str, Any], system: System, *, pal: bool = False) -> bool:
    """Whether a client offers the version on a device with that system; both limits are inclusive."""
    lowest, highest = limits(version, pal=pal)
    return (lowest is None or lowest <= system) and (highest is None or system <= highest)


def supports_nothing(version: Mapping[str, Any], *, pal: bool = False) -> bool:
    """Whether no device can have it: the highest system is 0.0.0, or below the lowest."""
    lowest, highest = limits(version, pal=pal)
    return highest is not None and (highest <= NOTHING or (lowest or NOTHING) > highest)
