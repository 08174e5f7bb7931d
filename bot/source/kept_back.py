"""What gates and holds keep back, and what would be if nothing did. No I/O."""

from collections.abc import Collection, Sequence

from bot.catalog import App, Catalog
from bot.decisions import Decision, Decisions, Kind
from bot.records import Record
from bot.source.decided import is_taken_out, is_yanked
from bot.source.order import published
from bot.source.preview import Waiting

WAITING = "waiting."  # how the codes of verdicts begin that a decision or time lifts
HELD = "A hold keeps it back."
LONGEST_VERSION = 300  # characters, as a decision takes them


def find_waiting(
    catalog: Catalog, records: Sequence[Record], decisions: Decisions, apps: Collection[str]
) -> list[tuple[Record, str]]:
    """What gates and holds keep back of these apps, newest first, each with the reason.

    `records` are judged; `decisions` are those in force.
    """
    found = []
    known = {app.id: app for app in catalog.apps if app.id in apps}
    for record in records:
        app = known.get(record.app)
        reason = _kept_back(app, record, decisions) if app else None
        if reason is not None:
            found.append((record, reason))
    return sorted(found, key=lambda pair: published(pair[0]), reverse=True)


def describe(record: Record, reason: str) -> Waiting:
    return Waiting(record.app, _version(record), record.tag, record.release_url, reason)


def let_through(records: Sequence[Record], decisions: Decisions, *, at: str) -> Decisions:
    """The decisions with an approval of each of these; `at` is an ISO 8601 time."""
    approvals = [
        Decision(kind=Kind.APPROVE, app=record.app, version=_version(record), actor="preview", at=at)
        for record in records
        if len(_version(record)) <= LONGEST_VERSION
    ]
    return decisions.model_copy(update={"decisions": (*decisions.decisions, *approvals)})


def _kept_back(app: App, record: Record, decisions: Decisions) -> str | None:
    if record.facts is None or is_yanked(app, record, decisions):
        return None
    if not record.verdict.accepted:
        waits = (record.verdict.code or "").startswith(WAITING)
        return (record.verdict.reason or "It waits.") if waits else None
    return HELD if is_taken_out(app, record, decisions) else None


def _version(record: Record) -> str:
    assert record.facts is not None
    return f"{record.facts.version} ({record.facts.build_version})"
