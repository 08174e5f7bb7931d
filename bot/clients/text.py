"""Foreign text inside our sentences. No I/O."""

from typing import Any

_LONGEST = 80


def shown(value: Any) -> str:
    """A value on one line and of bounded length; what does not print is escaped."""
    text = value if isinstance(value, str) else f"{value!r}"
    if not text.isprintable():
        text = ascii(text)[1:-1]
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
