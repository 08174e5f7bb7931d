"""Values of a document that anybody may have written: what has no expected form counts as absent. No I/O."""

import re
from collections.abc import Mapping
from typing import Any

from bot.source.text import clean_line, clean_text
from bot.web.dashboard.view_times import Moment, build_moment_of

LONGEST = 2_000  # characters of a text of several lines
_COLOUR = re.compile(r"#?([0-9A-Fa-f]{6})")
_UNITS = ("B", "KB", "MB", "GB")
Json = Mapping[str, Any]


def moment_of(date: str, now_ms: int) -> Moment | None:
    """A day alone is taken as the clients take it: its beginning in UTC."""
    return build_moment_of(f"{date}T00:00:00Z" if len(date) == 10 else date, now_ms)


def tell_size(value: Any) -> str | None:
    """`12.3 MB`, in thousands as Apple counts; None for what is no size."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**15:
        return None
    size, unit = float(value), 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.0f} {_UNITS[unit]}" if unit == 0 else f"{size:.1f} {_UNITS[unit]}"


def colour_of(value: Any) -> str | None:
    found = _COLOUR.fullmatch(text_of(value))
    return found[1].lower() if found else None


def objects_of(value: Any) -> list[Json]:
    return [item if isinstance(item, dict) else {} for item in value] if isinstance(value, list) else []


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else ""


def line_of(value: Any, limit: int = 200) -> str:
    return clean_line(text_of(value), limit)


def lines_of(value: Any) -> str:
    text = clean_text(text_of(value)[: LONGEST + 1])
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"
