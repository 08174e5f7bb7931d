"""Dates as AltStore reads them, by the two formatters that it tries. No I/O.

Neither asks for the whole string, so that what follows the day is often lost. CoreFoundation's date formatter
(ICU), measured.
"""

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from bot.clients.values import OK, Fault, Faults, mismatch
from bot.ipa.model import Severity

_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{2})")
_PLAIN_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z)?")
_FULL_TIME = re.compile(r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)")


@lru_cache(maxsize=65_536)
def _date_of(value: str) -> Faults:
    found = _DATE.match(value)
    if not found or not _is_day(*(int(part) for part in found.groups())):
        return (
            Fault("dataCorrupted", "Date is in invalid format.", "write YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ"),
        )
    if _PLAIN_DATE.fullmatch(value):
        return OK
    rest = value[found.end() :]
    if rest and not _FULL_TIME.fullmatch(rest):
        text = "the time of the day is lost: only the date is read."
    elif len(found[2]) == 1:
        text = "the month has one digit, which not every system reads."
    else:
        return OK
    return (Fault("truncatedDate", text, "write YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ", Severity.WARNING),)


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(max(year, 1), month, day)
    except ValueError:
        return False
    return True


def moment(value: Any) -> Faults:
    """A date, by the two formatters that AltStore tries; neither asks for the whole string."""
    return _date_of(value) if type(value) is str else mismatch("a string", value)


def read_day(value: Any) -> date | None:
    """The day that AltStore reads; None where it reads no date at all."""
    found = _DATE.match(value) if type(value) is str else None
    if not found or not _is_day(*(int(part) for part in found.groups())):
        return None
    return date(max(int(found[1]), 1), int(found[2]), int(found[3]))


def read_moment(value: Any) -> datetime | None:
    """The moment that AltStore reads, in UTC: midnight where the time is not one that it takes."""
    start, day = _DATE.match(value) if type(value) is str else None, read_day(value)
    if start is None or day is None:
        return None
    clock, zone = "T00:00:00", "Z"
    if found := _FULL_TIME.match(value, start.end()):
        clock, zone = found[0][:9], found[0][9:]
    moment = datetime.fromisoformat(f"{day.isoformat()}{clock}+00:00")
    if zone in ("Z", "z"):
        return moment
    digits = zone[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return moment + offset if zone[0] == "-" else moment - offset
