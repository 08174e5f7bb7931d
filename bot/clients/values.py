"""Single values as Swift's decoder takes them. No I/O.

A check returns nothing when the value is taken, else what is wrong with it. Warnings name what is accepted
today and still goes wrong: addresses that older systems refuse, colours that others read differently.
Sources: swift-foundation's JSONDecoder and URL, AltStore's UIColor+Hex.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.clients.model import Path
from bot.clients.odd_texts import OddText
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
MOST_ERRORS = 1_000  # of one list: three bytes are enough for several, and clients stop at the first

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
    if isinstance(value, OddText):
        text = f"The given data was not valid JSON: a text {value.why}."
        return (Fault("dataCorrupted", text, "write the text as strict JSON has it", at=at, whole=True),)
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
        return bound_errors(
            below(replace(fault, code="typeMismatch") if item is None else fault, index)
            for index, item in enumerate(value)
            for fault in check(item)
        )

    return check_all


def mapping(check: Check) -> Check:
    """An object with values of one kind."""

    def check_all(value: Any) -> Faults:
        if type(value) is not dict:
            return mismatch("an object", value)
        return bound_errors(below(fault, key) for key, item in value.items() for fault in check(item))

    return check_all


def bound_errors(faults: Iterable[Fault]) -> list[Fault]:
    """The faults up to the last error that is told."""
    found, left = [], MOST_ERRORS
    for fault in faults:
        found.append(fault)
        left -= fault.severity is Severity.ERROR
        if not left:
            break
    return found


def below(fault: Fault, part: str | int) -> Fault:
    """The fault as seen from one level up."""
    return Fault(fault.code, fault.message, fault.fix, fault.severity, (part, *fault.at), fault.whole)
