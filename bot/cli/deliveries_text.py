"""What `altpress deliveries` shows people, and what it gives programs. No I/O.

Whatever came in from outside is plain text without control characters, and of a bounded length.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.records import Delivery, DeliveryState, Publication
from bot.replies.watching import tell_live
from config.log import Mask

LONGEST = 400  # characters of one value
MOST_LINES = 40  # of a payload
NO_WAITS: Mapping[str, str] = {}
COLOURS = {
    DeliveryState.PENDING: "yellow",
    DeliveryState.QUEUED: "cyan",
    DeliveryState.DONE: "green",
    DeliveryState.IGNORED: "dim",
    DeliveryState.FAILED: "bold red",
}
NARROW = 130  # columns below which a list shows the first letters of a GUID, which `show` takes, too
MOST_WIDE = {"event": 18, "repository": 24}  # columns of a narrow list
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_mask = Mask(())


@dataclass(frozen=True)
class Shown:
    """A delivery with all that is known of it."""

    delivery: Delivery
    headers: Mapping[str, str] | None  # None: no longer kept
    body: bytes | None
    jobs: Mapping[str, str]  # token -> state
    publications: Sequence[Publication]


def parse_since(text: str, now_ms: int) -> int:
    """`90m`, `2h`, `3d`, or a date in ISO 8601 (UTC unless it says otherwise): milliseconds. ValueError."""
    if found := re.fullmatch(r"(\d{1,6})([smhd])", text.strip()):
        return now_ms - int(found[1]) * UNITS[found[2]] * 1000
    moment = datetime.fromisoformat(text.strip())
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def render_list(
    deliveries: Sequence[Delivery], now_ms: int, waits: Mapping[str, str] = NO_WAITS, *,
    width: int | None = None,
) -> RenderableType:  # fmt: skip
    """A line each, newest first; `waits` says why work was put off, by GUID. `width`: of a terminal."""
    bounded, narrow = width is not None, width is not None and width < NARROW
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False, expand=bounded)
    for name in ("GUID", "age", "state", "event", "repository", "outcome"):
        most = MOST_WIDE.get(name) if narrow else None
        ratio = 1 if bounded and name == "outcome" else None
        table.add_column(name, no_wrap=True, overflow="ellipsis", max_width=most, ratio=ratio)
    for delivery in deliveries:
        table.add_row(
            plain(delivery.guid, 9 if narrow else LONGEST), tell_age(now_ms - delivery.received_ms),
            _state(delivery.state), plain(delivery.name), plain(delivery.repository or ""),
            _outcome(delivery, waits.get(delivery.guid)),
        )  # fmt: skip
    return table


def render_delivery(shown: Shown, now_ms: int, *, payload: bool = True) -> RenderableType:
    """Everything; the payload is cut after some lines."""
    parts: list[RenderableType] = [Text(shown.delivery.guid, style="bold"), _indented(_facts(shown, now_ms))]
    for heading, rows in _sections(shown):
        grid = _grid()
        for name, value in rows:
            grid.add_row(plain(name), value if isinstance(value, Text) else plain(value))
        parts += [Text(), Text(heading, style="bold"), _indented(grid)]
    if payload:
        parts += [Text(), Text("Payload", style="bold"), _indented(_payload(shown.body))]
    return Group(*parts)


def as_json(shown: Shown) -> dict[str, Any]:
    """For programs; `payload` is null when it is no longer kept, or no JSON."""
    return {
        **delivery_json(shown.delivery),
        "jobs": dict(shown.jobs),
        "commits": [publication.model_dump(mode="json") for publication in shown.publications],
        "headers": None if shown.headers is None else dict(shown.headers),
        "payload": _parsed(shown.body),
    }


def delivery_json(delivery: Delivery) -> dict[str, Any]:
    return delivery.model_dump(mode="json")


def tell_age(milliseconds: int) -> str:
    """`12s`, `3m`, `5h`, `2d`."""
    seconds = max(milliseconds // 1000, 0)
    unit = next((unit for unit in "dhm" if seconds >= UNITS[unit]), "s")
    return f"{seconds // UNITS[unit]}{unit}"


def plain(text: str, limit: int = LONGEST) -> Text:
    """Foreign text, fit for a terminal."""
    short = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return Text("".join(letter if letter.isprintable() else "\ufffd" for letter in hide(short)))


def hide(text: str) -> str:
    """Without what looks like a secret: somebody may have pasted one into a release's notes."""
    return _mask(text)


