"""Which versions an output lists, and in which order: the one place that answers it. No I/O.

`select_apps` says what may be listed of each app at all. An output chooses among that by its `View`; outputs
with the same view list the same, so that they are made once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.catalog import App, Output
from bot.lock import Adopted
from bot.records import Record
from bot.source.adopted import is_superseded
from bot.source.decided import is_named
from bot.source.order import order_records, order_versions, published
from bot.source.select import Available

Version = Record | Adopted


@dataclass(frozen=True, slots=True)
class View:
    """What an output chooses."""

    stage: bool = False  # it lists what is staged, too


@dataclass(frozen=True, slots=True)
class Selection:
    """What an output lists of one app: recorded versions newest first, adopted ones in their order."""

    app: App | None  # None: adopted whole, the catalog does not feed it
    entry: Adopted | None  # the hand-made app entry, if there was one
    bundle_identifier: str
    records: tuple[Record, ...]
    adopted: tuple[Adopted, ...]
    first: Version | None = None  # pinned

    @property
    def versions(self) -> tuple[Version, ...]:
        """As they are listed: a pinned one first, else never a lower one before a higher."""
        by_time = self.app is not None and self.app.downgrades
        versions = order_versions(self.records, self.adopted, by_time=by_time)
        return tuple(sorted(versions, key=lambda version: version is not self.first))  # stable


def view_of(output: Output) -> View:  # noqa: ARG001 -- outputs choose nothing yet
    return View()


def list_apps(available: Iterable[Available], view: View) -> list[Selection]:
    """What an output with that view lists of each app; an app may have nothing there."""
    return [list_versions(app, view) for app in available]


def list_versions(available: Available, view: View) -> Selection:
    """What an output with that view lists of an app."""
    app = available.app
    if app is None:
        return Selection(None, available.entry, available.bundle_identifier, (), available.adopted)
    chosen = [record for record in available.records if _is_chosen(available, view, record)]
    records = order_records(_deduplicate(chosen), by_time=app.downgrades)
    adopted = [line for line in available.adopted if not is_superseded(line, records)]
    versions = order_versions(records, adopted, by_time=app.downgrades)
    first = next((v for pin in available.pins for v in versions if is_named(pin, app, v)), None)
    kept = _keep(versions, first, app.keep)
    return Selection(
        app, available.entry, available.bundle_identifier,
        tuple(record for record in records if id(record) in kept),
        tuple(line for line in adopted if id(line) in kept),
        first,
    )  # fmt: skip


def _is_chosen(available: Available, view: View, record: Record) -> bool:
    return view.stage or record.key not in available.staged


def _deduplicate(records: Iterable[Record]) -> list[Record]:
    """One record a version and build: the newest published."""
    newest: dict[tuple[str, str], Record] = {}
    for record in sorted(records, key=published):
        assert record.facts is not None
        newest[record.facts.version, record.facts.build_version] = record
    return list(newest.values())


def _keep(versions: Sequence[Version], first: Version | None, keep: int | None) -> set[int]:
    """Identities of the versions that `keep` leaves; the pinned one is always among them."""
    ordered = sorted(versions, key=lambda v: v is not first)
    return {id(version) for version in ordered[:keep]}
