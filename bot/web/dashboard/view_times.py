"""Moments as people read them. No I/O."""

from dataclasses import dataclass
from datetime import UTC, datetime

UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"))


@dataclass(frozen=True, slots=True)
class Moment:
    """A time to show: how long ago, with the exact one beside it."""

    iso: str  # for `datetime`
    exact: str  # for `title`
    ago: str


def build_moment(at_ms: int | None, now_ms: int) -> Moment | None:
    """None stays None: there was no such time. One that no calendar holds is treated so, too."""
    if at_ms is None:
        return None
    try:
        moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return Moment(
        moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        moment.strftime("%Y-%m-%d %H:%M:%S UTC"),
        tell_ago(at_ms, now_ms),
    )


def build_moment_of(text: str, now_ms: int) -> Moment | None:
    """The same of GitHub's ISO 8601."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return build_moment(int(moment.timestamp() * 1000), now_ms)


def tell_ago(at_ms: int, now_ms: int) -> str:
    """`just now`, `3 minutes ago`, `in 2 hours`, `5 days ago`; beyond a month the date."""
    seconds = (now_ms - at_ms) / 1000
    if abs(seconds) < 45:
        return "just now"
    if abs(seconds) >= 31 * 86_400:
        return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%-d %b %Y")
    size, unit = next(((size, unit) for size, unit in UNITS if abs(seconds) >= size), UNITS[-1])
    count = max(round(abs(seconds) / size), 1)
    told = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{told} ago" if seconds > 0 else f"in {told}"
