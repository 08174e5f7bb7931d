"""A hint: what a client takes and what still goes wrong with it. No I/O.

Hints never change a verdict: what is certainly wrong but accepted (two news items of one identifier, a hash
that is none) is a warning too.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from bot.clients.model import Path
from bot.clients.values import Fault
from bot.ipa.model import Severity

Json = Mapping[str, Any]
Audience = frozenset[str]

CLASSIC_20: Audience = frozenset({"altstore-2.0"})
CLASSIC_22: Audience = frozenset({"altstore"})
PAL: Audience = frozenset({"altstore-pal"})
SIDESTORE: Audience = frozenset({"sidestore"})
FEATHER: Audience = frozenset({"feather"})
LIVECONTAINER: Audience = frozenset({"livecontainer"})
CLASSIC = CLASSIC_20 | CLASSIC_22
VERIFYING = CLASSIC | SIDESTORE  # compare the file with the source after the download
ALTSTORE = CLASSIC | PAL
FAMILY = ALTSTORE | SIDESTORE
EVERYBODY = FAMILY | FEATHER | LIVECONTAINER


class Hint(NamedTuple):
    """A fault that only some clients' users meet."""

    clients: Audience
    fault: Fault


def warn(clients: Audience, code: str, at: Path, text: str, fix: str) -> Hint:
    return Hint(clients, Fault(code, text, fix, Severity.WARNING, at))


def tell(clients: Audience, code: str, at: Path, text: str, fix: str) -> Hint:
    return Hint(clients, Fault(code, text, fix, Severity.INFO, at))


def objects(value: Any) -> Iterator[tuple[int, Json]]:
    """The objects of an array, with their places; anything else is passed over."""
    for index, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, dict):
            yield index, item


def plural(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
