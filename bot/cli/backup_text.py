"""What `altpress backup` and `altpress restore` say to people and programs."""

import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

from bot.backup import Listed, Made, Manifest, Signature
from bot.backup.format import show_size
from bot.cli.output import plain

SIGNED = {
    Signature.NONE: "",
    Signature.UNCHECKED: ", signed (not checked)",
    Signature.GOOD: ", signed",
    Signature.WRONG: ", signed with another key",
}


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


def show_age(moment: str, now: float) -> str:
    """`2026-11-23T08:00:00Z` -> `3 h`."""
    seconds = max(now - datetime.fromisoformat(moment).astimezone(UTC).timestamp(), 0)
    for length, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds:.0f} s"


def made_json(made: Made) -> dict[str, Any]:
    signature = Signature.NONE if made.manifest.signature is None else Signature.GOOD
    return {
        "ok": True, "backup": made.place, "bytes": made.size, **manifest_json(made.manifest, signature),
        "removed": list(made.removed),
    }  # fmt: skip


def manifest_json(manifest: Manifest, signature: Signature) -> dict[str, Any]:
    counts = {name: part.documents for name, part in manifest.collections.items()}
    return {
        "altpress": manifest.altpress, "began": manifest.began, "ended": manifest.ended,
        "documents": manifest.documents, "collections": counts, "sha256": manifest.sha256,
        "signature": signature.value,
    }  # fmt: skip


def listed_json(listed: Listed) -> dict[str, Any]:
    row = {"name": listed.name, "bytes": listed.size, "ok": listed.manifest is not None}
    if listed.manifest is None:
        return {**row, "problem": listed.problem}
    return {**row, **manifest_json(listed.manifest, listed.signature), "renamed": listed.renamed}


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
        f"altpress {plain(listed.manifest.altpress, 20)}{SIGNED[listed.signature]}"
        f"{', made at another time than its name says' if listed.renamed else ''}"
    )
