"""When a site's outputs change by time alone. No I/O."""

from collections.abc import Iterable

from bot.catalog import Catalog
from bot.decisions import Decisions, seconds
from bot.records import Record
from bot.source.staging import next_public
from bot.source.waiting import COOLDOWN, cools_until


def next_due(catalog: Catalog, records: Iterable[Record], decisions: Decisions, now: float) -> float | None:
    """The next such time after `now`, in seconds since 1970; None when there is none.

    `records` are judged, `decisions` all that there are.
    """
    known = tuple(records)
    ends = [seconds(decision.until) for decision in decisions.decisions if decision.until is not None]
    return min((at for at in (*ends, *_gate_times(catalog, known)) if at > now), default=None)


def _gate_times(catalog: Catalog, records: Iterable[Record]) -> list[float]:
    """When versions leave a gate or the stage by themselves; what has come is for the next plan to find."""
    known = tuple(records)
    apps = {app.id: app for app in catalog.apps if app.cooldown is not None}
    cooling = [record for record in known if record.verdict.code == COOLDOWN and record.app in apps]
    return [cools_until(apps[record.app], record) for record in cooling] + next_public(catalog, known)
