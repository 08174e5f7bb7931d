"""What gates, holds and the stage keep back, and what would be if nothing did. No I/O."""

from collections.abc import Collection, Sequence

from bot.catalog import App, Catalog
from bot.decisions import LONGEST_NAME, Decision, Decisions, Kind
from bot.records import Record
from bot.source.decided import is_taken_out, is_yanked, name_version
from bot.source.order import published
from bot.source.preview import Waiting
from bot.source.staging import next_public
from bot.source.waiting import is_waiting, tell_moment

HELD = "A hold keeps it back."


def find_waiting(
    catalog: Catalog, records: Sequence[Record], decisions: Decisions, apps: Collection[str]
) -> list[tuple[Record, str]]:
    """What gates, holds and the stage keep back of these apps, newest first, each with the reason.

    `records` are judged; `decisions` are those in force.
    """
    found = []
    known = {app.id: app for app in catalog.apps if app.id in apps}
    for record in records:
        app = known.get(record.app)
        reason = _kept_back(catalog, app, record, decisions) if app else None
        if reason is not None:
            found.append((record, reason))
    return sorted(found, key=lambda pair: published(pair[0]), reverse=True)


def describe(record: Record, reason: str) -> Waiting:
    staged = record.verdict.accepted and record.staged_at is not None and reason != HELD
    return Waiting(record.app, name_version(record), record.tag, record.release_url, reason, staged=staged)


def let_through(records: Sequence[Record], decisions: Decisions, *, at: str) -> Decisions:
    """The decisions with an approval or a promotion of each of these; `at` is an ISO 8601 time."""
    staged = dict.fromkeys(record.app for record in records if record.staged_at)
    more = [Decision(kind=Kind.PROMOTE, app=app, actor="preview", at=at) for app in staged]
    more += [
        Decision(kind=Kind.APPROVE, app=record.app, version=name_version(record), actor="preview", at=at)
        for record in records
        if not record.staged_at and len(name_version(record)) <= LONGEST_NAME
    ]
    return decisions.model_copy(update={"decisions": (*decisions.decisions, *more)})


def _kept_back(catalog: Catalog, app: App, record: Record, decisions: Decisions) -> str | None:
    if record.facts is None or is_yanked(app, record, decisions):
        return None
    if not record.verdict.accepted:
        return (record.verdict.reason or "It waits.") if is_waiting(record.verdict) else None
    if is_taken_out(app, record, decisions):
        return HELD
    return _tell_stage(catalog, record) if record.staged_at else None


def _tell_stage(catalog: Catalog, record: Record) -> str:
    until = next(iter(next_public(catalog, [record])), None)
    if until is None:
        return "It is in the stage: /promote makes it public."
    return f"It is in the stage until {tell_moment(until)}: /promote makes it public at once."
