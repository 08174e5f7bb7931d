"""Which causes a commit names: those of what it holds, and of nothing else.

A record is saved before its trigger is given, so a publish that looks in between holds a change whose cause
it never took: the cause stands beside the change, and is named with it. When the trigger comes at last, its
effect is out already: then it is for the commit that has it, not for the next one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot import decisions
from bot.context import Context
from bot.records import Cause, CauseKind, Publication, Record, SiteState
from bot.store.record_rows import Change
from jobs.commits import note_lost
from jobs.desired import Desired

RECENT = 20  # publications among which a cause without a delivery is looked for


@dataclass(frozen=True)
class Told:
    """What a publish takes in, and because of what."""

    held: Mapping[str, Change]  # for `Records.set_published`
    named: tuple[Cause, ...]  # in the commit
    before: Mapping[Cause, str]  # of the taken, those whose effect an earlier commit has: its id
    lost: str | None  # a commit of an earlier try, of which nothing was written down

    def commits(self, taken: Sequence[Cause], commit: str | None) -> dict[str, str | None]:
        """For each delivery among the taken causes the commit that it led to; `commit`: made now."""
        found: dict[str, str | None] = {}
        for cause in taken:
            if cause.delivery is not None:
                mine = commit if cause in self.named else None
                found[cause.delivery] = found.get(cause.delivery) or mine or self.before.get(cause)
        return found


def tell_causes(ctx: Context, state: SiteState, desired: Desired, taken: Sequence[Cause]) -> Told:
    """Also notes what was committed and never written down (`note_lost`)."""
    held = _find_held(ctx, state, desired)
    news = _find_news(state, desired, held)
    own = tuple(dict.fromkeys(cause for change in news for cause in change.causes))
    lost = note_lost(ctx, state, desired, taken, own)
    recent = ctx.store.publications.page(RECENT, state.site.key)
    earlier = {cause: _find_before(ctx, state, cause, recent, own) for cause in taken}
    before = {cause: commit for cause, commit in earlier.items() if commit is not None}
    named = taken
    if all(change.causes for change in news):  # else nobody knows whose those without are
        kept = [cause for cause in taken if _is_effective(cause, own, before)]
        named = _union(kept, own, _find_unseen(ctx, state, desired, taken)) or taken
    return Told(held, tuple(named), before, lost)


def is_held_back(ctx: Context, site_key: str, cause: Cause) -> bool:
    """Whether a change of the cause's release waits for a publish; one from before causes were kept may."""
    waiting = ctx.store.records.unpublished(site_key).values()
    return any(not change.causes or _has_words(cause, change.causes) for change in waiting)


def _find_held(ctx: Context, state: SiteState, desired: Desired) -> dict[str, Change]:
    """The changes that the plan was made with. Read after it: what came in later is another record."""
    planned = {f"{state.site.key}|{record.key}": record for record in desired.records}
    found = ctx.store.records.unpublished(state.site.key)
    return {key: c for key, c in found.items() if c.record == _text(planned.get(key))}


def _find_news(state: SiteState, desired: Desired, held: Mapping[str, Change]) -> list[Change]:
    """Those that the branch does not have yet: a merge, or a try that was cut off, may have brought some."""
    known = {record.key: record for record in desired.lock.records} if desired.lock else {}
    planned = {record.key: record for record in (*desired.records, *desired.plan.records)}
    changes = {key.removeprefix(f"{state.site.key}|"): change for key, change in held.items()}
    return [change for key, change in changes.items() if known.get(key) != planned.get(key)]


def _text(record: Record | None) -> str | None:
    return None if record is None else record.model_dump_json()


def _is_effective(cause: Cause, own: Sequence[Cause], before: Mapping[Cause, str]) -> bool:
    """Whether the commit may hold something that is not told otherwise, because of this."""
    if cause.kind is CauseKind.RELEASE:  # all that it can do is change records
        return _has_words(cause, own)
    return cause in own or cause not in before


def _find_before(
    ctx: Context, state: SiteState, cause: Cause, recent: Sequence[Publication], own: Sequence[Cause]
) -> str | None:
    """The newest commit that has the effect of the cause already, as far as that is known."""
    if cause.delivery is not None:
        for publication in reversed(ctx.store.publications.of_delivery(cause.delivery)):
            if publication.site == state.site.key and cause in publication.causes:
                return publication.commit
    said = (p.commit for p in recent if _says(p, cause, own))
    return next(said, None)


def _says(publication: Publication, cause: Cause, own: Sequence[Cause]) -> bool:
    match cause.kind:
        case CauseKind.RELEASE:  # two deliveries tell of one release; which came first does not matter
            return not _has_words(cause, own) and _has_words(cause, publication.causes)
        case CauseKind.CATALOG if cause.url is not None:  # it was made on this push, or was the head then
            return cause.url.endswith((f"/{publication.parent}", f"/{publication.commit}"))
        case _:
            return cause.origin is not None and cause in publication.causes


def _find_unseen(ctx: Context, state: SiteState, desired: Desired, taken: Sequence[Cause]) -> list[Cause]:
    """A push to the catalog or the decisions that no sync has looked at yet: the plan holds what it says."""
    main, last = desired.main, ctx.store.sites.load_head(state.site.key)
    if last is None or last.commit == main.tree.commit or any(c.kind is CauseKind.CATALOG for c in taken):
        return []
    if all(last.blobs.get(path) == main.sha(path) for path in (main.catalog_path, decisions.PATH) if path):
        return []
    url = f"{state.repository.html_url}/commit/{main.tree.commit}"
    return [Cause(kind=CauseKind.CATALOG, repository=state.repository.full_name, url=url)]


def _has_words(cause: Cause, others: Iterable[Cause]) -> bool:
    """Whether one of them is about the same, whoever told of it."""
    return any(_words(cause) == _words(other) for other in others)


def _words(cause: Cause) -> tuple[str | None, ...]:
    return (cause.kind, (cause.repository or "").lower(), cause.tag)


def _union(*parts: Iterable[Cause]) -> tuple[Cause, ...]:
    return tuple(dict.fromkeys(cause for part in parts for cause in part))
