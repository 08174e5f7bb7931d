"""What a site should hold, planned from everything that can be read at one head of its branch."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bot import decisions as decisionsfile
from bot import lock as lockfile
from bot.catalog import Catalog, app_repositories, parse_catalog
from bot.context import Context
from bot.decisions import Decisions, parse_decisions
from bot.errors import BadCatalog, FileProblem, NotFound
from bot.lint.files import place_problems
from bot.lock import Lock
from bot.metrics.table import SOURCE_SECONDS
from bot.records import Cause, DecisionRequest, Record, RepositoryFacts, Site, SiteState
from bot.source.adopt import Adoption, adopt_source
from bot.source.adopted import keep_identifier
from bot.source.allowed import allows_site
from bot.source.message import MAX_LISTED, defuse
from bot.source.plan import Commit, Unchanged, plan_publish
from bot.source.site import SiteContext
from bot.store import Store
from jobs.branch import Branch, icons_folder, open_branch
from jobs.lockfile import import_lock, look_at_lock
from jobs.notify import tell_bad_catalog
from jobs.sites import fetch_facts

Files = Mapping[str, bytes | None]
Parsed = TypeVar("Parsed")


@dataclass(frozen=True)
class Desired:
    """A plan, and what it was made from."""

    plan: Unchanged | Commit
    catalog: Catalog
    records: tuple[Record, ...]
    main: Branch  # catalog, decisions, lock
    outputs: Branch  # the same, or that of `publish-to`
    adopted: tuple[str, ...] = ()  # what is taken over from a hand-made source, one sentence each
    lock: Lock | None = None  # as it is on the branch

    @property
    def message(self) -> str:
        """The commit's; what was taken over stands before what the plan says, whose trailers come last."""
        assert isinstance(self.plan, Commit)
        if not self.adopted:
            return self.plan.message
        lines = [f"- {defuse(line, 300)}" for line in self.adopted[:MAX_LISTED]]
        return "\n".join(
            (self.plan.subject, "", "Taken over from the hand-made source:", *lines, "", self.plan.body, "")
        )

    def split(self, files: Files) -> list[tuple[Branch, Files]]:
        """The files by branch; lock and decisions first: what is published must follow from them."""
        if self.outputs is self.main:
            return [(self.main, files)]
        locked = {path: data for path, data in files.items() if path in {lockfile.PATH, decisionsfile.PATH}}
        return [(self.main, locked), (self.outputs, {p: d for p, d in files.items() if p not in locked})]


@dataclass(frozen=True)
class Trial:
    """A plan that nothing follows from: nothing is written and nobody is told.

    What is given counts instead of what the branch says: the files of a pull request.
    """

    catalog: Catalog | None = None
    decisions: Decisions | None = None


@dataclass(frozen=True)
class Inputs:
    """All that a plan is made from, as it is at one head."""

    site: SiteContext
    catalog: Catalog
    decisions: Decisions
    records: tuple[Record, ...]
    lock: Lock | None
    current: Mapping[str, bytes | str | None]
    main: Branch
    outputs: Branch
    adopted: tuple[str, ...] = ()


def load_desired(ctx: Context, state: SiteState, last_valid: Catalog, causes: Sequence[Cause]) -> Desired:
    """Read the site and plan. Raises BadCatalog when the decisions or the lock cannot be read."""
    return plan_desired(ctx, load_inputs(ctx, state, last_valid), causes)


def load_inputs(ctx: Context, state: SiteState, last_valid: Catalog, *, trial: Trial | None = None) -> Inputs:
    """Read the site. Raises BadCatalog when the decisions or the lock cannot be read."""
    main = open_branch(ctx, state.site)
    catalog = (trial.catalog if trial else None) or read_catalog(main) or last_valid
    outputs = main if catalog.publish_to in {None, state.site.branch} else _outputs(ctx, state.site, catalog)
    if trial is None:
        lock = import_lock(ctx, state, main, catalog)
        records = tuple(ctx.store.records.of_site(state.site.key))
    else:
        lock, records = look_at_lock(ctx, state, main)
    adoption = _adopt(outputs, catalog) if lock is None else None
    if lock is not None and state.identifier and not catalog.identifier:
        lock = keep_identifier(lock, state.identifier)
    return Inputs(
        site=_site_context(ctx, state, outputs.site, _asked_about(state, catalog, trial)),
        catalog=catalog,
        decisions=_decisions(ctx, state, main, trial),
        records=records,
        lock=lock if adoption is None else Lock(adopted=adoption.lines),
        current=_current(main, outputs, catalog),
        main=main,
        outputs=outputs,
        adopted=adoption.report if adoption else (),
    )


