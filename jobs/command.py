"""A comment may hold commands: run them, and answer once."""

from bot.catalog import Catalog
from bot.commands import Place, Reach, answer_requests, is_ours, may_mention, parse_commands
from bot.commands.grammar import Request
from bot.context import Context
from bot.github.shapes import IssueComment
from bot.records import SiteState
from bot.replies import hidden, is_own, render_answers
from jobs.readiness import moment
from jobs.runner import job
from jobs.sites import todays_catalog
from jobs.trace import traced
from jobs.world import CommandWorld

PROMPT = 600  # seconds after which a command is not taken for one that nobody has seen yet


@job("command")
def run_comment(ctx: Context, repository: str, issue: int, comment_id: int, delivery: str | None) -> None:
    """Everything is looked up now: the comment as it stands, and what its author may do.

    The eyes come first: before them, GitHub is asked for the comment alone (and for altpress's own login,
    when a line begins with an `@`).
    """
    states = _concerned(ctx, repository)
    if not states:
        return
    comment = ctx.github.fetch_comment(repository, comment_id)
    in_site = any(_is_site(state, repository) for state in states)
    requests = [r for r in _requests(ctx, comment) if is_ours(r, in_site=in_site)]
    if not requests:
        return
    ctx.github.react(repository, comment_id, "eyes")
    marker = hidden("reply", f"{repository.lower()}:{comment_id}")
    if _is_answered(ctx, repository, issue, comment, marker=marker):
        return
    answers = answer_requests(
        requests,
        Place(repository, tuple(_reach(state, repository) for state in states)),
        lambda: ctx.github.fetch_permission(repository, comment.author),
        CommandWorld(ctx, comment, delivery),
    )
    text = render_answers([(a.line, a.text, a.done) for a in answers], marker)
    ctx.github.reply(repository, issue, traced(ctx, text))
    ctx.github.react(repository, comment_id, "rocket" if all(a.done for a in answers) else "confused")


def _requests(ctx: Context, comment: IssueComment) -> tuple[Request, ...]:
    """The comment's commands: none, when it is a bot's, altpress's own, or was edited.

    Its own is known by the hidden mark, not by its author: with a token, altpress speaks with the account
    of a person, who may well give commands.
    """
    if comment.author_type == "Bot" or is_own(comment.body) or comment.edited:
        return ()
    return parse_commands(comment.body, _login(ctx) if may_mention(comment.body) else None)


def _login(ctx: Context) -> str:
    return ctx.settings.bot_login or ctx.github.login()


def _is_answered(ctx: Context, repository: str, issue: int, comment: IssueComment, *, marker: str) -> bool:
    """Whether this comment has its reply.

    The first to ask knows without looking. A later one (a redelivery, or the same job after a failure)
    looks for the reply itself, so that a crash in between loses no answer. So does whoever comes late: the
    database may have been lost since.
    """
    first = ctx.store.notices.claim(f"command:{repository.lower()}:{comment.id}", ctx.now_ms())
    if first and ctx.clock() - moment(comment.created_at) < PROMPT:
        return False
    found = ctx.github.find_reply(repository, issue, marker, by=_login(ctx), since=comment.created_at)
    return found is not None


def _concerned(ctx: Context, repository: str) -> list[SiteState]:
    """The sites that this repository holds or feeds; GitHub is asked with their installations."""
    states = [
        state
        for state in ctx.store.sites.all()
        if state.catalog is not None and (_is_site(state, repository) or state.feeds(repository))
    ]
    for state in states:
        ctx.github.learn(state.site)
    return states


def _is_site(state: SiteState, repository: str) -> bool:
    return state.site.repository.lower() == repository.lower()


def _reach(state: SiteState, repository: str) -> Reach:
    """A site's own repository reaches all of it, an app's that app alone."""
    assert state.catalog is not None
    whole = _is_site(state, repository)
    return Reach(state.site.key, _apps(todays_catalog(state), repository, whole=whole), whole)


def _apps(catalog: Catalog, repository: str, *, whole: bool) -> tuple[str, ...]:
    return tuple(app.id for app in catalog.apps if whole or app.repository.lower() == repository.lower())
