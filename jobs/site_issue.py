"""The one issue of a site, kept up to what is wrong there now: opened, edited, closed and opened again.

What it says is computed from the stores each time (`jobs/standing.py`). `refresh_site_issue`
asks GitHub nothing: it compares what is to be said with what was said last, and has the site's report
(`jobs/report.py`) write the difference. The issue is known by number, or found again by its hidden mark and
its author, before a new one is opened: a lost database or a lost answer makes no second one.

Where there can be no issue (switched off on the repository, or `report: commit` in the catalog), each entry
is told once, as a comment on the site's commit.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from bot.context import Context
from bot.errors import BotError, NotFound
from bot.github.comments import OwnIssue
from bot.records import Notice, NoticePlace, SiteIssue, SiteState
from bot.replies import hidden
from bot.replies.site_issue import (
    digest_entries,
    mark_digest,
    mark_issue,
    render_entry,
    render_issue_title,
    render_left_issue,
    render_site_issue,
)
from bot.replies.standing import Entry
from jobs.notify import tell_in_issue
from jobs.outbox import CANNOT, enqueue_report, post, tell_due
from jobs.sites import todays_catalog
from jobs.standing import find_standing, mark_seen
from jobs.writes import reserve_writes

log = logging.getLogger(__name__)
INTERVALS = 4  # of publishing, between two writes into the issue: what changes meanwhile is one write


def refresh_site_issue(ctx: Context, state: SiteState) -> None:
    """Have it looked at where something may have changed since it was looked at last, or waits to be told."""
    state = ctx.store.sites.find(state.site.key) or state
    known = ctx.store.reports.find_issue(state.site.key) or SiteIssue()
    if known.seen != mark_seen(ctx, state) or ctx.store.notices.due(state.site.key, ctx.now_ms()):
        enqueue_report(ctx, state.site.key)


def leave_site_issue(ctx: Context, state: SiteState) -> None:
    """The repository is no site any more: what is open is closed. Raises RateLimited."""
    known = ctx.store.reports.find_issue(state.site.key)
    if known is not None and known.number is not None and known.open:
        text = render_left_issue("It holds no catalog any more.", _mark_of(state))
        _reserve(ctx, state)
        try:
            _edit(ctx, state, known.number, text, "closed")
        except CANNOT as refusal:
            log.info("site_issue_left", extra={"site": state.site.key, "reason": refusal.public})
    ctx.store.reports.remove(state.site.key)


def say_in_site_issue(ctx: Context, state: SiteState, key: str, body: str) -> None:
    """A comment in the site's issue, once for the key, whatever else is to be said there."""
    tell_in_issue(ctx, state, key, f"{body}\n\n{hidden('said', key)}")


def update_issue(ctx: Context, state: SiteState) -> list[BotError]:
    """Write what is to be said, then the comments that wait for the issue; what is to be tried again.

    Raises RateLimited, WritesWait among them, and Unavailable.
    """
    seen = mark_seen(ctx, state)  # before: what changes meanwhile is looked at again
    entries = find_standing(ctx, state)
    wanted = digest_entries(entries, state.site.key, _report(state))
    known = ctx.store.reports.find_issue(state.site.key) or SiteIssue()
    said = any(
        notice.place is NoticePlace.SITE for _, notice in ctx.store.notices.due(state.site.key, ctx.now_ms())
    )
    if known.digest == wanted and (known.number is not None or not said):
        if known.seen != seen:
            ctx.store.reports.save_issue(state.site.key, known.model_copy(update={"seen": seen}))
        return tell_due(ctx, state, [NoticePlace.SITE], issue=known.number) if said else []
    if (pause := _pause(ctx, known)) > 0:
        enqueue_report(ctx, state.site.key, delay=pause)
        return tell_due(ctx, state, [NoticePlace.SITE], issue=known.number) if said else []
    update = _Update(ctx, state, entries, wanted, seen)
    try:
        in_issue = _report(state) == "issue"
        known = update.bring(known, needed=said) if in_issue else update.without_issue(known)
    except CANNOT as refusal:  # switched off, or altpress has no right to them
        log.info("site_issue_impossible", extra={"site": state.site.key, "reason": refusal.public})
        known = update.tell_entries()
    later = tell_due(ctx, state, [NoticePlace.SITE, NoticePlace.COMMIT], issue=known.number)
    if known.digest != wanted:  # opened for a comment alone: it is closed again
        update.bring(known, needed=False)
    return later


def _pause(ctx: Context, known: SiteIssue) -> float:
    """Seconds until it may be written again."""
    if known.number is None:
        return 0
    return INTERVALS * ctx.settings.publish_interval - (ctx.now_ms() - known.written_ms) / 1000