def plan_desired(
    ctx: Context, inputs: Inputs, causes: Sequence[Cause], requests: Sequence[DecisionRequest] = ()
) -> Desired:
    """The plan, with what was asked of the decisions made."""
    with ctx.meter.timing(SOURCE_SECONDS):
        plan = plan_publish(
            site=inputs.site,
            catalog=inputs.catalog,
            decisions=inputs.decisions,
            records=inputs.records,
            lock=inputs.lock,
            current=inputs.current,
            icons=Icons(ctx.store, inputs.records),
            causes=causes,
            now=ctx.clock(),
            requests=requests,
        )
    return Desired(
        plan, inputs.catalog, inputs.records, inputs.main, inputs.outputs, inputs.adopted, inputs.lock
    )


def _decisions(ctx: Context, state: SiteState, main: Branch, trial: Trial | None) -> Decisions:
    """Those of the file; what a trial gives instead."""
    if trial is None:
        return _parsed(ctx, state, main, decisionsfile.PATH, parse_decisions) or Decisions()
    data = None if trial.decisions is not None else main.read(decisionsfile.PATH)
    return trial.decisions or (parse_decisions(data) if data is not None else Decisions())


def read_catalog(main: Branch) -> Catalog | None:
    """The catalog at this head; None when it is missing or wrong (the sync tells whom it concerns)."""
    try:
        data = main.read(main.catalog_path) if main.catalog_path else None
        return None if data is None else parse_catalog(data.decode("utf-8", "replace"))
    except BadCatalog:
        return None


def _adopt(outputs: Branch, catalog: Catalog) -> Adoption | None:
    """Take over the first output that was there before altpress. Raises BadSource when it is no document."""
    for output in catalog.outputs:
        data = outputs.read(output.path)
        if data is not None:
            return adopt_source(data, catalog)
    return None


def _parsed(
    ctx: Context, state: SiteState, main: Branch, path: str, parse: Callable[[bytes], Parsed]
) -> Parsed | None:
    """A file of the site's, None when it is not there; one that cannot be read is told to its maintainer."""
    data = None
    try:
        data = main.read(path)
        return None if data is None else parse(data)
    except BadCatalog as error:
        found = [problem for problem in error.problems if isinstance(problem, FileProblem)]
        error.problems = tuple(place_problems(data or b"", found))
        tell_bad_catalog(ctx, state, error, commit=main.tree.commit, path=path, sha=main.tree.blobs[path])
        raise


def _outputs(ctx: Context, site: Site, catalog: Catalog) -> Branch:
    return open_branch(ctx, site.model_copy(update={"branch": catalog.publish_to}))


def _current(main: Branch, outputs: Branch, catalog: Catalog) -> dict[str, bytes | str | None]:
    """The lock, the outputs (whole, for the difference) and the icons as they are in the tree."""
    icons = icons_folder(catalog)
    current: dict[str, bytes | str | None] = {lockfile.PATH: main.sha(lockfile.PATH)}
    current |= {output.path: outputs.look(output.path) for output in catalog.outputs}
    current |= {path: sha for path, sha in outputs.tree.blobs.items() if path.startswith(icons)}
    return current


def _asked_about(state: SiteState, catalog: Catalog, trial: Trial | None) -> list[str]:
    """The app repositories. A trial's catalog is anybody's: only those that the site's own names are looked
    at, or a stranger would be told what a private repository says of itself, and which there are.
    """
    names = app_repositories(catalog)
    strange = trial is not None and trial.catalog is not None
    return [name for name in names if not strange or state.feeds(name)]


def _site_context(ctx: Context, state: SiteState, outputs: Site, apps: Sequence[str]) -> SiteContext:
    known = {name: _facts(ctx, state, name) for name in apps}
    return SiteContext(
        repository=state.repository,
        branch=outputs.branch,
        base_url=ctx.base_url(state.site.repository, outputs.branch),
        app_repositories={name: facts for name, facts in known.items() if facts is not None},
    )


def _facts(ctx: Context, state: SiteState, name: str) -> RepositoryFacts | None:
    """However old: a publish need not wait for them, the sweep keeps them fresh.

    What a private repository of another owner says about itself is not for the readers of a site.
    """
    try:
        facts = fetch_facts(ctx, name, max_age_ms=ctx.now_ms())
    except NotFound:
        return None
    if facts.private and not allows_site(state.repository, facts.full_name, None):
        return facts.model_copy(update={"description": None, "homepage": None})
    return facts


class Icons(Mapping[str, bytes]):
    """The pictures that the records name, by `IconFile.path`; read from the store when they are asked for."""

    def __init__(self, store: Store, records: Sequence[Record]) -> None:
        icons = (record.facts.icon for record in records if record.facts and record.facts.icon)
        self._keys = {icon.path: f"sha256:{icon.sha256}" for icon in icons}
        self._store = store

    def __getitem__(self, path: str) -> bytes:
        data = self._store.blobs.get(self._keys[path])
        if data is None:
            raise KeyError(path)
        return data

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)
