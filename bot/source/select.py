"""Which records and adopted entries an app's versions may be made of, in whatever output. No I/O.

A pure function of catalog, decisions, lock and time: a record counts when the catalog still wants it, its
verdict accepts it, its bundle ID is the app's, and no decision takes it out. What an output lists of that,
says bot/source/listing.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.catalog import App, Catalog, find_channel, match_asset
from bot.decisions import Decision, Decisions, Kind
from bot.lock import Adopted
from bot.records import ACCEPTED, Record, Verdict
from bot.source.adopted import group_adopted
from bot.source.decided import is_taken_out, is_yanked
from bot.source.order import published
from bot.source.site import SiteContext

NO_DECISIONS = Decisions()
MISMATCH = "bundle_id_mismatch"  # the code of a file of another app


@dataclass(frozen=True, slots=True)
class Available:
    """What may be listed of one app."""

    app: App | None  # None: adopted whole, the catalog does not feed it
    entry: Adopted | None  # the hand-made app entry, if there was one
    bundle_identifier: str
    records: tuple[Record, ...]  # in any order; two may have the same version and build
    adopted: tuple[Adopted, ...]  # in their own order
    pins: tuple[Decision, ...] = ()  # the one that counts first


def select_apps(
    catalog: Catalog,
    records: Sequence[Record],
    adopted: Sequence[Adopted],
    site: SiteContext,
    decisions: Decisions = NO_DECISIONS,
) -> list[Available]:
    """What there is of each app, in the catalog's order, then what was adopted and is fed by nobody."""
    by_app = assign_apps(catalog, records, site)
    lines = group_adopted(catalog, adopted, by_app)
    found = []
    for app in catalog.apps:
        mine = lines.get(app.id, [])
        judged = judge_bundles(app, by_app[app.id], entry_of(mine))
        found.append(select_app(app, judged, mine, decisions))
    return found + _orphans(lines.get(None, []))


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


def name_apps(catalog: Catalog, records: Sequence[Record], site: SiteContext) -> list[Record]:
    """The records under the ids of the apps that take them today: a catalog may have renamed one since they
    were read. Those that nobody takes keep theirs.
    """
    takers = {r.key: app for app, taken in assign_apps(catalog, records, site).items() for r in taken}
    return [_named(record, takers.get(record.key, record.app)) for record in records]


def _named(record: Record, app: str) -> Record:
    return record if record.app == app else record.model_copy(update={"app": app})


def judge_bundles(app: App, records: Sequence[Record], entry: Adopted | None) -> list[Record]:
    """The records with verdicts on their bundle ID.

    The app's bundle ID is the catalog's, else the hand-made entry's, else that of the first accepted
    release: an IPA of another app, published by mistake, must not take the entry over.
    """
    wanted = _said_bundle(app, entry) or _first_bundle(records)
    return [_judge(record, wanted) for record in records]


def select_app(
    app: App, records: Iterable[Record], adopted: Sequence[Adopted], decisions: Decisions = NO_DECISIONS
) -> Available:
    """What there is of an app, of records that were judged and of its own adopted lines."""
    entry = entry_of(adopted)
    accepted = [r for r in records if r.verdict.accepted and r.facts]
    listed = [r for r in accepted if not is_taken_out(app, r, decisions)] if decisions.decisions else accepted
    older = [a for a in adopted if a.scope == "version" and not is_yanked(app, a, decisions)]
    pins = decisions.of(Kind.PIN)[::-1]  # the latest decision wins
    bundle = _said_bundle(app, entry) or _first_bundle(listed) or ""
    return Available(app, entry, bundle, tuple(listed), tuple(older), pins)


def entry_of(adopted: Iterable[Adopted]) -> Adopted | None:
    """The app's own line among its adopted ones."""
    return next((line for line in adopted if line.scope == "app"), None)


def _orphans(lines: Sequence[Adopted]) -> list[Available]:
    """Adopted apps that no app of the catalog goes on with: published as they were."""
    versions: dict[str | None, list[Adopted]] = {}
    for line in lines:
        if line.scope == "version":
            versions.setdefault(line.bundle_identifier, []).append(line)
    entries = sorted((line for line in lines if line.scope == "app"), key=lambda line: line.index)
    return [
        Available(None, entry, bundle or "", (), tuple(versions.get(bundle, ())))
        for entry in entries
        for bundle in (entry.bundle_identifier,)
    ]


def _wants(app: App, record: Record, named: dict[tuple[str, str], bool]) -> bool:
    """The catalog's rules, asked of a record; `named` remembers names, which many releases share."""
    key = app.id, record.asset_name
    if key not in named:
        named[key] = match_asset(app, record.asset_name)
    if not named[key] or (record.inner and not app.wrapped):  # the address is that of a zip: it is read again
        return False
    return find_channel(app, tag=record.tag, prerelease=record.prerelease) is not None


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