def _report(state: SiteState) -> str:
    """Where the catalog wants it told."""
    return todays_catalog(state).report if state.catalog is not None else "issue"


@dataclass(frozen=True)
class _Update:
    """What is to be said, and where."""

    ctx: Context
    state: SiteState
    entries: Sequence[Entry]
    wanted: str  # digest
    seen: str  # what it was made from

    def bring(self, known: SiteIssue, *, needed: bool) -> SiteIssue:
        """The issue as it is to be. `needed`: one must be there, for a comment."""
        number = known.number
        if number is None:
            own = self._find()
            if own is not None and self._is_said(own):
                return self._save(own)
            if own is None and not self.entries and not needed:
                return self._save(None)
            if own is None:
                return self._open()
            number = own.number
        try:
            return self._edit(number, known)
        except NotFound:
            if known.number is None:
                raise
            # somebody deleted it, or moved it elsewhere: another one, if there is something to say
            return self.bring(SiteIssue(), needed=needed)

    def without_issue(self, known: SiteIssue) -> SiteIssue:
        """The catalog wants comments on commits: an issue that is open is closed, its text stays."""
        if known.number is not None and known.open:
            _reserve(self.ctx, self.state)
            text = render_left_issue("The catalog wants it told on commits.", _mark_of(self.state))
            try:
                _edit(self.ctx, self.state, known.number, text, "closed")
            except NotFound:
                log.info("site_issue_gone", extra={"site": self.state.site.key})
        return self.tell_entries()

    def tell_entries(self) -> SiteIssue:
        """Each once, on the site's commit, but for what is told where it was done."""
        state, at = self.state, self.state.head or self.state.site.branch
        for entry in self.entries:
            if entry.told is not None and not self.ctx.store.notices.was_refused(entry.told):
                continue
            key = f"standing:{state.site.key}:{entry.key}"
            notice = Notice(
                place=NoticePlace.COMMIT, repository=state.site.repository, where=at,
                body=render_entry(entry, hidden("standing", key)),
            )  # fmt: skip
            post(self.ctx, state.site.key, key, notice)
        return self._save(None)

    def _is_said(self, own: OwnIssue) -> bool:
        """Somebody may have closed it, having seen what it says; one with nothing to say is closed."""
        return mark_digest(self.wanted) in own.body and not (own.open and not self.entries)

    def _find(self) -> OwnIssue | None:
        login = self.ctx.settings.bot_login or self.ctx.github.login()
        return self.ctx.github.find_issue(self.state.site.repository, _mark_of(self.state), by=login)

    def _open(self) -> SiteIssue:
        _reserve(self.ctx, self.state)
        own = self.ctx.github.open_issue(self.state.site.repository, _title_of(self.state), self._text)
        log.info("site_issue_opened", extra={"number": own.number, "entries": len(self.entries)})
        if self.entries:
            return self._save(own)
        return SiteIssue(number=own.number, url=own.url, open=True, written_ms=self.ctx.now_ms())

    def _edit(self, number: int, known: SiteIssue) -> SiteIssue:
        """Opened again for news alone: somebody may have closed it, having seen what it says."""
        news = {entry.key for entry in self.entries} - set(known.keys)
        state = "closed" if not self.entries else "open" if news else None
        _reserve(self.ctx, self.state)
        own = _edit(self.ctx, self.state, number, self._text, state)
        log.info("site_issue_edited", extra={"number": number, "entries": len(self.entries), "to": state})
        return self._save(own)

    def _save(self, own: OwnIssue | None) -> SiteIssue:
        issue = SiteIssue(
            number=own.number if own else None, url=own.url if own else "", digest=self.wanted,
            keys=tuple(entry.key for entry in self.entries), open=own is not None and own.open,
            written_ms=self.ctx.now_ms() if own else 0, seen=self.seen,
        )  # fmt: skip
        self.ctx.store.reports.save_issue(self.state.site.key, issue)
        return issue

    @property
    def _text(self) -> str:
        return render_site_issue(self.entries, self.state.site.key, self.wanted, _mark_of(self.state))


def _edit(ctx: Context, state: SiteState, number: int, text: str, to: str | None) -> OwnIssue:
    repository = state.site.repository
    return ctx.github.edit_issue(repository, number, title=_title_of(state), body=text, state=to)


def _reserve(ctx: Context, state: SiteState) -> None:
    reserve_writes(ctx, state.site, 1, who=f"{state.site.key}#report")


def _mark_of(state: SiteState) -> str:
    return mark_issue(state.repository.id, state.site.branch)


def _title_of(state: SiteState) -> str:
    return render_issue_title(state.site.branch, state.repository.default_branch)
