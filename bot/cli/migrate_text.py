"""No I/O. What `altpress migrate` shows."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bot.migrate import Outcome, Report
from bot.migrate.model import Applied, Migration

NOTHING = "nothing to do: the database is as this version wants it"


def render_outcomes(
    outcomes: Sequence[Outcome], *, dry_run: bool = False, back: bool = False, caught: int = 0
) -> list[str]:
    lines = [_outcome(outcome, dry_run=dry_run, back=back) for outcome in outcomes]
    if caught:
        lines.append(f"brought up to date what an older altpress wrote since: {caught} documents")
    if dry_run and lines:
        lines.append("nothing was written (--dry-run)")
    return lines or [NOTHING]


def _outcome(outcome: Outcome, *, dry_run: bool, back: bool) -> str:
    verb = "would change" if dry_run else "took back" if back else "changed"
    counts = ", ".join(f"{count} {name}" for name, count in outcome.documents.items()) or "no document"
    indexes = f"; indexes dropped: {len(outcome.indexes)}" if outcome.indexes else ""
    return f"{outcome.migration} {outcome.title}: {verb} {counts}{indexes} ({outcome.seconds:.1f} s)"


def build_report(report: Report) -> dict[str, Any]:
    """For programs: one object a migration, what is pending, and who migrates now."""
    applied = {row.id: row for row in report.applied}
    rows = [_row(migration, applied.get(migration.id), report) for migration in report.known]
    rows += [_stranger(applied[number]) for number in report.level.unknown]
    held = report.held
    return {
        "ready": report.level.is_ready or report.is_new,
        "pending": [] if report.is_new else list(report.level.pending),
        "too_new": list(report.level.too_new),
        "migrations": rows,
        "lock": None if held is None else {"holder": held.holder, "until": _time(held.until_ms)},
    }


def render_report(report: Report) -> list[str]:
    shown = build_report(report)
    lines = [_line(row) for row in shown["migrations"]]
    if lock := shown["lock"]:
        lines.append(f"being migrated by {lock['holder']} (its lease lasts until {lock['until']})")
    if report.is_new:
        lines.append("the database is new: the first process that starts notes them as applied")
    elif shown["too_new"]:
        lines.append("this altpress is too old for the database: start the newer one")
    elif shown["pending"]:
        lines.append(f"to be applied: {', '.join(shown['pending'])} (altpress migrate)")
    else:
        lines.append("the database is as this version wants it")
    return lines


def _row(migration: Migration, row: Applied | None, report: Report) -> dict[str, Any]:
    state = "pending"
    if row is not None:
        state = "applied" if row.ended_ms is not None else "failed" if row.error else "begun"
    elif report.is_new:
        state = "new"
    edited = row is not None and row.checksum != migration.checksum
    return {"id": migration.id, "title": migration.title, "state": state, "edited": edited, **_noted(row)}


def _stranger(row: Applied) -> dict[str, Any]:
    return {"id": row.id, "title": row.title, "state": "unknown", "edited": False, **_noted(row)}


def _noted(row: Applied | None) -> dict[str, Any]:
    if row is None:
        return {"changed": 0, "started": None, "ended": None, "altpress": None, "error": None}
    ended = None if row.ended_ms is None else _time(row.ended_ms)
    return {
        "changed": row.changed,
        "started": _time(row.started_ms),
        "ended": ended,
        "altpress": row.altpress,
        "error": row.error,
    }


def _line(row: dict[str, Any]) -> str:
    about = {
        "applied": f"applied {row['ended']} by {row['altpress']}, {row['changed']} documents",
        "failed": f"broke off ({row['error']}) after {row['changed']} documents: the next try goes on there",
        "begun": f"begun {row['started']}, not through: {row['changed']} documents so far",
        "unknown": f"applied {row['ended']} by a newer altpress ({row['altpress']})",
    }.get(row["state"], row["state"])
    edited = "; its file is another one now" if row["edited"] else ""
    return f"{row['id']} {row['title']}: {about}{edited}"


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
