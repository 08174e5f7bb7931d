"""A comment may hold commands: run them, and answer once."""

from dataclasses import dataclass

from bot.catalog import Catalog, parse_catalog
from bot.commands import Place, Reach, Reread, answer_requests, is_ours, parse_commands
from bot.context import Context
from bot.errors import BotError, NotReady
from bot.github.shapes import IssueComment
from bot.records import Cause, CauseKind, SiteState
from bot.replies import hidden, render_answers
from jobs.reading import Reader
from jobs.records import plan_scan
from jobs.runner import job
from jobs.scan import records_of
from jobs.sites import fetch_facts, load_site, trigger_publish


@job("command")
def run_comment(ctx: Context, repository: str, issue: int, comment_id: int, delivery: str | None) -> None:
    """Everything is looked up now: the comment as it stands, and what its author may do."""
    place = _place(ctx, repository)
    if not place.reaches:
        return
    comment = ctx.github.fetch_comment(repository, comment_id)
    login = ctx.settings.bot_login or ctx.github.login()
    if comment.author_type == "Bot" or comment.author == login or comment.edited:
        return
    requests = [r for r in parse_commands(comment.body, login) if is_ours(r, place)]
    marker = hidden("reply", f"{repository.lower()}:{comment_id}")
    if not requests or _is_answered(ctx, repository, issue, comment, marker=marker, login=login):
        return
    ctx.github.react(repository, comment_id, "eyes")
    answers = answer_requests(
        requests,
        place,
        lambda: ctx.github.fetch_permission(repository, comment.author),
        Rereads(ctx, comment, delivery),
    )
    ctx.github.reply(repository, issue, render_answers([(a.line, a.text, a.done) for a in answers], marker))
    ctx.github.react(repository, comment_id, "rocket" if all(a.done for a in answers) else "confused")


def _is_answered(
    ctx: Context, repository: str, issue: int, comment: IssueComment, *, marker: str, login: str
) -> bool:
    """Whether this comment has its reply.

    The first to ask knows without looking. A later one (a redelivery, or the same job after a failure)
    looks for the reply itself, so that a crash in between loses no answer.
    """
    if ctx.store.notices.claim(f"command:{repository.lower()}:{comment.id}", ctx.now_ms()):
        return False
    return ctx.github.find_reply(repository, issue, marker, by=login, since=comment.created_at) is not None


def _place(ctx: Context, repository: str) -> Place:
    """What commands in this repository reach: a site's own all of it, an app's that app in every site."""
    reaches = []
    for state in ctx.store.sites.all():
        if state.catalog is None:
            continue
        whole = state.site.repository.lower() == repository.lower()
        if whole or repository.lower() in state.apps:
            ctx.github.learn(state.site)
            apps = _apps(parse_catalog(state.catalog), repository, whole=whole)
            reaches.append(Reach(state.site.key, apps, whole))
    return Place(repository, tuple(reaches))


def _apps(catalog: Catalog, repository: str, *, whole: bool) -> tuple[str, ...]:
    return tuple(app.id for app in catalog.apps if whole or app.repository.lower() == repository.lower())


@dataclass(frozen=True)
class Rereads:
    """The commands' port `Actions`, over the real world."""

    ctx: Context
    comment: IssueComment
    delivery: str | None

    def reread(self, site: str, apps: tuple[str, ...], line: str) -> Reread:
        """All releases of these apps are read again now, so that the answer can say what was found."""
        state, catalog = load_site(self.ctx, site)
        names = dict.fromkeys(app.repository for app in catalog.apps if app.id in apps)
        found = [self._reread_repository(state, catalog, name) for name in names]
        cause = Cause(
            kind=CauseKind.COMMAND, delivery=self.delivery, actor=self.comment.author, text=line,
            url=self.comment.html_url,
        )  # fmt: skip
        trigger_publish(self.ctx, site, cause)
        return Reread(
            releases=sum(r.releases for r in found),
            changed=sum(r.changed for r in found),
            waiting=sum(r.waiting for r in found),
            failed=tuple(reason for r in found for reason in r.failed),
        )

    def _reread_repository(self, state: SiteState, catalog: Catalog, name: str) -> Reread:
        ctx = self.ctx
        try:
            facts = fetch_facts(ctx, name, max_age_ms=0)
            releases = list(ctx.github.stream_releases(facts))
        except BotError as error:
            return Reread(0, 0, failed=(error.public,))
        reader = Reader(ctx, state, catalog, facts, again=True)
        stale = plan_scan(catalog, releases, records_of(ctx, state, facts), again=True)
        readings = [reader.read_release(release_id) for release_id in stale]
        later = [error for reading in readings for error in reading.later]
        return Reread(
            releases=len(releases),
            changed=sum(reading.changed for reading in readings),
            waiting=sum(isinstance(error, NotReady) for error in later),
            failed=tuple(dict.fromkeys(e.public for e in later if not isinstance(e, NotReady))),
        )
