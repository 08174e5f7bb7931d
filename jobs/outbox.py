"""What is to be told waits in the store until it is: nobody is told twice, and nobody is forgotten.

A notice is posted under the key of its cause, in the job that found it, and told by the site's report
(`jobs/report.py`). Whoever tells one looks first whether it is there already: a worker may have been killed
between GitHub's answer and its note of it, the answer may have got lost, or the database since.
"""

import logging
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from bot.context import Context
from bot.errors import BotError, NotAllowed, NotFound, RateLimited, Rejected
from bot.records import Cause, CauseKind, Job, Notice, NoticePlace, SiteState
from bot.replies.text import MARK, MOST_TRACED, hidden
from bot.source.allowed import allows_site
from jobs.trace import traced
from jobs.writes import reserve_writes

log = logging.getLogger(__name__)
CANNOT = (NotFound, Rejected)
FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 3_600_000, 86_400_000  # before a refused notice is tried again
MOST_TRIES = 8
LATER = "later"
MOST_AT_ONCE = 20  # of a report: it must not last longer than it may keep others away
SETTLED_MS = 7 * 86_400_000  # after so long, a database has found again what the one before it told
SLACK = 3_600.0  # seconds that clocks may differ
AT_DEVELOPERS = frozenset({NoticePlace.RELEASE, NoticePlace.ISSUE, NoticePlace.CLOSING})
REJECTED = "rejected"  # of the mark in an issue about a file
OVER = "over:"  # before the key of what is over
_MARK = re.compile(MARK)


def post(ctx: Context, site_key: str, key: str, notice: Notice) -> None:
    """Have it told, once for the key: not again because the database was lost (`jobs/remembered.py`)."""
    if any(ctx.store.notices.is_known(mark) for mark in _MARK.findall(notice.body)[-1:]):
        ctx.store.notices.claim(key, ctx.now_ms())
        return
    now_ms = ctx.now_ms()
    found = notice.model_copy(update={"body": traced(ctx, notice.body), "at_ms": now_ms})
    if ctx.store.notices.post(site_key, key, found, now_ms):
        enqueue_report(ctx, site_key)


def enqueue_report(ctx: Context, site_key: str, *, delay: float = 0) -> None:
    """One that comes later is a job of its own: what is to be told now does not wait for it."""
    if causes := _causes(ctx):
        ctx.store.reports.ask(site_key, causes)
    args = (site_key, LATER) if delay else (site_key, None)
    ctx.queue.enqueue(Job(name="report", args=args, site=site_key), delay=delay)


def _causes(ctx: Context) -> list[Cause]:
    """Whom the work under way is done for: a report that it asks for is for them, too."""
    if not ctx.deliveries:
        return [Cause(kind=CauseKind.SWEEP, origin=ctx.origin)] if ctx.origin else []
    return [Cause(kind=CauseKind.SWEEP, delivery=guid) for guid in ctx.deliveries[:MOST_TRACED]]


def tell_due(
    ctx: Context, state: SiteState, places: Iterable[NoticePlace], *, issue: int | None
) -> list[BotError]:
    """Tell the notices for these places whose time has come, the oldest first; what is to be tried again.

    `issue` is the site's; without one its comments go to a commit. Raises RateLimited: the rest waits, too.
    """
    wanted, later = frozenset(places), list[BotError]()
    found = ctx.store.notices.due(state.site.key, ctx.now_ms())
    for key, notice in [one for one in found if one[1].place in wanted][:MOST_AT_ONCE]:
        try:
            _Telling(ctx, state, issue).tell(key, notice)
        except RateLimited:
            raise
        except CANNOT as refusal:
            _refused(ctx, state, key, notice, refusal)
            continue
        except BotError as error:
            later.append(error)
            continue
        ctx.store.notices.told(key)
    return later


def _refused(ctx: Context, state: SiteState, key: str, notice: Notice, refusal: BotError) -> None:
    """A developer who cannot be told is not told (the site's issue lists it); a site may have a bad day."""
    log.warning("notice_not_told", extra={"site": state.site.key, "reason": refusal.public})
    if notice.place in AT_DEVELOPERS or notice.tries + 1 >= MOST_TRIES:
        ctx.store.notices.told(key, refused=True)
        _note_untold(ctx, state)
        return
    pause = min(FIRST_PAUSE_MS * 2**notice.tries, LONGEST_PAUSE_MS)
    again = notice.model_copy(update={"tries": notice.tries + 1})
    ctx.store.notices.put_off(key, again, ctx.now_ms() + pause)


