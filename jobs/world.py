"""The commands' port `World`, over the stores and GitHub."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.catalog import Catalog
from bot.commands import Place, Reread, SiteFacts
from bot.context import Context
from bot.decisions import PATH, Decisions, parse_decisions
from bot.errors import BadCatalog, BadSource, NotFound
from bot.github.shapes import IssueComment
from bot.records import Cause, CauseKind, Delivery, Site, SiteState
from bot.replies.retry import Retried
from bot.source.codec import parse_source
from bot.source.listing import view_of
from bot.source.model import Source
from bot.source.preview import Preview, Scope, choose_scope
from bot.source.requested import apply_requests
from jobs.branch import open_branch
from jobs.failures import find_failures
from jobs.preview import preview_site
from jobs.reread import begin_reread, reread_apps
from jobs.retry import find_deliveries, retry_apps
from jobs.sites import load_site
from jobs.waiting import find_waiting


@dataclass(frozen=True)
class CommandWorld:
    """As one comment's commands find it."""

    ctx: Context
    comment: IssueComment
    delivery: str | None

    def now_ms(self) -> int:
        return self.ctx.now_ms()

    def look(self, site: str, apps: Sequence[str]) -> SiteFacts:
        """What the stores know; GitHub is asked about releases that wait, and for a document not at hand."""
        ctx = self.ctx
        state, catalog = load_site(ctx, site)
        last = ctx.store.publications.latest(site)
        return SiteFacts(
            state=state,
            catalog=catalog,
            records=ctx.store.records.of_site(site),
            published=load_published(ctx, state, catalog),
            publication=last,
            waiting=[w for w in find_waiting(ctx, state, catalog) if w.app in apps],
            failed=find_failures(ctx, state),
            private=frozenset(_private(ctx, state, catalog)),
            decisions=load_decisions(ctx, state),
            put_off_ms=ctx.queue.put_off_until(site, now_ms=ctx.now_ms()),
        )

    def name(self, site: str, asked_in: str) -> str | None:
        state, _ = load_site(self.ctx, site)
        own = state.site.repository.lower() == asked_in.lower()
        return site if own or not state.repository.private else None

    def published(self, site: str) -> Mapping[str, bytes | str | None]:
        return load_outputs(self.ctx, *load_site(self.ctx, site))

    def scope(self, site: str, apps: Sequence[str]) -> Scope:
        state, catalog = load_site(self.ctx, site)
        records = self.ctx.store.records.of_site(site)
        return choose_scope(apps, catalog, records, document=not state.repository.private)

    def preview(self, site: str, apps: Sequence[str] | None) -> Preview:
        state, _ = load_site(self.ctx, site)
        return preview_site(self.ctx, state, apps=apps)

    def reread(self, site: str, apps: tuple[str, ...], line: str, *, scratch: bool) -> Reread:
        """Now, so that the answer can say what was found; from scratch, by jobs of their own."""
        if scratch:
            return begin_reread(self.ctx, site, apps, self._cause(line), scratch=True)
        return reread_apps(self.ctx, site, apps, self._cause(line))

    def retry(self, site: str, apps: Sequence[str], line: str, *, whole: bool) -> Retried:
        return retry_apps(self.ctx, site, apps, self._cause(line), whole=whole)

    def find_deliveries(self, prefix: str, place: Place) -> Sequence[Delivery]:
        return find_deliveries(self.ctx, prefix, place)

    def replay(self, guid: str) -> bool:
        return self.ctx.store.deliveries.replay(guid)

    def _cause(self, line: str) -> Cause:
        return Cause(
            kind=CauseKind.COMMAND, delivery=self.delivery, actor=self.comment.author, text=line,
            url=self.comment.html_url,
        )  # fmt: skip


def load_outputs(ctx: Context, state: SiteState, catalog: Catalog) -> dict[str, bytes | str | None]:
    """The outputs at the head of their branch; a text says why one cannot be read."""
    site = state.site.model_copy(update={"branch": catalog.publish_to or state.site.branch})
    try:
        branch = open_branch(ctx, site)
    except NotFound:
        return dict.fromkeys((output.path for output in catalog.outputs), "its branch is not there")
    found: dict[str, bytes | str | None] = {}
    for output in catalog.outputs:
        try:
            found[output.path] = branch.read(output.path)
        except BadSource as error:
            found[output.path] = error.public
    return found


def load_decisions(ctx: Context, state: SiteState) -> Decisions | None:
    """Those in force at the branch's head, with what was asked for and is not in git yet.

    None where the file, or the branch, cannot be read.
    """
    try:
        data = open_branch(ctx, state.site).read(PATH)
        decisions = parse_decisions(data) if data is not None else Decisions()
    except (BadCatalog, NotFound):
        return None
    requests = [progress.request for progress in ctx.store.decision_edits.pending(state.site.key)]
    now = ctx.clock()
    return apply_requests(decisions, requests, now).decisions.active(now)


def load_published(ctx: Context, state: SiteState, catalog: Catalog) -> Source | None:
    """What everybody is offered, as altpress left it: the first public output with the apps of the others.

    Of outputs that list the same one is read.
    """
    branch = catalog.publish_to or state.site.branch
    site = state.site.model_copy(update={"branch": branch})
    head = ctx.store.sites.load_head(site.key)
    public = [output for output in catalog.outputs if not output.stage and not output.archive]
    paths = {view_of(output): output.path for output in reversed(public or catalog.outputs)}
    shas = [head.blobs.get(path) for path in reversed(paths.values())] if head else []
    found = [source for sha in shas if sha and (source := _load_source(ctx, site, sha))]
    lists = [source["apps"] for source in found if isinstance(source.get("apps"), list)]
    apps = [app for listed in lists for app in listed]
    return {**found[0], "apps": apps} if found else None


def _load_source(ctx: Context, site: Site, sha: str) -> Source | None:
    try:
        return parse_source(ctx.github.fetch_blob(site, sha, ctx.store.blobs))
    except (BadSource, NotFound):
        return None


def _private(ctx: Context, state: SiteState, catalog: Catalog) -> list[str]:
    """The app repositories whose releases the site's readers cannot see; unknown ones count as such."""
    names = {app.repository.lower() for app in catalog.apps}
    return [name for name in sorted(names) if _is_private(ctx, state, name)]


def _is_private(ctx: Context, state: SiteState, name: str) -> bool:
    known = ctx.store.repositories.find(name)
    if known is None:
        return True
    same_circle = state.repository.private and known[0].owner.lower() == state.repository.owner.lower()
    return known[0].private and not same_circle
