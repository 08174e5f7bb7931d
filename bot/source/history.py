"""What a commit of altpress's says about itself: `bot/source/message.py` read backwards. No I/O.

Whoever may push can write such a message. Nothing that is published follows from it: only what is shown.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from bot.records import Cause, CauseKind

_TRAILER = re.compile(r"Altpress-([A-Z][a-z]+): (\S+)")
_IDS = re.compile(r" \(([!-~]+(?:, [!-~]+)*)\)$")
_SAID = re.compile(
    r"(?:(?P<release>release )(?P<where>\S*)|(?P<catalog>the catalog)|(?P<sweep>a comparison with GitHub)"
    r"|(?P<time>a time that has come)"
    r"|(?P<command>the command )(?P<text>.*?))(?: by (?P<actor>\S+))?(?:: (?P<url>https?://\S+))?"
)
_KINDS = {
    "release": CauseKind.RELEASE,
    "catalog": CauseKind.CATALOG,
    "command": CauseKind.COMMAND,
    "sweep": CauseKind.SWEEP,
    "time": CauseKind.TIME,
}
_MOST = 500  # lines of each kind that are read


@dataclass(frozen=True, slots=True)
class Told:
    """A publication as its commit tells it."""

    subject: str
    causes: tuple[Cause, ...]
    changes: tuple[str, ...]


def parse_message(message: str) -> Told | None:
    """None for a commit that is not altpress's."""
    subject, _, rest = message.replace("\N{ZERO WIDTH SPACE}", "").partition("\n")
    parts = [part.splitlines() for part in rest.strip().split("\n\n")]
    trailers = [found.groups() for line in parts[-1][:_MOST] if (found := _TRAILER.fullmatch(line))]
    if not trailers:
        return None
    because = next((part[1:] for part in parts if part[:1] == ["Because of:"]), [])
    changes = next((part for part in parts if part and part[0].startswith("- ")), [])
    guids = [value for name, value in trailers if name == "Delivery"]
    origins = {value for name, value in trailers if name == "Origin"}
    pulled = ("Cause", CauseKind.PULL.value) in trailers
    return Told(
        subject, tuple(_causes(_items(because), guids, origins, pulled=pulled)), tuple(_items(changes))
    )


def is_altpress(message: str) -> bool:
    """Whether a commit says that altpress made it."""
    return parse_message(message) is not None


def _items(lines: Sequence[str]) -> list[str]:
    """A list without its dashes, and without what only counts the rest."""
    listed = [line.removeprefix("- ") for line in lines[:_MOST] if line.startswith("- ")]
    return [line for line in listed if not re.fullmatch(r"and \d+ more", line)]


def _causes(
    lines: Iterable[str], guids: Sequence[str], origins: Collection[str], *, pulled: bool
) -> Iterable[Cause]:
    """Each line with its deliveries; those of lines that the message had no room for come by themselves."""
    told: set[str] = set()
    for line in lines:
        ids = _IDS.search(line)
        said = line[: ids.start()] if ids else line
        cause = _cause(said) or (Cause(kind=CauseKind.PULL, text=said) if pulled else None)
        if cause is None:
            continue
        for start in ids[1].split(", ") if ids else [""]:
            guid = next((guid for guid in guids if start and guid.startswith(start)), None)
            told |= {guid} if guid else set()
            origin = start if start in origins and guid is None else None
            yield cause.model_copy(update={"delivery": guid, "origin": origin})
    yield from (Cause(kind=CauseKind.RELEASE, delivery=guid) for guid in guids if guid not in told)


def _cause(line: str) -> Cause | None:
    said = _SAID.fullmatch(line)
    if said is None:
        return None
    kind = next(kind for name, kind in _KINDS.items() if said[name] is not None)
    repository, _, tag = (said["where"] or "").partition("@")
    return Cause(
        kind=kind, repository=repository or None, tag=tag or None, url=said["url"], actor=said["actor"],
        text=said["text"] or None,
    )  # fmt: skip