def _note_untold(ctx: Context, state: SiteState) -> None:
    """Where there is no issue, the site's commits have what a developer could not be told."""
    known = ctx.store.reports.find_issue(state.site.key)
    if known is not None and known.number is None:
        ctx.store.reports.save_issue(state.site.key, known.model_copy(update={"digest": "", "seen": ""}))
        enqueue_report(ctx, state.site.key)


class _Telling:
    """One notice, where it belongs."""

    def __init__(self, ctx: Context, state: SiteState, issue: int | None) -> None:
        self._ctx, self._state, self._issue = ctx, state, issue

    def tell(self, key: str, notice: Notice) -> None:
        match notice.place:
            case NoticePlace.COMMIT:
                self._on_commit(notice, notice.where)
            case NoticePlace.RELEASE:
                self._at_release(notice, notice.where)
            case NoticePlace.ISSUE:
                self._as_issue(key, notice)
            case NoticePlace.CLOSING:
                self._close(key, notice, int(notice.where))
            case NoticePlace.THREAD:
                self._in_thread(notice, int(notice.where))
            case NoticePlace.SITE if self._issue is not None:
                self._in_thread(notice, self._issue, since=self._since(notice))
            case _:
                self._on_commit(notice, notice.where)

    def _write(
        self, notice: Notice, said: Callable[[str, str], str | None], write: Callable[[], object]
    ) -> None:
        """Unless it is there: `said` looks for the mark, by altpress's login."""
        ctx = self._ctx
        login = ctx.settings.bot_login or ctx.github.login()
        if said(notice.body.rpartition("\n")[2], login) is None:
            self._reserve(notice)
            write()

    def _reserve(self, notice: Notice) -> None:
        site = self._state.site
        there = site.repository.lower() == notice.repository.lower()
        place = site if there else site.model_copy(
            update={"repository": notice.repository, "installation": None}
        )  # fmt: skip
        reserve_writes(self._ctx, place, 1, who=f"{site.key}#report")

    def _on_commit(self, notice: Notice, sha: str) -> None:
        github, name = self._ctx.github, notice.repository
        self._write(
            notice,
            lambda mark, login: github.find_said(name, mark, by=login, commit=sha),
            lambda: github.comment_on_commit(name, sha, notice.body),
        )

    def _since(self, notice: Notice) -> str | None:
        """The issue of a site grows for years: what was found today was not said there last month. But a
        database that has just begun finds things that the one before it told.
        """
        known = self._ctx.store.reports.known_since(self._state.site.key)
        if known is None or notice.at_ms - known < SETTLED_MS:
            return None
        return datetime.fromtimestamp(notice.at_ms / 1000 - SLACK, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _in_thread(self, notice: Notice, number: int, *, since: str | None = None) -> None:
        github, name = self._ctx.github, notice.repository
        self._write(
            notice,
            lambda mark, login: github.find_reply(name, number, mark, by=login, since=since),
            lambda: github.reply(name, number, notice.body),
        )

    def _at_release(self, notice: Notice, tag: str) -> None:
        self._check_welcome(notice.repository)
        self._on_commit(notice, self._ctx.github.resolve_tag(notice.repository, tag))

    def _as_issue(self, key: str, notice: Notice) -> None:
        """Where the App is installed; else on the release's commit."""
        ctx, name, mark = self._ctx, notice.repository, notice.body.rpartition("\n")[2]
        self._check_welcome(name)
        try:
            own = ctx.github.find_issue(name, mark, by=ctx.settings.bot_login or ctx.github.login())
            if own is None:
                self._reserve(notice)
                own = ctx.github.open_issue(name, notice.where, notice.body)
        except CANNOT:
            self._at_release(notice, notice.tag)
        else:
            ctx.store.notices.note_issue(self._state.site.key, key, name, own.number)

    def _close(self, key: str, notice: Notice, number: int) -> None:
        """Unless somebody did: then there is nothing to say, either. Nor is there without our mark: the name
        is another repository's by now, and the number somebody else's.
        """
        own = self._ctx.github.fetch_issue(notice.repository, number)
        if own.open and hidden(REJECTED, key.removeprefix(OVER)) in own.body:
            self._in_thread(notice, number)
            self._reserve(notice)
            self._ctx.github.close_issue(notice.repository, number)

    def _check_welcome(self, repository: str) -> None:
        """Raise NotAllowed where a site has no say: anybody may list any repository, its lock names any."""
        site = self._state.repository
        if allows_site(site, repository, None):
            return
        if not allows_site(site, repository, self._ctx.github.fetch_allow_file(repository)):
            raise NotAllowed(f"{repository} does not ask to hear from {site.full_name}.")
