"""Reading altpress's own log: one JSON object a line, other lines passed over."""

import json
from pathlib import Path
from typing import Any


def find_event(log: Path, event: str, **fields: object) -> dict[str, Any] | None:
    """The newest log line with this event name and these fields, or None."""
    for line in reversed(log.read_text(errors="replace").splitlines()):
        parsed = _parse(line)
        if parsed.get("event") == event and all(parsed.get(k) == v for k, v in fields.items()):
            return parsed
    return None


def log_tail(log: Path, lines: int = 40) -> str:
    """The last lines, for a failure to be understood."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


def _parse(line: str) -> dict[str, Any]:
    try:
        parsed = json.loads(line[line.index("{") :])
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
