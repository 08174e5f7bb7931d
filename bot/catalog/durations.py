"""Lengths of time in a catalog: `90m`, `6h`, `2d`. No I/O."""

import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

_UNITS = {"m": 60, "h": 3600, "d": 86_400}  # seconds
_NAMES = {"m": "minute", "h": "hour", "d": "day"}
_FORM = re.compile(r"([1-9][0-9]{0,5})([mhd])", re.ASCII)
LONGEST = 365 * 86_400  # seconds


def parse_duration(value: object) -> int:
    """Seconds, more than none. Raises ValueError."""
    found = _FORM.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("must be a length of time such as `90m`, `6h` or `2d`")
    seconds = int(found[1]) * _UNITS[found[2]]
    if seconds > LONGEST:
        raise ValueError("must not be longer than a year, `365d`")
    return seconds


def tell_duration(seconds: int) -> str:
    """`6 hours`, `90 minutes`: in the largest unit that says it exactly."""
    unit = next(unit for unit in "dhm" if seconds % _UNITS[unit] == 0 or unit == "m")
    count = seconds // _UNITS[unit]
    return f"{count} {_NAMES[unit]}{'' if count == 1 else 's'}"


Duration = Annotated[
    int,
    BeforeValidator(parse_duration),
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]{0,5}[mhd]$", "examples": ["90m", "6h", "2d"]}),
]