def _state(state: DeliveryState) -> Text:
    return Text(state.value, style=COLOURS[state])


def _outcome(delivery: Delivery, waits: str | None) -> Text:
    """The commit, the reason, or what is still to be done."""
    if delivery.reason:
        return plain(delivery.reason, 160)
    if delivery.publications:
        return plain("commit " + ", ".join(commit[:7] for commit in delivery.publications))
    if waits:
        return plain(f"waits: {waits}", 160)
    kinds = dict.fromkeys(token.partition(":")[0] for token in delivery.open)
    return plain(f"waits for {', '.join(kinds)}" if kinds else "")


def _facts(shown: Shown, now_ms: int) -> Table:
    delivery, grid = shown.delivery, _grid()
    grid.add_row("event", plain(delivery.name))
    grid.add_row("repository", plain(delivery.repository or "-"))
    grid.add_row("state", _state(delivery.state))
    if delivery.reason:
        grid.add_row("reason", plain(delivery.reason))
    grid.add_row("attempts", plain(str(delivery.attempts)))
    grid.add_row("age", tell_age(now_ms - delivery.received_ms))
    grid.add_row("in the log", plain(f'"delivery": "{delivery.guid}"'))
    return grid


def _sections(shown: Shown) -> Iterator[tuple[str, list[tuple[str, str | Text]]]]:
    yield "States", [(_exact(at), _state(state)) for state, at in shown.delivery.history]
    if shown.jobs:
        yield "Work that is not through", list(shown.jobs.items())
    if shown.publications:
        yield "Commits", [(_where(one), tell_live(one) or "") for one in shown.publications]
    if shown.headers:
        yield "Headers", list(shown.headers.items())


def _where(publication: Publication) -> str:
    return f"{publication.site} {publication.commit[:12]}: {publication.subject}"


def _payload(body: bytes | None) -> RenderableType:
    if body is None:
        return Text("(no longer kept)", style="dim")
    parsed = _parsed(body)
    if parsed is None:
        return plain(body[: 4 * LONGEST].decode("utf-8", "replace"), 2 * LONGEST)
    lines = json.dumps(parsed, indent=2, ensure_ascii=False).splitlines()
    shown: list[RenderableType] = [_cut(plain(line)) for line in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        shown.append(Text(f"… {len(lines) - MOST_LINES} more lines: --json has them all", style="dim"))
    return Group(*shown)


def _cut(line: Text) -> Text:
    """At the terminal's edge, not in the midst of a word."""
    line.no_wrap, line.overflow = True, "ellipsis"
    return line


def _parsed(body: bytes | None) -> Any:
    """The payload's JSON, tokens hidden; a form's is unpacked. None for anything else."""
    if body is None:
        return None
    text = body.decode("utf-8", "replace")
    if text.startswith("payload="):
        text = parse_qs(text).get("payload", [""])[0]
    try:
        return json.loads(hide(text))
    except ValueError:
        return None


def _exact(at_ms: int) -> str:
    try:
        return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + " UTC"
    except (ValueError, OverflowError, OSError):
        return str(at_ms)


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", overflow="ellipsis")
    grid.add_column(overflow="ellipsis")
    return grid


def _indented(content: RenderableType) -> Padding:
    return Padding(content, (0, 0, 0, 2), expand=False)
