"""New versions that wait: for a maintainer's approval, or until they have cooled down. No I/O.

The verdict, `waiting.approval` or `waiting.cooldown`, is made anew at each plan from the catalog, the
decisions, the lock and the time. What the lock has accepted is never made to wait (docs/gates.md).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.catalog import App
from bot.catalog.durations import tell_duration
from bot.decisions import Decisions
from bot.lock import Adopted
from bot.records import ACCEPTED, Record, Verdict
from bot.source.agreed import Agreed, build_agreed, compare_asked, read_agreed
from bot.source.allowed import hide_again
from bot.source.decided import is_approved, is_yanked, uploaded
from bot.source.let_through import Gates
from bot.source.order import order_records
from bot.source.text import clean_line

WAITING = "waiting."  # how the codes begin
APPROVAL, COOLDOWN = "waiting.approval", "waiting.cooldown"
MOST_NAMED = 5  # entitlements, and privacy keys, in a verdict's reason
LISTED_BEFORE = "any version that is left"


@dataclass(frozen=True, slots=True)
class _Past:
    """What an app's versions are judged by: its own past, as far as the lock knows.

    What passes now is part of it at the next plan: it is judged with that at once, or each plan would find
    something else until nothing more passes.
    """

    accepted: frozenset[str]  # keys of the files that were let through
    origins: frozenset[int] | None  # ids of the repositories that they came from; None: there were none

    def after(self, passed: Sequence[Record]) -> "_Past":
        if not passed:
            return self
        repositories = (self.origins or frozenset()) | {record.repository_id for record in passed}
        return _Past(self.accepted | {record.key for record in passed}, repositories)


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a version waits."""

    record: Record  # with its verdict
    app: App
    before: str | None  # what it is compared with, a version; None: what a hand-made source declared
    entitlements: tuple[str, ...] = ()  # that are new
    privacy: Mapping[str, str] = field(default_factory=dict)  # keys that are new -> the usage text
    until: float | None = None  # seconds since 1970; None: until it is approved
    strange: bool = False  # from another repository than everything before


def is_waiting(verdict: Verdict) -> bool:
    return (verdict.code or "").startswith(WAITING)


def call_up(record: Record) -> Record:
    """The record as if it did not wait, to be judged anew; while no app takes it, it waits on."""
    return record.model_copy(update={"verdict": ACCEPTED}) if is_waiting(record.verdict) else record


def judge_waiting(
    app: App, records: Sequence[Record], entry: Adopted | None, decisions: Decisions, gates: Gates
) -> list[Wait]:
    """The versions of an app that wait; the others keep their verdicts.

    `records` are all of the app, judged by everything that comes before a gate; `entry` is the hand-made app
    entry, if there was one; `decisions` are those in force.
    """
    candidates = [record for record in records if record.verdict.accepted and record.facts]
    if not is_gated(app) and not any(gates.is_taken_name(app, record) for record in candidates):
        return []
    order = order_records(candidates, by_time=app.downgrades)[::-1]
    past = _Past(
        frozenset(record.key for record in order if gates.accepted(app, record)),
        gates.origins.get(app.id.lower()),
    )
    while True:
        waits = _judge(app, order, entry, decisions, gates, past)
        held = {wait.record.key for wait in waits}
        then = past.after([record for record in order if record.key not in held])
        if then == past:
            return waits
        past = then


def _judge(  # noqa: PLR0917  # what is judged, and everything that it is judged by
    app: App, order: Sequence[Record], entry: Adopted | None, decisions: Decisions, gates: Gates, past: _Past
) -> list[Wait]:
    """The versions that wait; `order` has the lowest first."""
    waits: list[Wait] = []
    asked = read_agreed(entry) or _asked_at_first(order, past)
    for record in order:
        passes = record.key in past.accepted or is_approved(app, record, decisions)
        wait = None if passes else _find(app, record, asked, past, gates)
        if wait is not None:
            waits.append(wait)
        elif not is_yanked(app, record, decisions):
            asked = build_agreed(record)
    return waits


def judge_hidden(app: App, record: Record, gates: Gates) -> Record:
    """A file that was out of sight before it came to a gate was never listed: when it is back, it waits."""
    gated = is_gated(app) or gates.is_taken_name(app, record)
    return hide_again(record) if gated and not gates.accepted(app, record) else record


def is_gated(app: App) -> bool:
    """Whether its catalog says so; a version from a taken name waits without that, too."""
    return app.approve is not None or app.cooldown is not None


def cools_until(app: App, record: Record) -> float:
    """Seconds since 1970."""
    return uploaded(record) + (app.cooldown or 0)


def _find(app: App, record: Record, asked: Agreed | None, past: _Past, gates: Gates) -> Wait | None:
    assert record.facts is not None
    more = compare_asked(record, asked)
    strange = past.origins is not None and record.repository_id not in past.origins  # who took a free name
    news = strange or more.entitlements or more.privacy
    taken = strange and gates.is_taken_name(app, record)
    if taken or app.approve == "always" or (app.approve == "permissions" and news):
        before = asked.version if asked else None
        wait = Wait(record, app, before, more.entitlements, more.privacy, strange=strange)
        return _with_verdict(wait, APPROVAL, _tell_approval(wait))
    until = cools_until(app, record)
    if app.cooldown is not None and gates.now < until:
        return _with_verdict(Wait(record, app, None, until=until), COOLDOWN, _tell_cooldown(app, record))
    return None


def _asked_at_first(order: Sequence[Record], past: _Past) -> Agreed | None:
    """What the lowest version is compared with, so that a deleted release, or one below all others, is no way
    around: the lowest that was let through, or nothing where no such file is left. None for a new app.
    """
    if past.origins is None:
        return None
    known = next((record for record in order if record.key in past.accepted), None)
    return build_agreed(known) if known else Agreed(LISTED_BEFORE, frozenset(), frozenset())


def _with_verdict(wait: Wait, code: str, reason: str) -> Wait:
    verdict = Verdict(accepted=False, code=code, reason=reason)
    record = wait.record.model_copy(update={"verdict": verdict})
    return replace(wait, record=record)


# ---- reasons ------------------------------------------------------------------------------------------


def _tell_approval(wait: Wait) -> str:
    label = _label(wait.app, wait.record)
    parts = [_list("entitlement", wait.entitlements), _list("privacy key", tuple(wait.privacy))]
    more = " and ".join(part for part in parts if part)
    if wait.strange:
        return f"{label} waits for approval: it comes from another repository than what was published before."
    if not more:
        return f"{label} waits for approval, as every new version of {wait.app.id} does."
    than = clean_line(wait.before, 60) if wait.before else "the hand-made source declared"
    return f"{label} waits for approval: it asks for more than {than}, {more}."


def _tell_cooldown(app: App, record: Record) -> str:
    assert app.cooldown is not None
    until = tell_moment(cools_until(app, record))
    return f"{_label(app, record)} cools down until {until}, {tell_duration(app.cooldown)} after its upload."


def tell_moment(at: float) -> str:
    """`2026-11-22 21:48 UTC`: the minute in which it is over."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _label(app: App, record: Record) -> str:
    assert record.facts is not None
    return f"{app.id} {clean_line(record.facts.version, 60)}"


def _list(word: str, names: Sequence[str]) -> str:
    if not names:
        return ""
    shown = ", ".join(clean_line(name, 100) for name in names[:MOST_NAMED])
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"the {word}{'' if len(names) == 1 else 's'} {shown}{more}"
