"""What a maintainer's decisions do to an app's versions. No I/O."""

from bot.catalog import App
from bot.decisions import Decision, Decisions, Kind, seconds
from bot.lock import Adopted
from bot.records import Record
from bot.source.adopted import version_of
from bot.source.order import published


def is_taken_out(app: App, record: Record, decisions: Decisions) -> bool:
    """Yanked, or new since a hold and not approved. `decisions` are those in force."""
    if is_yanked(app, record, decisions):
        return True
    holds = [h for h in decisions.of(Kind.HOLD) if h.app is None or h.app.lower() == app.id.lower()]
    if not any(uploaded(record) > seconds(hold.at) for hold in holds):
        return False
    return not is_approved(app, record, decisions)


def is_approved(app: App, record: Record, decisions: Decisions) -> bool:
    """Whether a decision lets this file through: an approval is for what its author could see."""
    approvals = decisions.of(Kind.APPROVE)
    return any(is_named(one, app, record) and one.means(record.key, uploaded(record)) for one in approvals)


def is_yanked(app: App, what: Record | Adopted, decisions: Decisions) -> bool:
    return any(is_named(yank, app, what) for yank in decisions.of(Kind.YANK))


def is_named(decision: Decision, app: App, what: Record | Adopted) -> bool:
    """Whether the decision is about that version of that app."""
    if isinstance(what, Record):
        assert what.facts is not None
        facts = what.facts
        return decision.names(app.id, version=facts.version, build=facts.build_version, tag=what.tag)
    version, build = version_of(what.entry)
    return decision.names(app.id, version=version, build=build, tag=None)


def name_version(record: Record) -> str:
    """As a decision names exactly this one: `1.2.0 (57)`."""
    assert record.facts is not None
    return f"{record.facts.version} ({record.facts.build_version})"


def uploaded(record: Record) -> float:
    """Seconds since 1970: a file uploaded later counts as new, however old its release is."""
    try:
        moment = seconds(record.updated_at)
    except ValueError:
        moment = 0.0
    return max(published(record)[0], moment)
