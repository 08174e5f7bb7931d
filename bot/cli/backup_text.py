"""What `altpress backup` and `altpress restore` say to people and programs."""

import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

from bot.backup import Listed, Made, Manifest
from bot.cli.output import plain

UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


class Progress:
    """One line on a terminal, written over; nothing elsewhere."""

    def __init__(self) -> None:
        self._shown = 0.0
        self._terminal = sys.stderr.isatty()

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if not self._terminal or now - self._shown < 0.2:
            return
        self._shown = now
        share = f" {100 * done // total:3d} %" if total else ""
        click.echo(f"\r\x1b[K{plain(what)}: {done:,}{share}", nl=False, err=True)

    def end(self) -> None:
        if self._terminal and self._shown:
            click.echo("\r\x1b[K", nl=False, err=True)


def show_size(size: float) -> str:
    """1536 -> `1.5 KiB`."""
    unit = 0
    while size >= 1024 and unit < len(UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.0f} {UNITS[unit]}" if unit == 0 else f"{size:.1f} {UNITS[unit]}"


def show_age(moment: str, now: float) -> str:
    """`2026-11-23T08:00:00Z` -> `3 h`."""
    seconds = max(now - datetime.fromisoformat(moment).astimezone(UTC).timestamp(), 0)
    for length, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds:.0f} s"


def made_json(made: Made) -> dict[str, Any]:
    return {
        "ok": True, "backup": made.place, "bytes": made.size, **manifest_json(made.manifest),
        "removed": list(made.removed),
    }  # fmt: skip


def manifest_json(manifest: Manifest) -> dict[str, Any]:
    counts = {name: part.documents for name, part in manifest.collections.items()}
    return {
        "altpress": manifest.altpress, "began": manifest.began, "ended": manifest.ended,
        "documents": manifest.documents, "collections": counts, "sha256": manifest.sha256,
    }  # fmt: skip


def listed_json(listed: Listed) -> dict[str, Any]:
    about = manifest_json(listed.manifest) if listed.manifest is not None else {"problem": listed.problem}
    return {"name": listed.name, "bytes": listed.size, "ok": listed.manifest is not None, **about}


def render_listed(rows: Sequence[Listed], now: float) -> list[str]:
    """One line each."""
    return [_row(listed, now) for listed in rows]


def _row(listed: Listed, now: float) -> str:
    size = show_size(listed.size)
    if listed.manifest is None:
        return f"{listed.name}  {size:>10}  cannot be used: {plain(listed.problem)}"
    age = show_age(listed.manifest.ended, now)
    return (
        f"{listed.name}  {size:>10}  {age:>6} old  {listed.manifest.documents:,} documents  "
        f"altpress {plain(listed.manifest.altpress, 20)}"
    )
