"""A comment may hold commands: run them, and answer once.

What is decided has its effect in a commit, which a publish makes: such a comment's job ends after it has
recorded everything, and comes back for the outcome. What was said to each command is kept meanwhile, so that
nothing is done, or looked up, a second time.
"""

from collections.abc import Sequence
from dataclasses import replace

from bot.catalog import Catalog
from bot.commands import (
    COMMANDS,
    MOST_COMMANDS,
    Answer,
    Place,
    Reach,
    answer_request,
    is_ours,
    refuse_rest,
)
from bot.commands.grammar import Request
from bot.context import Context
from bot.errors import NotFound
from bot.records import SiteState, Talk
from bot.replies import render_too_often
from jobs.deciding import DecidingWorld
from jobs.outcomes import Outcomes
from jobs.roles import find_role
from jobs.runner import job
from jobs.sites import fetch_facts, todays_catalog
from jobs.thread import Thread


@job("command")
def run_comment(ctx: Context, repository: str, issue: int, comment_id: int, delivery: str | None) -> None:
    """Everything is looked up now: the comment as it stands, and what its author may do.

    The eyes come first: before them, GitHub is asked for the comment alone (and for altpress's own login,
    when a line begins with an `@`).
    """
    told = repository
    states = _concerned(ctx, repository)
    if not states:  # it concerned somebody when it came: called otherwise since, or left alone
        repository = _todays_name(ctx, repository)
        states = _concerned(ctx, repository)
    if not states:
        return
    thread = Thread(ctx, repository, issue, ctx.github.fetch_comment(repository, comment_id), told)
    in_site = any(_is_site(state, repository) for state in states)
    requests = [r for r in thread.requests() if is_ours(r, in_site=in_site)]
    talk = ctx.store.talks.find(thread.key)
    if talk is None and requests and thread.begin(min(len(requests), MOST_COMMANDS)):
        talk = ctx.store.talks.find(thread.key)
    if talk is None or talk.over:
        return
    place = Place(repository, tuple(_reach(state, repository) for state in states))
    world = DecidingWorld(ctx, thread.comment, delivery, repository, issue)
    allowed = requests[: talk.allowed]
    outcomes = _answer(thread, allowed, place, world)
    answers = outcomes.rendered(repository)
    if not answers and talk.silent:
        thread.refuse()
        return
    refused = [
        a for a in (_refuse_more(requests, talk, ctx.now_ms()), *refuse_rest(requests)) if a is not None
    ]
    thread.reply([*answers, *((a.line, a.text, a.done) for a in refused[:1])], idle=outcomes.idle)


def _answer(thread: Thread, requests: Sequence[Request], place: Place, world: DecidingWorld) -> Outcomes:
    """All answers, with what came of them. Raises Underway while that is not known.

    Each command in its turn: what only looks, and stands behind one that decides, sees what came of it.
    """
    ctx, author = thread.ctx, thread.comment.author
    for number, request in enumerate(requests[:MOST_COMMANDS]):
        if number in thread.said:
            continue
        if not _decides(request):
            Outcomes(ctx, thread.said).check()
        mine = world.at(number, request.line)
        answer = answer_request(request, place, lambda: find_role(ctx, place.repository, author), mine)
        if _decides(request) and answer.done and not mine.asked:
            answer = replace(answer, idle=True)
        thread.say(number, answer, mine.asked)
    outcomes = Outcomes(ctx, thread.said)
    outcomes.check()
    return outcomes


def _refuse_more(requests: Sequence[Request], talk: Talk, now_ms: int) -> Answer | None:
    """What is said of those that its author may not give now."""
    if talk.allowed is None or talk.allowed >= min(len(requests), MOST_COMMANDS):
        return None
    minutes = max(talk.again_ms - now_ms, 0) // 60_000 + 1
    return Answer(requests[talk.allowed].line, render_too_often(minutes), done=False)


def _decides(request: Request) -> bool:
    command = COMMANDS.get(request.verb)
    return command is not None and command.decides


def _todays_name(ctx: Context, repository: str) -> str:
    """GitHub redirects old names, until somebody takes them."""
    try:
        return fetch_facts(ctx, repository, max_age_ms=0).full_name
    except NotFound:
        return repository


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
