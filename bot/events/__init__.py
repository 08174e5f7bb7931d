"""No I/O. A webhook's headers and bytes -> one typed event; nothing past this package sees a payload.

A new event is a model (`model.py`), the fields that are read of it (`shapes.py`), a case (`parse.py`), a case
in `bot/routing.py`, and a payload in `tests/data`.
"""

from bot.events.model import (
    CheckRequested,
    ChecksRequested,
    Comment,
    Event,
    Ignored,
    Installed,
    Ping,
    PullRequestChanged,
    Pushed,
    ReleaseChanged,
    ReleaseReady,
    RepositoryChanged,
    TagDeleted,
)
from bot.events.parse import EVENTS, parse_event

__all__ = [
    "EVENTS",
    "CheckRequested",
    "ChecksRequested",
    "Comment",
    "Event",
    "Ignored",
    "Installed",
    "Ping",
    "PullRequestChanged",
    "Pushed",
    "ReleaseChanged",
    "ReleaseReady",
    "RepositoryChanged",
    "TagDeleted",
    "parse_event",
]
