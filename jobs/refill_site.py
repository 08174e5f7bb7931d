"""One site's part of a database, filled again from its branch: catalog, lock, history, and what was said.

No file of a release is opened, and nothing is committed or said. What is there stays as it is, or is
replaced, in an order that a worker may look at any moment: the records of a site are known before the site
is, and its head is noted last, so that whoever is killed in between is made good by the next run, or by the
next sweep.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as changed

from bot import lock as lockfile
from bot.catalog import Catalog, app_repositories, parse_catalog
from bot.context import Context
from bot.errors import BadCatalog, BadSource, NotFound
from bot.github.publisher import SiteTree
from bot.lock import Lock
from bot.records import HeadCache, Publication, RepositoryFacts, Site, SiteState
from jobs.branch import Branch, our_blobs
from jobs.lockfile import read_lock, remember_rejected
from jobs.remembered import remember_publications, remember_said
from jobs.sites import fetch_facts

OLDEST_CATALOGS = 10  # commits that are looked through for one that can be read


@dataclass(frozen=True)
class Filled:
    """What became of a site."""

    site: str
    head: str | None = None
    records: int = 0  # in its lock
    added: int = 0  # of these, new here
    removed: int = 0  # rows that the lock does not tell of
    publications: int = 0
    notices: int = 0
    problems: tuple[str, ...] = ()  # of the catalog and the lock; the site is filled as far as they let it
    error: str | None = None  # it is not filled


@dataclass(frozen=True)
class _Read:
    """A catalog; nothing but its problems where it cannot be used."""

    sha: str | None = None
    text: str | None = None
    catalog: Catalog | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class SiteRefill:
    """One site, as its branch and GitHub tell of it."""

    ctx: Context
    site: Site
    facts: RepositoryFacts
    login: str
    replace: bool
    today: Mapping[str, RepositoryFacts]  # what GitHub has just listed, by name in lower case

    def run(self) -> Filled | None:
        """None for a repository without a catalog: no sweep looks there again until somebody pushes to it."""
        self.ctx.github.learn(self.site)
        looked_ms = self.ctx.now_ms()
        main = self._open(self.site)
        if main is None or main.catalog_path is None:
            self.ctx.store.repositories.save(self.facts, looked_ms)
            return None
        key, records = self.site.key, self.ctx.store.records
        read = self._read_catalog(main)
        found = read_lock(self.ctx, self._state(main), main)
        notices = remember_said(self.ctx, self.site.repository, self.login)
        lock = found.lock or Lock()
        remember_rejected(self.ctx, key, lock)
        if self.replace and found.lock is not None:
            added, removed = records.reset(key, lock.records)
        else:
            added, removed = len(records.add_missing(key, lock.records)), 0
        self._save(main, read)
        outputs = self._outputs(main, read.catalog)
        publications = remember_publications(self.ctx, main, outputs)
        if publications:
            self.ctx.store.sites.restore_publish(key, publications[0].at_ms)
        problems = read.problems
        if found.damage is not None:  # a sync and the publish that follows mend it, and tell
            problems += found.damage.problems or (f"{lockfile.PATH} is gone or empty",)
        elif read.catalog is not None:
            self._note_heads(main, outputs, read.catalog, publications)
        counts = len(lock.records), added, removed, len(publications), notices
        return Filled(key, main.tree.commit, *counts, problems)

    def _state(self, main: Branch) -> SiteState:
        return SiteState(site=self.site, repository=self.facts, head=main.tree.commit)

    def _save(self, main: Branch, read: _Read) -> None:
        """What is known of the site and of the repositories that feed it, and what these are called today."""
        store, apps = self.ctx.store, app_repositories(read.catalog) if read.catalog else ()
        store.repositories.save(self.facts, self.ctx.now_ms())
        if self.replace or store.sites.find(self.site.key) is None:
            store.sites.save(
                self.site, self.facts, head=main.tree.commit, catalog_sha=read.sha, catalog=read.text,
                problems=read.problems, apps=apps,
            )  # fmt: skip
        names = {name.lower(): self._name_today(name) for name in apps}
        renamed = {old: new for old, new in names.items() if new.lower() != old}
        store.sites.note_renamed(self.site.key, renamed)

    def _name_today(self, name: str) -> str:
        """A name in GitHub's list is one of today; another one is asked for, as it may be an old one."""
        if (facts := self.today.get(name.lower())) is not None:
            self.ctx.store.repositories.save(facts, self.ctx.now_ms())
            return facts.full_name
        try:
            return fetch_facts(self.ctx, name, max_age_ms=0).full_name
        except NotFound:
            return name

    def _open(self, site: Site) -> Branch | None:
        """The branch as GitHub has it, whatever the database says of it; None for an empty repository."""
        github = self.ctx.github
        try:
            return Branch(self.ctx, site, github.fetch_tree(site, github.fetch_head(site)))
        except NotFound:
            return None

    def _read_catalog(self, main: Branch) -> _Read:
        """The last valid catalog, and the problems of the one at the head."""
        path = main.catalog_path or ""
        read = _read(main, path)
        if read.catalog is not None:
            return read
        github = self.ctx.github
        commits = github.fetch_commits(self.site, main.tree.commit, path=path, limit=OLDEST_CATALOGS)
        for commit in commits[1:]:
            try:
                old = _read(Branch(self.ctx, self.site, github.fetch_tree(self.site, commit.sha)), path)
            except (BadSource, NotFound):
                continue
            if old.catalog is not None:
                return changed(old, problems=read.problems)
        return read

    def _outputs(self, main: Branch, catalog: Catalog | None) -> Branch:
        if catalog is None or catalog.publish_to in {None, self.site.branch}:
            return main
        return self._open(self.site.model_copy(update={"branch": catalog.publish_to})) or main

    def _note_heads(
        self, main: Branch, outputs: Branch, catalog: Catalog, publications: Sequence[Publication]
    ) -> None:
        """Noted last: a site whose head is known was filled to its end."""
        sha = main.sha(lockfile.PATH)
        if sha is not None:
            self.ctx.store.records.note_import(self.site.key, sha)
        left = self._left(outputs, catalog, publications)
        for branch in {branch.site.key: branch for branch in (main, outputs)}.values():
            tree = branch.tree
            head = HeadCache(
                commit=tree.commit, tree=tree.tree, blobs=our_blobs(tree, catalog),
                left=left if branch is outputs else {},
            )  # fmt: skip
            self.ctx.store.sites.save_head(branch.site.key, head)

    def _left(self, outputs: Branch, catalog: Catalog, publications: Sequence[Publication]) -> dict[str, str]:
        """The outputs as altpress left them: a hand edit of them since is one that nobody was told of."""
        tree: SiteTree | None = outputs.tree
        if publications and publications[0].commit != outputs.tree.commit:
            try:
                tree = self.ctx.github.fetch_tree(outputs.site, publications[0].commit)
            except NotFound:
                tree = None
        blobs = tree.blobs if tree is not None and publications else {}
        return {output.path: blobs[output.path] for output in catalog.outputs if output.path in blobs}


def _read(branch: Branch, path: str) -> _Read:
    try:
        text = (branch.read(path) or b"").decode("utf-8", "replace")
        return _Read(branch.sha(path), text, parse_catalog(text))
    except BadCatalog as error:
        return _Read(problems=tuple(str(problem) for problem in error.problems) or (error.public,))
