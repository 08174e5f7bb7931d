"""What is odd in the files that people write, and was not before: it may be meant, so it is said once.

A pull request's answer says it; what was pushed is told on the commit. The key names the files by their
contents: what was said in the one is not said in the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot import decisions as decisionsfile
from bot.catalog import CATALOG_PATHS, Catalog, find_unreachable, parse_catalog
from bot.context import Context
from bot.decisions import Decisions, parse_decisions
from bot.errors import BadCatalog, FileProblem, NotFound
from bot.lint.files import place_problems
from bot.records import HeadCache, SiteState
from bot.replies import hidden
from bot.replies.pulls import Located
from bot.replies.remarks import render_remarks
from bot.source.odd import find_odd
from jobs.branch import Branch
from jobs.lockfile import look_at_lock
from jobs.notify import tell_commit
from jobs.sites import todays_catalog


@dataclass(frozen=True)
class Written:
    """What people wrote, at one commit; None for what is not there, or of no interest."""

    catalog: bytes | None = None
    decisions: bytes | None = None
    path: str = CATALOG_PATHS[0]  # of the catalog


def find_remarks(
    ctx: Context, state: SiteState, main: Branch, before: Written, after: Written
) -> tuple[Located, ...]:
    """At their lines, of files that can be read."""
    channels = _channels(before, after)
    try:
        return (*channels, *_decisions(ctx, state, main, before, after))
    except BadCatalog:
        return tuple(channels)


def remarks_key(site_key: str, shas: Sequence[str | None]) -> str:
    """Told once for catalog and decisions of these contents."""
    return f"remarks:{site_key}:{':'.join(sha or '' for sha in shas)}"


def tell_push(ctx: Context, before: SiteState, main: Branch, catalog: Catalog, last: HeadCache) -> None:
    """On the commit: what is odd since the last look, and outputs that are left behind.

    Before the catalog is saved, after which nobody could tell any more.
    """
    shas = [main.sha(path) for path in (main.catalog_path or "", decisionsfile.PATH)]
    old = [last.blobs.get(path) for path in (main.catalog_path or "", decisionsfile.PATH)]
    if shas == old or before.catalog is None or main.catalog_path is None:
        return
    try:
        remarks = find_remarks(ctx, before, main, *_read(ctx, before, main, last))
    except NotFound:  # what was there is forgotten, after a forced push: nobody can tell what is new
        remarks = ()
    dropped = _find_dropped(ctx, before, main, catalog, last)
    if remarks or dropped:
        key = remarks_key(before.site.key, shas)
        text = render_remarks(remarks, dropped, hidden("remarks", key))
        tell_commit(ctx, before, key, main.tree.commit, text)


def _read(ctx: Context, before: SiteState, main: Branch, last: HeadCache) -> tuple[Written, Written]:
    path, sha = main.catalog_path or "", last.blobs.get(decisionsfile.PATH)
    same, known = sha == main.sha(decisionsfile.PATH), decisionsfile.PATH not in last.large
    old = ctx.github.fetch_blob(main.site, sha, ctx.store.blobs) if sha and known and not same else None
    new = None if same else main.look(decisionsfile.PATH)  # a blob id: too large to be read
    now = new if isinstance(new, bytes) else None
    return Written((before.catalog or "").encode(), old), Written(main.read(path), now, path)


def _find_dropped(
    ctx: Context, before: SiteState, main: Branch, catalog: Catalog, last: HeadCache
) -> tuple[str, ...]:
    """The files that altpress made last, and makes no more. Nobody's file is deleted: it may be in use."""
    site, old = main.site, todays_catalog(before)
    was, now = old.publish_to or site.branch, catalog.publish_to or site.branch
    paths = {output.path for output in old.outputs} - {o.path for o in catalog.outputs if was == now}
    cache = last if was == site.branch else ctx.store.sites.load_head(f"{site.repository}@{was}")
    made = cache.left if cache is not None else {}
    there = paths & made.keys()
    return tuple(sorted(there & main.tree.blobs.keys() if was == site.branch else there))


def _channels(before: Written, after: Written) -> list[Located]:
    if after.catalog is None or after.catalog == before.catalog:
        return []
    known = {problem.message for problem in _unreachable(before.catalog)}
    return [Located(after.path, p) for p in _unreachable(after.catalog) if p.message not in known]


def _unreachable(data: bytes | None) -> list[FileProblem]:
    try:
        return find_unreachable((data or b"").decode("utf-8", "replace"))
    except BadCatalog:
        return []


def _decisions(
    ctx: Context, state: SiteState, main: Branch, before: Written, after: Written
) -> list[Located]:
    if not after.decisions or after.catalog is None or after.decisions == before.decisions:
        return []
    old = _read_decisions(before.decisions)
    lock, records = look_at_lock(ctx, state, main)
    catalog = parse_catalog(after.catalog.decode("utf-8", "replace"))
    new = parse_decisions(after.decisions)
    odd = find_odd(new, old, catalog, records, lock.adopted if lock is not None else ())
    return [Located(decisionsfile.PATH, one) for one in place_problems(after.decisions, odd)]


def _read_decisions(data: bytes | None) -> Decisions:
    """Those of before; none of a file that could not be read, since nothing in it was told."""
    try:
        return parse_decisions(data) if data else Decisions()
    except BadCatalog:
        return Decisions()


def of_merge(remarks: Sequence[Located]) -> tuple[Located, ...]:
    """In files that only merging gives, whose lines are others than those of the branch."""
    return tuple(replace(one, merged=True) for one in remarks)
