"""A site's apps as the pages show them: from the catalog and what is known of the releases. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.catalog import App, Catalog
from bot.decisions import Decisions
from bot.records import Delivery, Record, SiteState
from bot.source.decided import is_taken_out, name_version
from bot.source.order import order_records, published
from bot.source.waiting import is_waiting
from bot.web.dashboard.view_links import Badge, GitHubPages, Link, check_link
from bot.web.dashboard.view_times import Moment, build_moment_of
from bot.web.dashboard.view_waits import badge_of

PUBLISHED = Badge("Published", "good")
UNDER_WAY = Badge("Under way", "busy")
REFUSED = Badge("Newest refused", "bad")
WAITING = Badge("Waits for a merge", "busy")
DECLINED = Badge("Not merged", "quiet")
HELD = Badge("Held back", "quiet")
STAGED = Badge("In the stage", "quiet")
EMPTY = Badge("No release yet", "quiet")


@dataclass(frozen=True, slots=True)
class AppView:
    """One row of a site's page."""

    id: str
    name: str
    letter: str  # in the icon's place while there is none
    icon: str | None  # sha256
    repository: Link
    version: Link | None  # to its release
    prerelease: bool
    released: Moment | None
    versions: int
    badge: Badge
    note: str | None  # why it is so


@dataclass(frozen=True, slots=True)
class Known:
    """What an app's row is made from, beside its catalog entry."""

    state: SiteState
    records: Sequence[Record]
    decisions: Decisions
    working: Sequence[Delivery]  # deliveries whose work is under way
    pages: GitHubPages
    now_ms: int


def build_apps(catalog: Catalog, known: Known) -> tuple[AppView, ...]:
    """In the catalog's order."""
    by_app: dict[str, list[Record]] = {}
    for record in known.records:
        by_app.setdefault(record.app, []).append(record)
    return tuple(build_app(app, by_app.get(app.id, []), known) for app in catalog.apps)


def build_app(app: App, records: Sequence[Record], known: Known) -> AppView:
    good = [r for r in records if r.verdict.accepted and r.facts]
    listed = [r for r in good if not is_taken_out(app, r, known.decisions)]
    staged = order_records(r for r in listed if r.staged_at is not None)
    listed = [r for r in listed if r.staged_at is None]
    newest = next(iter(order_records(listed)), None)
    facts = newest.facts if newest else None
    badge, note = _judge(app, _Files(records, good, staged, newest), known)
    name = app.name or (facts.name if facts else app.id)
    return AppView(
        id=app.id,
        name=name,
        letter=next((c for c in name if c.isalnum()), "?").upper(),
        icon=facts.icon.sha256 if facts and facts.icon else None,
        repository=Link(app.repository, known.pages.repository(app.repository)),
        version=Link(name_version(newest), check_link(newest.release_url)) if newest else None,
        prerelease=bool(newest and newest.prerelease),
        released=build_moment_of(newest.published_at, known.now_ms) if newest else None,
        versions=len(listed),
        badge=badge,
        note=note,
    )


@dataclass(frozen=True, slots=True)
class _Files:
    """An app's records."""

    records: Sequence[Record]  # all
    good: Sequence[Record]  # accepted
    staged: Sequence[Record]  # newest first
    newest: Record | None  # that everybody gets


def _judge(app: App, files: _Files, known: Known) -> tuple[Badge, str | None]:
    """The state and its cause: what is under way first, then what went wrong, or waits."""
    if (work := _work(app, known)) is not None:
        return UNDER_WAY, work
    last = max(files.records, key=published, default=None)
    if last is None or last.verdict.accepted:
        return _judge_listed(app, files, known)
    if is_waiting(last.verdict):
        return badge_of(last), last.verdict.reason
    return REFUSED, f"{last.tag}: {last.verdict.reason or last.verdict.code or 'refused'}"


def _judge_listed(app: App, files: _Files, known: Known) -> tuple[Badge, str | None]:
    staged, newest = files.staged, files.newest
    if newest is not None:
        in_stage = f"{name_version(staged[0])} is in the stage." if staged else None
        return _waits(newest, known) or (PUBLISHED, in_stage)
    if staged:
        return STAGED, f"{name_version(staged[0])} is in no other output yet."
    if files.good:
        return HELD, "A maintainer's decision keeps every version out."
    return EMPTY, f"Publish a release with an .ipa in {app.repository}; it appears here by itself."


def _waits(newest: Record, known: Known) -> tuple[Badge, str] | None:
    """Whether the newest version is among what a pull request proposes: it is published by the merge."""
    waits = known.state.proposal
    if waits is None or waits.number is None:
        return None
    proposed = {((cause.repository or "").lower(), cause.tag) for cause in waits.causes}
    if (newest.repository.lower(), newest.tag) not in proposed:
        return None
    if waits.declined:
        return DECLINED, f"Somebody closed pull request #{waits.number} without merging it."
    return WAITING, f"It is in pull request #{waits.number}."


def _work(app: App, known: Known) -> str | None:
    name = app.repository.lower()
    key = known.state.site.key
    for delivery in known.working:
        for token in delivery.open:
            if token.lower().startswith(f"ingest:{key}:{name}:".lower()):
                return "A release is being read, or waits for its files."
    behind = known.state.generation > known.state.published_generation
    if behind and any((cause.repository or "").lower() == name for cause in known.state.causes):
        return "The next publication takes it in."
    return None


def summarize(apps: Sequence[AppView]) -> Mapping[str, int]:
    """How many apps are in each state, in words."""
    counts: dict[str, int] = {}
    for app in apps:
        counts[app.badge.label] = counts.get(app.badge.label, 0) + 1
    return counts
