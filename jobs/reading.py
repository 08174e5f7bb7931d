"""Reading one release for one site: its files become records, or leave them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from bot.catalog import App, Catalog, wants_release
from bot.context import Context
from bot.enqueue.queue import TIMEOUT
from bot.errors import BadIpa, BotError, NotAllowed, NotFound, Unavailable
from bot.ipa import Limits
from bot.ipa.wrapped import Wanted
from bot.records import Asset, Cause, Record, Release, RepositoryFacts, SiteState, Verdict
from bot.store.records import Records
from jobs.access import close_apps, find_refusal
from jobs.notify import tell_rejected
from jobs.opening import open_file
from jobs.readiness import check_ready
from jobs.records import build_record, is_current, refresh_record, wanted_assets
from jobs.sites import fetch_facts, when_told

Because = Callable[[Release | None, str | None], Cause]  # of a release, None when it is gone, and its tag
READING = TIMEOUT - 1.5 * Limits().seconds  # seconds of a job after which no other file is begun


@dataclass(frozen=True)
class Reading:
    """What came of a release."""

    changed: int = 0  # records that are new, other than before, or gone
    later: tuple[BotError, ...] = ()  # files that could not be read now; one does not stop another
    release: Release | None = None  # as it is now; None when it is gone
    tag: str | None = None  # its tag, or the one that it had
    cause: Cause | None = None  # of these changes, as it is kept with them


@dataclass(frozen=True)
class Reader:
    """Compares releases of one repository with what is stored for one site."""

    ctx: Context
    state: SiteState
    catalog: Catalog
    facts: RepositoryFacts
    again: bool = False  # read refused files again, too
    scratch: bool = False  # and those of which everything is known
    because: Because | None = None  # why it is looked at: a publish names it that holds what is found

    def read_release(self, release_id: int) -> Reading:
        """Bring the stored records of this release up to what it is now."""
        _ = self._started
        release = self._fetch(release_id)
        known = {r.asset_id: r for r in self._records.of_release(self._site, self.facts.id, release_id)}
        wanted = wanted_assets(self.catalog, release) if release else []
        gone = known.keys() - {asset.id for _, asset in wanted}
        tag = release.tag if release else next((record.tag for record in known.values()), None)
        cause = self.because(release, tag) if self.because else None
        self._records.remove(self._site, self.facts.id, sorted(gone), cause=cause)
        if release is None:
            return Reading(len(gone), tag=tag, cause=cause)
        changed, later = len(gone), list[BotError]()
        for app in self._apps(release):
            try:
                self._check(app, release)
            except NotAllowed as error:
                reasons = {app.id: error.public}
                changed += close_apps(
                    self.ctx, self.state, self.facts.id, reasons, code="private", cause=cause
                )
                later.append(error)
                continue
            except BotError as error:
                later.append(error)
                continue
            for asset in (asset for owner, asset in wanted if owner is app):
                try:
                    changed += self._read_asset(app, release, asset, known.get(asset.id), cause)
                except BotError as error:
                    later.append(error)
        return Reading(changed, tuple(later), release, tag, cause)

    @cached_property
    def _started(self) -> float:
        return self.ctx.clock()

    def _check_time(self, asset: Asset) -> None:
        """Raise Unavailable where the job might be cut off in the middle of one more file: it comes back."""
        if self.ctx.clock() - self._started > READING:
            raise Unavailable(f"{asset.name} comes next: other files took their time.", retry_after=0)

    @property
    def _site(self) -> str:
        return self.state.site.key

    @property
    def _records(self) -> Records:
        return self.ctx.store.records

    def _fetch(self, release_id: int) -> Release | None:
        """The release, or None when it is surely gone.

        GitHub answers 404 as well for a repository that altpress may not see any more: then nothing is
        known about the release, and nothing is removed. Nor while the list has it: then one of GitHub's
        answers is late.
        """
        try:
            return self.ctx.github.fetch_release(self.facts, release_id)
        except NotFound as error:
            facts = fetch_facts(self.ctx, self.facts.full_name, max_age_ms=0)
            if any(release.id == release_id for release in self.ctx.github.stream_releases(facts)):
                raise Unavailable(f"{error.public} Yet it is listed.") from None
            return None

    def _apps(self, release: Release) -> list[App]:
        """The apps that this release feeds."""
        name = self.facts.full_name.lower()
        apps = (app for app in self.catalog.apps if app.repository.lower() == name)
        return [app for app in apps if wants_release(app, release)]

    def find_refusal(self, app: App) -> str | None:
        """Why the site may not publish the app, which it is then told; None when it may."""
        return find_refusal(self.ctx, self.state, self.facts, app)

    def _check(self, app: App, release: Release) -> None:
        """Raise NotAllowed where the site may not publish the app, NotReady where files are still missing."""
        if refusal := self.find_refusal(app):
            raise NotAllowed(refusal)
        settings = self.ctx.settings
        not_ready = check_ready(
            app,
            release,
            now=self.ctx.clock(),
            quiet_period=settings.quiet_period,
            timeout=settings.ready_timeout,
            told=when_told(self.ctx, self._site, release),
        )
        if not_ready is not None:
            raise not_ready

    def _read_asset(
        self, app: App, release: Release, asset: Asset, known: Record | None, cause: Cause | None
    ) -> bool:
        """Whether the record is new or other than before."""
        record = self._known(app, release, asset, known)
        read = record is None
        if record is None:
            record = self._find_twin(app, release, asset)
        if record is None:
            self._check_time(asset)
            record = self._read_file(app, release, asset)
        changed = self._records.save(self._site, record, read=read, cause=cause)
        if not record.verdict.accepted:
            tell_rejected(self.ctx, self.state, record)
        return changed

    def _known(self, app: App, release: Release, asset: Asset, known: Record | None) -> Record | None:
        """The record without reading the file, when the site has (or its lock tells of) exactly this one."""
        current = known is not None and is_current(self.catalog, app, asset, known)
        if known is not None and current and not self.scratch and not (self.again and known.facts is None):
            return refresh_record(app, release, asset, known)
        return None

    def _find_twin(self, app: App, release: Release, asset: Asset) -> Record | None:
        """The record without reading the file, when exactly this one was read for another site."""
        if self.scratch:
            return None
        twin = self._records.find_facts(self.facts.id, asset.id, asset.updated_at)
        if twin is not None and is_current(self.catalog, app, asset, twin):
            return build_record(app, release, asset, facts=twin.facts, sha256=twin.sha256, inner=twin.inner)
        return None

    def _read_file(self, app: App, release: Release, asset: Asset) -> Record:
        """The record from the file itself; what is no app is kept with the reason, and never published."""
        try:
            private_of = self.facts.full_name if self.facts.private else None
            most = self.ctx.settings.max_ipa_bytes
            wanted = Wanted(most, wrapped=app.wrapped, hashes=self.catalog.hashes)
            opened = open_file(self.ctx, wanted, asset, private_of=private_of)
        except BadIpa as error:
            verdict = Verdict(accepted=False, code=f"bad_ipa.{error.code}", reason=error.public)
            return build_record(app, release, asset, facts=None, sha256=None, verdict=verdict)
        return build_record(app, release, asset, facts=opened.facts, sha256=opened.sha256, inner=opened.inner)
