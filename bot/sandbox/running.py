"""Where a running sandbox is: `DATA/sandbox.json`, mode 0600, written when it listens, removed when it stops.

The command line reads it; the token in it is what the control endpoints ask for, new at every start.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

FILE = "sandbox.json"


@dataclass(frozen=True, slots=True)
class Running:
    """The addresses of a sandbox and of the bot that it sends webhooks to."""

    api_url: str  # http://127.0.0.1:PORT/api/v3
    html_url: str  # http://127.0.0.1:PORT
    webhook_url: str  # the bot's /webhooks/github
    dashboard_url: str
    control_token: str = field(repr=False)


def save_running(data: Path, running: Running) -> None:
    """Whole or not at all, readable by its owner alone from the first byte on."""
    draft = data / f"{FILE}.new"
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(json.dumps(asdict(running), indent=2) + "\n")
    draft.replace(data / FILE)


def load_running(data: Path) -> Running | None:
    """None when no sandbox was started there, or the file is not one of ours."""
    try:
        return Running(**json.loads((data / FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def remove_running(data: Path) -> None:
    (data / FILE).unlink(missing_ok=True)
