"""Which records an app's versions are made of, and in which order. No I/O.

A pure function of catalog, decisions, lock and time: a record counts when the catalog still wants it, its
verdict accepts it, its bundle ID is the app's, and no decision takes it out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.catalog import App, Catalog, match_asset, match_tag
from bot.decisions import Decisions, Kind
from bot.lock import Adopted
from bot.records import ACCEPTED, Record, Verdict
from bot.source.adopted import is_superseded
from bot.source.decided import is_named, is_taken_out, is_yanked
from bot.source.order import order_records, order_versions, published
from bot.source.site import SiteContext

NO_DECISIONS = Decisions()
MISMATCH = "bundle_id_mismatch"  # the code of a file of another app


@dataclass(frozen=True, slots=True)
class Selection:
    """What is published of one app: recorded versions newest first, adopted ones in their order."""

    app: App | None  # None: adopted whole, the catalog does not feed it
    entry: Adopted | None  # the hand-made app entry, if there was one
    bundle_identifier: str
    records: tuple[Record, ...]
    adopted: tuple[Adopted, ...]
    first: Record | Adopted | None = None  # pinned

    @property
    def versions(self) -> tuple[Record | Adopted, ...]:
        """As they are listed: a pinned one first, else never a lower one before a higher."""
        by_time = self.app is not None and self.app.downgrades
        versions = order_versions(self.records, self.adopted, by_time=by_time)
        return tuple(sorted(versions, key=lambda version: version is not self.first))  # stable


def assign_apps(catalog: Catalog, records: Iterable[Record], site: SiteContext) -> dict[str, list[Record]]:
    """The records by the id of the app that takes them; those that no app wants any more are left out."""
    by_app: dict[str, list[Record]] = {app.id: [] for app in catalog.apps}
    candidates: dict[int | str, list[App]] = {}
    named: dict[tuple[str, str], bool] = {}
    for app in catalog.apps:
        facts = site.facts_of(app.repository)  # a renamed repository keeps its id
        candidates.setdefault(facts.id if facts else app.repository.lower(), []).append(app)
    for record in records:
        apps = candidates.get(record.repository_id) or candidates.get(record.repository.lower()) or ()
        taker = next((app for app in apps if _wants(app, record, named)), None)
        if taker is not None:
            by_app[taker.id].append(record)
    return by_app


def judge_bundles(app: App, records: Sequence[Record], entry: Adopted | None) -> list[Record]:
    """The records with verdicts on their bundle ID.

    The app's bundle ID is the catalog's, else the hand-made entry's, else that of the first accepted
    release: an IPA of another app, published by mistake, must not take the entry over.
    """
    wanted = _said_bundle(app, entry) or _first_bundle(records)
    return [_judge(record, wanted) for record in records]


def select_app(
    app: App, records: Iterable[Record], adopted: Sequence[Adopted], decisions: Decisions = NO_DECISIONS
) -> Selection:
    """What is published of an app, of records that were judged and of its own adopted lines."""
    entry = entry_of(adopted)
    accepted = [r for r in records if r.verdict.accepted and r.facts]
    listed = [r for r in accepted if not is_taken_out(app, r, decisions)] if decisions.decisions else accepted
    unique = order_records(_deduplicate(listed), by_time=app.downgrades)
    older = [a for a in adopted if a.scope == "version" and not is_yanked(app, a, decisions)]
    older = [a for a in older if not is_superseded(a, unique)]
    pins = decisions.of(Kind.PIN)[::-1]  # the latest decision wins
    versions = order_versions(unique, older, by_time=app.downgrades)
    first = next((v for pin in pins for v in versions if is_named(pin, app, v)), None)
    kept = _keep(versions, first, app.keep)
    unique, older = [r for r in unique if id(r) in kept], [a for a in older if id(a) in kept]
    bundle = _said_bundle(app, entry) or _first_bundle(listed) or ""
    return Selection(app, entry, bundle, tuple(unique), tuple(older), first)


def entry_of(adopted: Iterable[Adopted]) -> Adopted | None:
    """The app's own line among its adopted ones."""
    return next((line for line in adopted if line.scope == "app"), None)


def _keep(versions: Sequence[Record | Adopted], first: Record | Adopted | None, keep: int | None) -> set[int]:
    """Identities of the versions that `keep` leaves; the pinned one is always among them."""
    ordered = sorted(versions, key=lambda v: v is not first)
    return {id(version) for version in ordered[:keep]}


def _wants(app: App, record: Record, named: dict[tuple[str, str], bool]) -> bool:
    """The catalog's rules, asked of a record; `named` remembers names, which many releases share."""
    key = app.id, record.asset_name
    if key not in named:
        named[key] = match_asset(app, record.asset_name)
    if not named[key] or not match_tag(app, record.tag):
        return False
    if record.inner and not app.wrapped:
        return False  # its address is that of a zip; the release is read again, and refused then
    return app.prereleases == "include" or record.prerelease == (app.prereleases == "only")


def _said_bundle(app: App, entry: Adopted | None) -> str | None:
    return app.bundle_id or (entry.bundle_identifier if entry else None)


def _first_bundle(records: Iterable[Record]) -> str | None:
    known = [record for record in records if record.facts and record.verdict.accepted]
    first = min(known, key=published, default=None)
    return first.facts.bundle_identifier if first and first.facts else None


def _judge(record: Record, wanted: str | None) -> Record:
    if not record.verdict.accepted or record.facts is None or record.facts.bundle_identifier == wanted:
        return record
    reason = (
        f"{record.asset_name} has the bundle ID {record.facts.bundle_identifier}, but the app's is {wanted}. "
        "If that has changed, say so with bundle-id in the catalog."
    )
    verdict = Verdict(accepted=False, code=MISMATCH, reason=reason)
    return record.model_copy(update={"verdict": verdict})


def reopen(record: Record) -> Record:
    """The record without a verdict that this build makes itself, so that a mended catalog counts."""
    code = record.verdict.code or ""
    ours = code == MISMATCH or code.startswith("client.")
    if record.verdict.accepted or not ours:
        return record
    return record.model_copy(update={"verdict": ACCEPTED})


def _deduplicate(records: Iterable[Record]) -> list[Record]:
    """One record a version and build: the newest published."""
    newest: dict[tuple[str, str], Record] = {}
    for record in sorted(records, key=published):
        assert record.facts is not None
        newest[record.facts.version, record.facts.build_version] = record
    return list(newest.values())
