"""A pull request's files, read and tried out: what is wrong with them, and what merging would do.

Nothing that they name is fetched. The commits of a fork are read in the site's own repository, and every read
is bounded as for the site itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from bot import decisions as decisionsfile
from bot import lock as lockfile
from bot.catalog import CATALOG_PATHS, Catalog, find_catalog, parse_catalog
from bot.context import Context
from bot.decisions import Decisions, parse_decisions
from bot.enqueue.pace import take_turn
from bot.errors import BadCatalog, BadSource, FileProblem, NotReady
from bot.github.publisher import BlobCache, SiteTree
from bot.github.reviews import PullState
from bot.lint.files import place_problems
from bot.records import SiteState
from bot.replies.pulls import Basis, Located, Review, describe_gone, describe_made
from bot.source.reviewed import Touched
from jobs.branch import check_size, open_branch
from jobs.preview import preview_site
from jobs.remarks import Written, find_remarks, of_merge

Parsed = TypeVar("Parsed", Catalog, Decisions)
PAUSE = 4.0  # seconds after which GitHub may have worked out the merge
MOST_PAUSES = 3  # for one head
HOUR = 3600.0


class Kept(BlobCache):
    """Blobs that are known already; what strangers write is not kept."""

    def __init__(self, known: BlobCache) -> None:
        self._known = known

    def get(self, sha: str) -> bytes | None:
        return self._known.get(sha)

    def put(self, sha: str, data: bytes) -> None:
        pass


@dataclass
class Files:
    """Catalog and decisions at one commit, with what is wrong with them."""

    ctx: Context
    state: SiteState
    tree: SiteTree
    merged: bool = False
    problems: list[Located] = field(default_factory=list)
    catalog: Catalog | None = None
    decisions: Decisions | None = None
    data: dict[str, bytes] = field(default_factory=dict)

    def read(self) -> "Files":
        path = self.catalog_path
        if path is not None:
            self.catalog = self._parse(path, lambda data: parse_catalog(data.decode("utf-8", "replace")))
        self.decisions = self._parse(decisionsfile.PATH, parse_decisions)
        return self

    @property
    def catalog_path(self) -> str | None:
        return find_catalog(self.tree.blobs)

    @property
    def contents(self) -> tuple[str | None, str | None]:
        """The ids of the catalog and the decisions."""
        return self.tree.blobs.get(self.catalog_path or ""), self.tree.blobs.get(decisionsfile.PATH)

    @property
    def names(self) -> tuple[str | None, ...]:
        """What is read here, by the ids of its contents."""
        return tuple(self.tree.blobs.get(path) for path in (*CATALOG_PATHS, decisionsfile.PATH))

    def _parse(self, path: str, parse: Callable[[bytes], Parsed]) -> Parsed | None:
        sha = self.tree.blobs.get(path)
        if sha is None:
            return None
        data = b""
        try:
            check_size(self.tree, path)
            data = self.ctx.github.fetch_blob(self.state.site, sha, Kept(self.ctx.store.blobs))
            self.data[path] = data
            return parse(data)
        except BadCatalog as error:
            found = error.problems or (FileProblem(None, "", "cannot be used"),)
            problems = [one for one in found if isinstance(one, FileProblem)]
            placed = problems if path in CATALOG_PATHS else place_problems(data, problems)
            self.problems += [Located(path, problem, self.merged) for problem in placed]
            return None


def review_pull(ctx: Context, state: SiteState, pull: PullState, touched: Touched) -> Review:
    """What there is to say. Raises NotReady while GitHub works out the merge, for a while."""
    base = _find_merge(ctx, state, pull)
    basis = Basis.MERGED if base else Basis.CONFLICT if pull.mergeable is False else Basis.BRANCH
    try:
        own = Files(ctx, state, ctx.github.fetch_tree(state.site, pull.head)).read()
        result = _result(ctx, state, pull, own) if base else own
    except BadSource as error:  # more files than GitHub lists
        problem = Located(touched.written[0] if touched.written else touched.made[0], _whole(error.public))
        return Review(state.site.branch, pull.head, basis, base, problems=(problem,))
    problems = own.problems or result.problems
    notes = [describe_made(path, is_lock=path == lockfile.PATH) for path in touched.made]
    if result.catalog_path is None:
        notes.append(describe_gone())
    preview, remarks = None, tuple[Located, ...]()
    if not problems and result.catalog is not None:
        decisions = result.decisions or Decisions()  # none at all, if there is no such file
        preview = preview_site(ctx, state, catalog=result.catalog, decisions=decisions)
        remarks = _find_remarks(ctx, state, result)
    return Review(
        branch=state.site.branch, head=pull.head, basis=basis, base=base, problems=tuple(problems),
        notes=tuple(notes), preview=preview, remarks=remarks, contents=result.contents,
    )  # fmt: skip


def _find_remarks(ctx: Context, state: SiteState, result: Files) -> tuple[Located, ...]:
    """What is odd in the result, and is not on the site's branch."""
    main = open_branch(ctx, state.site)
    try:
        path, known = result.catalog_path or "", main.read(decisionsfile.PATH)
    except BadCatalog:
        return ()
    before = Written((state.catalog or "").encode(), known)
    after = Written(result.data.get(path), result.data.get(decisionsfile.PATH), path)
    found = find_remarks(ctx, state, main, before, after)
    return of_merge(found) if result.merged else found


def _find_merge(ctx: Context, state: SiteState, pull: PullState) -> str | None:
    """The commit of the base that GitHub's test merge was made on; None without one of this very head."""
    if pull.mergeable is False:
        return None
    if pull.mergeable and pull.merge_commit:
        parents = ctx.github.fetch_parents(state.site.repository, pull.merge_commit)
        if len(parents) == 2 and parents[1] == pull.head:
            return parents[0]
    asked = f"merge:{state.site.key}:{pull.number}:{pull.head}"
    if take_turn(ctx.queue.connection, asked, most=MOST_PAUSES, seconds=HOUR) == 0:
        raise NotReady("GitHub is still working out what merging would give.", retry_after=PAUSE)
    return None


def _result(ctx: Context, state: SiteState, pull: PullState, own: Files) -> Files:
    """The same files after the merge, which are read only where they are others."""
    assert pull.merge_commit is not None
    merged = Files(ctx, state, ctx.github.fetch_tree(state.site, pull.merge_commit), merged=True)
    return own if merged.names == own.names else merged.read()


def _whole(message: str) -> FileProblem:
    return FileProblem(None, "", f"cannot be looked at: {message}")
