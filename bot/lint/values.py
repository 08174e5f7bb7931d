"""Single values in the form that every client reads. No I/O.

Each function gives the value to write instead, or None where it knows of none: when the value is right
already, or when what it means cannot be told.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import urlsplit

from bot.source.text import encode_url

_MOMENT = re.compile(
    r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})"
    r"(?:[Tt ]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,][0-9]+)?)?"
    r"\s?(?:([Zz])|([+-])([0-9]{2}):?([0-9]{2})?)?)?"
)
_READ_BY_ALL = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2}))?"
)
_HEX = re.compile(r"[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8}")
_PLAIN_HOST = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]{1,5})?")


def fix_date(text: str) -> str | None:
    """`2024-9-7` -> `2024-09-07`; `…T12:00:00.000Z` -> `…T12:00:00Z`; without a zone it is UTC."""
    found = _MOMENT.fullmatch(text.strip())
    if not found:
        return None
    year, month, day, hour, minute, second, _, sign, off_hours, off_minutes = found.groups()
    try:
        moment = datetime(*(int(part or 0) for part in (year, month, day, hour, minute, second)), tzinfo=UTC)  # type: ignore[misc,arg-type]  # exactly six
        if sign:
            offset = timedelta(hours=int(off_hours), minutes=int(off_minutes or 0))
            moment = moment.replace(tzinfo=timezone(offset if sign == "+" else -offset)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    if _READ_BY_ALL.fullmatch(text):
        return None
    if hour is None:
        return moment.date().isoformat()
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def fix_colour(text: str) -> str | None:
    """`f00` -> `#ff0000`; of eight digits two are the alpha, which no client shows the same way."""
    body = re.sub(r"^\W+|\W+$", "", text, flags=re.ASCII)
    if re.fullmatch(r"0[xX][0-9A-Fa-f]{6}", body):
        body = body[2:]
    if not _HEX.fullmatch(body):
        return None
    if len(body) == 3:
        body = "".join(digit * 2 for digit in body)
    if len(body) == 8:
        body = _without_alpha(body)
    fixed = f"#{body}"
    return None if fixed == text else fixed


def _without_alpha(digits: str) -> str:
    """The end that is opaque is the alpha; otherwise the start, as AltStore reads it."""
    first, last = digits[:2].lower() == "ff", digits[6:].lower() == "ff"
    return digits[:6] if last and not first else digits[2:]


def fix_url(text: str) -> str | None:
    """Percent-encoded; an address whose host is not plain is left, for it would be another host."""
    try:
        host = urlsplit(text.strip()).netloc
    except ValueError:
        return None
    if not text.strip() or (host and not _PLAIN_HOST.fullmatch(host)):
        return None
    fixed = encode_url(text)
    return None if fixed == text else fixed


def fix_number(text: str) -> int | None:
    """`"1000"` -> 1000."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def privacy_key(name: str) -> str:
    """The key of Info.plist that a name of the old list means: `Camera`, `NSCamera` or the key itself."""
    if "UsageDescription" in name:
        return name
    if name == "NFCReader":  # Apple's only one without the prefix
        return "NFCReaderUsageDescription"
    return f"NS{name.removeprefix('NS')}UsageDescription"
