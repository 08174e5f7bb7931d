"""A comment may hold commands: run them, and answer once."""

from dataclasses import dataclass

from bot.catalog import Catalog, parse_catalog
from bot.commands import Place, Reach, Reread, answer_requests, is_ours, parse_commands
from bot.context import Context
from bot.github.shapes import IssueComment
from bot.records import Cause, CauseKind
from bot.replies import hidden, render_answers
from jobs.reread import reread_apps
from jobs.runner import job


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
        cause = Cause(
            kind=CauseKind.COMMAND, delivery=self.delivery, actor=self.comment.author, text=line,
            url=self.comment.html_url,
        )  # fmt: skip
        return reread_apps(self.ctx, site, apps, cause)
