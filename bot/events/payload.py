"""No I/O. A delivery's body -> the JSON object in it."""

import json
from typing import Any, NoReturn
from urllib.parse import parse_qs

from bot.errors import BadPayload

Payload = dict[str, Any]


def parse_payload(content_type: str, body: bytes) -> Payload:
    """The JSON object in a body of either of GitHub's two content types."""
    try:
        text = body.decode("utf-8")
        if content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
            text = parse_qs(text, strict_parsing=True, max_num_fields=4, errors="strict")["payload"][0]
        payload = json.loads(text, parse_constant=_no_number)
    except (ValueError, KeyError, RecursionError) as error:
        raise BadPayload(f"The payload cannot be read as JSON ({type(error).__name__}).") from None
    if not isinstance(payload, dict):
        raise BadPayload("The payload is no JSON object.")
    return payload


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def dig(value: Any, *keys: str, longest: int = 0) -> str | None:
    """A name of GitHub's: 100 ASCII characters; a reference with `longest`: any that can be stored."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    if not isinstance(value, str) or not 0 < len(value) <= (longest or 100):
        return None
    return (
        value if value.isascii() or (longest and value.encode("utf-8", "ignore").decode() == value) else None
    )
