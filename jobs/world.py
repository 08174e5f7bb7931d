"""The commands' port `World`, over the stores and GitHub."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.catalog import App, Catalog, wants_release
from bot.commands import Place, Reread, SiteFacts
from bot.context import Context
from bot.enqueue.waits import find_wait
from bot.errors import BadSource, BotError, NotFound
from bot.github.shapes import IssueComment
from bot.records import Cause, CauseKind, Delivery, DeliveryState, Record, Release, SiteState
from bot.replies import WaitingRelease
from bot.replies.retry import Retried
from bot.source.codec import parse_source
from bot.source.model import Source
from bot.source.preview import Preview, Scope, choose_scope
from jobs.branch import open_branch
from jobs.preview import preview_site
from jobs.readiness import check_ready
from jobs.records import is_current, wanted_assets
from jobs.reread import begin_reread, reread_apps
from jobs.retry import find_deliveries, retry_apps
from jobs.sites import fetch_facts, load_site, when_told

MOST_UNDER_WAY = 100  # deliveries that are looked through for what waits
MOST_WAITING = 5  # releases that are looked up on GitHub: one request each


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
            failed=_failed(ctx, state, since_ms=last.at_ms if last else 0),
            private=frozenset(_private(ctx, state, catalog)),
        )

    def name(self, site: str, asked_in: str) -> str | None:
        state, _ = load_site(self.ctx, site)
        own = state.site.repository.lower() == asked_in.lower()
        return site if own or not state.repository.private else None

    def published(self, site: str) -> Mapping[str, bytes | str | None]:
        return load_outputs(self.ctx, *load_site(self.ctx, site))

    def scope(self, site: str, apps: Sequence[str]) -> Scope:
        _, catalog = load_site(self.ctx, site)
        return choose_scope(apps, catalog, self.ctx.store.records.of_site(site))

    def preview(self, site: str, apps: Sequence[str] | None) -> Preview:
        state, _ = load_site(self.ctx, site)
        return preview_site(self.ctx, state, apps=apps)

    def reread(self, site: str, apps: tuple[str, ...], line: str, *, scratch: bool) -> Reread:
        """Now, so that the answer can say what was found; from scratch, by jobs of their own."""
        if scratch:
            return begin_reread(self.ctx, site, apps, self._cause(line), scratch=True)
        return reread_apps(self.ctx, site, apps, self._cause(line))

    def retry(self, site: str, apps: Sequence[str], line: str) -> Retried:
        return retry_apps(self.ctx, site, apps, self._cause(line))

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
    branch = open_branch(ctx, site)
    found: dict[str, bytes | str | None] = {}
    for output in catalog.outputs:
        try:
            found[output.path] = branch.read(output.path)
        except BadSource as error:
            found[output.path] = error.public
    return found


def load_published(ctx: Context, state: SiteState, catalog: Catalog) -> Source | None:
    """The first output as altpress left it."""
    branch = catalog.publish_to or state.site.branch
    site = state.site.model_copy(update={"branch": branch})
    head = ctx.store.sites.load_head(site.key)
    sha = head.blobs.get(catalog.outputs[0].path) if head else None
    try:
        return parse_source(ctx.github.fetch_blob(site, sha, ctx.store.blobs)) if sha else None
    except (BadSource, NotFound):
        return None


@dataclass(frozen=True)
class Wait:
    """An ingest that is under way, of the oldest delivery of its release."""

    repository: str  # lower case
    release_id: int
    since_ms: int
    reason: str | None  # why its job comes later, if it does


def find_waiting(ctx: Context, state: SiteState, catalog: Catalog) -> list[WaitingRelease]:
    """Releases whose deliveries are under way, each once, with what they wait for."""
    waits: dict[tuple[str, int], Wait] = {}
    for delivery in ctx.store.deliveries.page(MOST_UNDER_WAY, state=DeliveryState.QUEUED):
        for token in delivery.open:
            release = _ingested(token, state.site.key)
            known = waits.get(release) if release else None
            if release and (known is None or delivery.received_ms < known.since_ms):
                reason = find_wait(ctx.queue, token, delivery.guid)
                waits[release] = Wait(*release, delivery.received_ms, reason)
    listed = list(waits.values())
    found = [_look_up(ctx, state, catalog, wait) for wait in listed[:MOST_WAITING]]
    found += [_unknown(catalog, wait) for wait in listed[MOST_WAITING:]]
    return [waiting for lines in found for waiting in lines]


def _ingested(token: str, site_key: str) -> tuple[str, int] | None:
    """Repository and release of an ingest for this site: `ingest:SITE:OWNER/NAME:ID:GUID`."""
    kind, *rest = token.split(":")
    if kind != "ingest" or len(rest) < 3 or rest[0] != site_key or not rest[2].isdigit():
        return None
    return rest[1].lower(), int(rest[2])


def _look_up(ctx: Context, state: SiteState, catalog: Catalog, wait: Wait) -> list[WaitingRelease]:
    """One line for each app that waits for something of the release; none for one that is gone.

    What cannot be looked up is told without its name.
    """
    try:
        facts = fetch_facts(ctx, wait.repository)
        release = ctx.github.fetch_release(facts, wait.release_id)
    except NotFound:
        return []  # deleted, a draft again, or out of sight: its ingest finds that, too, and is over
    except BotError:
        return _unknown(catalog, wait)
    known = {r.asset_id: r for r in ctx.store.records.of_release(state.site.key, facts.id, release.id)}
    lines = []
    for app in _fed(catalog, facts.full_name):
        reason = _reason(ctx, state, app, release) if wants_release(app, release) else None
        if reason is None and not _is_unread(catalog, app, release, known):
            continue  # it has what it wants: another app of the same repository keeps the job
        reason = reason or wait.reason
        lines.append(WaitingRelease(app.id, release.tag, release.html_url, reason, wait.since_ms))
    return lines


def _is_unread(catalog: Catalog, app: App, release: Release, known: Mapping[int, Record]) -> bool:
    """Whether a file of the app's is there that altpress has not read, or not as it is now."""
    mine = [asset for owner, asset in wanted_assets(catalog, release) if owner.id == app.id]
    return any(a.id not in known or not is_current(catalog, app, a, known[a.id]) for a in mine)


def _unknown(catalog: Catalog, wait: Wait) -> list[WaitingRelease]:
    """One line: nobody knows which app of the repository it is for, so the first one has it."""
    return [
        WaitingRelease(a.id, None, None, wait.reason, wait.since_ms)
        for a in _fed(catalog, wait.repository)[:1]
    ]


def _fed(catalog: Catalog, name: str) -> list[App]:
    return [app for app in catalog.apps if app.repository.lower() == name.lower()]


def _reason(ctx: Context, state: SiteState, app: App, release: Release) -> str | None:
    settings = ctx.settings
    not_ready = check_ready(
        app,
        release,
        now=ctx.clock(),
        quiet_period=settings.quiet_period,
        timeout=settings.ready_timeout,
        told=when_told(ctx, state.site.key, release),
    )
    return not_ready.public if not_ready else None


def _failed(ctx: Context, state: SiteState, *, since_ms: int) -> list[Delivery]:
    """What failed after the last publication: before it, the publication has made it good."""
    ours = {state.site.repository.lower(), *state.apps}
    page = ctx.store.deliveries.page(MOST_UNDER_WAY, state=DeliveryState.FAILED)
    return [d for d in page if d.received_ms > since_ms and (d.repository or "").lower() in ours]


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
