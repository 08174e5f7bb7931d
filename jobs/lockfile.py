"""The lock of a site, also where somebody damaged it: nothing that can be known again is lost.

The good lines count. Records whose lines are lost stay as the store knows them; where it does not, their
releases are read again before anything is published, so that no version leaves the source meanwhile. What no
release tells (lines of `adopted` and `removed`) comes from the newest commit with a lock that can be read.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from bot import lock as lockfile
from bot.catalog import Catalog, app_repositories
from bot.context import Context
from bot.errors import BadCatalog, BadSource, BotError, NotFound, Unavailable
from bot.lock import Lock, Salvaged, parse_lock, salvage_lock
from bot.records import Record, Site, SiteState
from bot.replies.damage import LockDamage, summarize
from bot.source.history import is_altpress
from jobs.branch import Branch
from jobs.notify import rejected_key, tell_bad_catalog, tell_damaged_lock
from jobs.reading import READING, Reader
from jobs.records import plan_scan
from jobs.scan import records_of
from jobs.sites import fetch_facts

log = logging.getLogger(__name__)
OLDEST_LOCKS = 10  # commits that are looked through for a lock that can be read
GONE = "none"  # the state of a lock that is not there


@dataclass(frozen=True)
class Found:
    """What a branch says of its lock."""

    lock: Lock | None  # None: there has never been one
    damage: LockDamage | None = None
    lost: tuple[Record, ...] = ()  # lines that the last good lock had: what was published, not what is

    @property
    def published(self) -> Lock | None:
        """The lock with those lines: what it accepted need not be approved again."""
        if self.lock is None or not self.lost:
            return self.lock
        return self.lock.model_copy(update={"records": (*self.lock.records, *self.lost)})


def import_lock(ctx: Context, state: SiteState, main: Branch, catalog: Catalog) -> Lock | None:
    """The lock, taken over where the store does not know what it says; None for a site without any.

    Raises BadCatalog for one that is too large, and Unavailable where reading lost releases again takes more
    than the time of one job.
    """
    found = read_lock(ctx, state, main)
    if found.lock is None:
        return None
    records, key = ctx.store.records, state.site.key
    sha = main.sha(lockfile.PATH) or GONE
    remember_rejected(ctx, key, found.lock)
    if found.damage is None:
        records.import_lock(key, sha, found.lock.records)
    elif records.imported(key) != sha:
        log.warning("lock_damaged", extra={"site": key, "lost": found.damage.lost})
        tell_damaged_lock(ctx, state, found.damage, commit=main.tree.commit, sha=sha)
        records.add_missing(key, found.lock.records)
        read_again(ctx, state, catalog)
        records.note_import(key, sha)
    return found.published


def look_at_lock(ctx: Context, state: SiteState, main: Branch) -> tuple[Lock | None, tuple[Record, ...]]:
    """The lock and the site's records as `import_lock` would leave them: nothing is written, nobody told.

    Of a damaged lock the good lines count. Raises BadCatalog for one that is too large.
    """
    store, key = ctx.store.records, state.site.key
    data = main.read(lockfile.PATH)
    if data is None and ctx.store.publications.latest(key) is None:
        return None, tuple(store.of_site(key))
    lock = salvage_lock(data or b"").lock
    live = store.of_site(key)
    known, begun = {record.key for record in live}, store.imported(key) is not None
    missing = (record for record in lock.records if record.key not in known)
    # in a database that has just begun nothing is known to be gone: it need not be asked about thousands
    return lock, (*live, *(record for record in missing if not (begun and store.is_gone(key, record.key))))


def remember_rejected(ctx: Context, site_key: str, lock: Lock) -> None:
    """In a database that has just begun: what the lock refuses was told already."""
    if ctx.store.records.imported(site_key) is None:
        refused = (rejected_key(site_key, record) for record in lock.records if not record.verdict.accepted)
        ctx.store.notices.claim_all(refused, ctx.now_ms())


def read_lock(ctx: Context, state: SiteState, main: Branch) -> Found:
    """What can be used of it, and what came from the history instead."""
    try:
        data = main.read(lockfile.PATH)
        salvaged = salvage_lock(data) if data is not None else Salvaged(Lock())
    except BadCatalog as error:
        sha = main.tree.blobs[lockfile.PATH]
        tell_bad_catalog(ctx, state, error, commit=main.tree.commit, path=lockfile.PATH, sha=sha)
        raise
    if salvaged.problems:
        return _restored(ctx, main.site, salvaged, missing=False)
    if data:
        return Found(salvaged.lock)
    return _read_nothing(ctx, main, there=data is not None)


def _read_nothing(ctx: Context, main: Branch, *, there: bool) -> Found:
    """A lock of no bytes, or none: how a site begins, how altpress leaves one without releases, or damage."""
    newest = ctx.github.fetch_commits(main.site, main.tree.commit, path=lockfile.PATH, limit=1)
    if newest and not is_altpress(newest[0].message):
        return _restored(ctx, main.site, Salvaged(Lock()), missing=True)
    if there:
        return Found(Lock())
    published = ctx.store.publications.latest(main.site.key) is not None
    return _restored(ctx, main.site, Salvaged(Lock()), missing=True) if newest or published else Found(None)


def _restored(ctx: Context, site: Site, salvaged: Salvaged, *, missing: bool) -> Found:
    """With the lines that no release tells, as the last good lock had them."""
    kept = salvaged.lock
    commit, old = _last_good(ctx, site)
    adopted = {line.key: line for line in (*kept.adopted, *old.adopted)}
    removed = {line.key: line for line in (*old.removed, *kept.removed)}
    lock = kept.model_copy(update={"adopted": tuple(adopted.values()), "removed": tuple(removed.values())})
    known = len(kept.adopted) + len(kept.removed)
    damage = LockDamage(
        path=lockfile.PATH,
        problems=summarize([str(problem) for problem in salvaged.problems], salvaged.lost),
        lost=salvaged.lost,
        restored=len(lock.adopted) + len(lock.removed) - known,
        taken_from=commit,
        missing=missing,
    )
    good = {line.key for line in kept.records}
    return Found(lock, damage, tuple(line for line in old.records if line.key not in good))


def _last_good(ctx: Context, site: Site) -> tuple[str | None, Lock]:
    """The newest commit with a lock that can be read whole; one that somebody emptied is none."""
    for commit in ctx.github.fetch_commits(site, path=lockfile.PATH, limit=OLDEST_LOCKS):
        try:
            branch = Branch(ctx, site, ctx.github.fetch_tree(site, commit.sha))
            data = branch.read(lockfile.PATH)
            if data or (data is not None and is_altpress(commit.message)):
                return commit.sha, parse_lock(data)
        except (BadCatalog, BadSource, NotFound):
            continue
    return None, Lock()


def read_again(ctx: Context, state: SiteState, catalog: Catalog) -> None:
    """Read every release with an unknown file; what cannot be read now, a scan finds again."""
    ends = ctx.clock() + READING
    for name in app_repositories(catalog):
        try:
            facts = fetch_facts(ctx, name)
            releases = list(ctx.github.stream_releases(facts))
        except BotError as error:
            log.warning("release_unread", extra={"repository": name, "reason": error.public})
            continue
        reader = Reader(ctx, state, catalog, facts)
        for release_id in plan_scan(catalog, releases, records_of(ctx, state, facts)):
            if ctx.clock() > ends:
                raise Unavailable("More releases are to be read again than one job can do.", retry_after=0)
            for failure in _read(reader, release_id):
                log.warning("release_unread", extra={"repository": name, "reason": failure.public})


def _read(reader: Reader, release_id: int) -> Sequence[BotError]:
    """What kept files of the release from being read."""
    try:
        return reader.read_release(release_id).later
    except BotError as error:
        return [error]
