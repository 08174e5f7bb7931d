"""Moments and how long ago they were. No I/O."""

from datetime import UTC, datetime

from bot.replies.text import count

_UNITS = ((365 * 86_400, "year"), (86_400, "day"), (3_600, "hour"), (60, "minute"))


def render_age(moment_ms: int, now_ms: int) -> str:
    """`2026-11-22 21:48 UTC (3 hours ago)`: the age is that at the time of the answer."""
    return f"{render_moment(moment_ms)} ({render_ago(moment_ms, now_ms)})"


def render_moment(moment_ms: int) -> str:
    """`2026-11-22 21:48 UTC`, of any whole number."""
    try:
        return datetime.fromtimestamp(moment_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return "a time that no calendar has"


def render_ago(moment_ms: int, now_ms: int) -> str:
    seconds = (now_ms - moment_ms) // 1000
    for length, noun in _UNITS:
        if seconds >= length:
            return f"{count(seconds // length, noun)} ago"
    return "just now" if seconds > -60 else "in the future"
