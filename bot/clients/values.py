"""Single values as Swift's decoder takes them. No I/O.

A check returns nothing when the value is taken, else what is wrong with it. Warnings name what is accepted
today and still goes wrong: dates that lose their time, addresses that older systems refuse.
Sources: swift-foundation's JSONDecoder and URL, CoreFoundation's date formatter (ICU), AltStore's
UIColor+Hex; measured tables in the notes on the format.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from bot.clients.model import Path
from bot.ipa.model import Severity


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a value; `at` leads to the part below the value."""

    code: str
    message: str
    fix: str | None = None
    severity: Severity = Severity.ERROR
    at: Path = ()
    whole: bool = False  # the client shows no path at all


Faults = Sequence[Fault]
Check = Callable[[Any], Faults]
OK: Faults = ()
INT32 = 2_147_483_647
INT64 = 9_223_372_036_854_775_807

_NAMES = {
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    list: "an array",
    dict: "an object",
}
_PLAIN_URL = re.compile(
    r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:[/?#](?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?"
)
_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{2})")
_PLAIN_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z)?")
_FULL_TIME = re.compile(r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)")
_HEX_START = re.compile(r"0[xX][0-9A-Fa-f]|(?!0[xX])[0-9A-Fa-f]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def mismatch(wanted: str, value: Any, at: Path = ()) -> Faults:
    """The value is of another type; null is a kind of its own to Swift."""
    if value is None:
        return (
            Fault(
                "valueNotFound",
                f"expected {wanted} but found null.",
                "leave the key out, or give a value",
                at=at,
            ),
        )
    found = _NAMES.get(type(value), "something else")
    return (Fault("typeMismatch", f"expected {wanted} but found {found}.", f"write {wanted}", at=at),)


def string(value: Any) -> Faults:
    return OK if type(value) is str else mismatch("a string", value)


def boolean(value: Any) -> Faults:
    return OK if type(value) is bool else mismatch("a boolean", value)


def anything(value: Any) -> Faults:
    del value
    return OK


def integer(low: int, high: int) -> Check:
    """A whole number within bounds; `1000.0` is one, `"1000"` and `true` are not."""

    def check(value: Any) -> Faults:
        if type(value) is int:
            if low <= value <= high:
                return OK
        elif type(value) is not float:
            return mismatch("a whole number", value)
        elif not value.is_integer():
            # Foundation reports this one without a path
            return (Fault("dataCorrupted", "the number has a fraction.", "write a whole number", whole=True),)
        elif low <= value <= high:
            return OK
        return (
            Fault("dataCorrupted", f"the number {value} is not representable.", f"write {low} to {high}"),
        )

    return check


def number(value: Any) -> Faults:
    return OK if type(value) in (int, float) else mismatch("a number", value)


def url(value: Any) -> Faults:
    """`URL(string:)` of iOS 17 and later: encodes what is illegal, refuses what has no shape."""
    if type(value) is not str:
        return mismatch("a string", value)
    if _PLAIN_URL.fullmatch(value):
        return OK
    if not value or not _authority_ok(value):
        return (
            Fault("dataCorrupted", "Invalid URL string.", "leave the key out, or write an https address"),
        )
    return _url_warnings(value)


def _authority_ok(value: str) -> bool:
    """Whether host and port can be told apart."""
    found = re.match(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//([^/?#]*)", value)
    if not found:
        return True
    host = found[1].rpartition("@")[2]
    if host.startswith("["):
        return re.fullmatch(r"\[[0-9A-Fa-f:.%]+\](?::[0-9]*)?", host) is not None
    return re.fullmatch(r"[^\[\]:]*(?::[0-9]*)?", host) is not None


def _url_warnings(value: str) -> Faults:
    if not _SCHEME.match(value):
        code, text = "relativeURL", "the address is relative; it is never loaded."
        fix = "write the whole https address"
    elif value[:5].lower() == "http:":
        code, text, fix = (
            "insecureURL",
            "the address is plain http; iOS does not let AltStore load it.",
            "use https",
        )
    elif value[:6].lower() != "https:":
        code, text, fix = "foreignURL", "the address is no https address.", "use https"
    else:
        code, text = "unencodedURL", "the address is not percent-encoded; iOS 16 and older refuse the source."
        fix = "percent-encode it"
    return (Fault(code, text, fix, Severity.WARNING),)


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


def colour(value: Any) -> Faults:
    """AltStore's hex colour: 3, 6 or 8 characters between all that is no letter or digit."""
    if type(value) is not str:
        return mismatch("a string", value)
    kept = [index for index, char in enumerate(value) if char.isalnum()]
    body = value[kept[0] : kept[-1] + 1] if kept else ""
    if len(body) not in (3, 6, 8) or not _HEX_START.match(body):
        return (Fault("dataCorrupted", "Hex code is invalid.", "write #RRGGBB, or leave the key out"),)
    if len(body) != 6 or not re.fullmatch(r"[0-9A-Fa-f]{6}", body):
        text = "other clients read this colour differently."
        return (Fault("ambiguousColour", text, "write #RRGGBB", Severity.WARNING),)
    return OK


def array(check: Check) -> Check:
    """An array of values, none of them null: for an element Swift calls that a mismatch."""

    def check_all(value: Any) -> Faults:
        if type(value) is not list:
            return mismatch("an array", value)
        return [
            below(replace(fault, code="typeMismatch") if item is None else fault, index)
            for index, item in enumerate(value)
            for fault in check(item)
        ]

    return check_all


def mapping(check: Check) -> Check:
    """An object with values of one kind."""

    def check_all(value: Any) -> Faults:
        if type(value) is not dict:
            return mismatch("an object", value)
        return [below(fault, key) for key, item in value.items() for fault in check(item)]

    return check_all


def below(fault: Fault, part: str | int) -> Fault:
    """The fault as seen from one level up."""
    return Fault(fault.code, fault.message, fault.fix, fault.severity, (part, *fault.at), fault.whole)
