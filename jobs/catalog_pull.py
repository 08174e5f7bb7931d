"""Somebody's pull request changes the catalog or the decisions: say what is wrong, and what it would do.

A check run by an App, a commit status with a token; and one comment, kept up to date. All is read afresh, so
that it does not matter which of several deliveries comes first: what is said is about the newest head.
"""

import logging
from collections.abc import Mapping

from bot.catalog import parse_catalog
from bot.context import Context
from bot.enqueue.pace import take_turn
from bot.errors import BadCatalog, Conflict, NotAllowed, NotFound, NotReady, Rejected
from bot.github.reviews import MOST_FILES, OwnComment, PullState
from bot.records import SiteState
from bot.replies import hidden
from bot.replies.pulls import (
    Conclusion,
    Review,
    render_check,
    render_pull_comment,
    render_status,
    render_untouched,
)
from bot.source.proposal import branch_name
from bot.source.reviewed import CHECK, CheckedPull, Touched, find_touched, name_check, read_check
from jobs.pull_review import review_pull
from jobs.remarks import remarks_key
from jobs.runner import job

log = logging.getLogger(__name__)
WINDOW = 600.0  # seconds, in which so often something new is said
MOST_OF_PULL, MOST_OF_SITE = 10, 20
MOST_LOOKS_OF_PULL, MOST_LOOKS_OF_SITE = 15, 30  # in the same time: a dozen requests each
LARGE, MOST_LARGE = 300, 6  # files, of which GitHub lists 100 at a time; looks at such pull requests
_STATES = {Conclusion.SUCCESS: "success", Conclusion.FAILURE: "failure", Conclusion.NEUTRAL: "success"}


@job("catalog-pull")
def check_pull(ctx: Context, site_key: str, number: int, run: int | None, delivery: str | None) -> None:
    """`run` is the check run that somebody asked for again."""
    del delivery
    state = ctx.store.sites.find(site_key)
    if state is None:
        return
    ctx.github.learn(state.site)
    if not _may_look(ctx, site_key, number, asked=run is not None):
        return
    if run is not None and not _is_ours(ctx, state, number, run):
        return
    pull = ctx.github.fetch_pull(state.site.repository, number)
    if not pull.open or pull.branch == branch_name(state.site.branch):
        return  # what altpress itself proposes is not to be checked by it
    if pull.files > LARGE:
        _wait_for(ctx, {f"large:{site_key}": MOST_LARGE}, f"{site_key}#{number} is large.")
    touched = _find_touched(ctx, state, pull)
    if not touched:
        _tell_untouched(ctx, state, pull)
        return
    review = review_pull(ctx, state, pull, touched)
    if ctx.github.fetch_pull(state.site.repository, number).head != pull.head:
        raise Conflict(f"{state.site.repository}#{number} has newer commits.")
    log.info("pull_reviewed", extra={"number": number, "conclusion": review.conclusion.value})
    url = _comment(ctx, state, pull, render_pull_comment(review, _mark(state, pull)))
    if url is not None:  # once these are pushed, it was said
        ctx.store.notices.claim(remarks_key(site_key, review.contents), ctx.now_ms())
    _tell(ctx, state, pull, review, url, again=run is not None)


@job("catalog-checks")
def check_again(ctx: Context, site_key: str, head: str, delivery: str | None) -> None:
    """Somebody asked for all checks of a commit again; altpress's own may be about another site."""
    state, app = ctx.store.sites.find(site_key), ctx.settings.github_app_id
    if state is None or app is None:
        return
    ctx.github.learn(state.site)
    known = ctx.github.find_check_run(state.site.repository, head, CHECK, app)
    about = read_check(known.external_id) if known is not None else None
    if known is not None and about is not None and about.site == site_key:
        check_pull.work(ctx, site_key, about.number, known.id, delivery)


def _may_look(ctx: Context, key: str, number: int, *, asked: bool) -> bool:
    """Whoever pushes without end must not use up the requests that publishing needs, either.

    False where another look waits already, which will find the newest head. Raises NotReady for the one that
    is to wait, and for one that somebody asked for.
    """
    try:
        turns = {f"look:{key}:{number}": MOST_LOOKS_OF_PULL, f"looks:{key}": MOST_LOOKS_OF_SITE}
        _wait_for(ctx, turns, f"{key}#{number} changes too often.")
    except NotReady as later:
        wait, name = later.retry_after or WINDOW, f"late:{key}:{number}"
        if asked or take_turn(ctx.queue.connection, name, most=1, seconds=wait) == 0:
            raise
        log.info("pull_looked_at_later", extra={"site": key, "number": number})
        return False
    return True


def _wait_for(ctx: Context, turns: Mapping[str, int], why: str) -> None:
    """Take a turn of each name (of so many in a window). Raises NotReady."""
    for name, most in turns.items():
        wait = take_turn(ctx.queue.connection, name, most=most, seconds=WINDOW)
        if wait > 0:
            raise NotReady(why, retry_after=wait)


def _is_ours(ctx: Context, state: SiteState, number: int, run: int) -> bool:
    """Whether altpress made the check run, about this pull request."""
    found = ctx.github.fetch_check_run(state.site.repository, run)
    about = read_check(found.external_id)
    same = about is not None and (about.site, about.number) == (state.site.key, number)
    return same and found.app == ctx.settings.github_app_id


def _find_touched(ctx: Context, state: SiteState, pull: PullState) -> Touched:
    """Nothing, where it goes into another branch."""
    if pull.base != state.site.branch:
        return Touched()
    files = list(ctx.github.stream_pull_files(state.site.repository, pull.number))
    paths = [path for named in files for path in named]
    complete = pull.files <= MOST_FILES
    return find_touched(paths, _outputs(state), complete=complete)


def _outputs(state: SiteState) -> list[str]:
    """The paths of what altpress makes on the site's branch, by the last valid catalog."""
    try:
        catalog = parse_catalog(state.catalog or "")
    except BadCatalog:
        return []
    if catalog.publish_to not in {None, state.site.branch}:
        return []
    return [output.path for output in catalog.outputs]


def _tell(
    ctx: Context, state: SiteState, pull: PullState, review: Review, url: str | None, *, again: bool
) -> None:
    """By a check run; by a status with a token, and where GitHub refuses check runs."""
    app = ctx.settings.github_app_id
    if app is not None and ctx.github.is_app:
        try:
            _run_check(ctx, state, pull, review, app, again=again)
        except (NotAllowed, NotFound) as error:
            log.warning("check_refused", extra={"site": state.site.key, "reason": error.public})
        else:
            return
    try:
        ctx.github.set_status(
            state.site.repository, pull.head, CHECK, _STATES[review.conclusion], render_status(review), url
        )
    except (NotAllowed, NotFound) as error:
        log.warning("status_refused", extra={"site": state.site.key, "reason": error.public})


def _run_check(
    ctx: Context, state: SiteState, pull: PullState, review: Review, app: int, *, again: bool
) -> None:
    """A new run, unless the last one of this head says the same and nobody asked for it again."""
    report = render_check(review)
    name = name_check(CheckedPull(state.site.key, pull.number, report.digest))
    known = None if again else ctx.github.find_check_run(state.site.repository, pull.head, CHECK, app)
    if known is None or not known.done or known.external_id != name:
        ctx.github.create_check_run(state.site.repository, pull.head, CHECK, name, report)


def _comment(ctx: Context, state: SiteState, pull: PullState, body: str) -> str | None:
    """The one comment, written or brought up to date; its address, None where altpress may not speak."""
    found = _find_comment(ctx, state, pull)
    if found is not None and found.body == body:
        return found.url
    _take_turn(ctx, state, pull)
    try:
        if found is not None and _edit(ctx, state, found, body):
            return found.url
        return ctx.github.reply(state.site.repository, pull.number, body)
    except (Rejected, NotFound) as error:  # a conversation that is locked, say
        log.warning("comment_refused", extra={"site": state.site.key, "reason": error.public})
        return None


def _take_turn(ctx: Context, state: SiteState, pull: PullState) -> None:
    """Whoever pushes without end must not use up the writes that publishing needs. Raises NotReady."""
    key = state.site.key
    turns = {f"pull:{key}:{pull.number}": MOST_OF_PULL, f"pulls:{key}": MOST_OF_SITE}
    _wait_for(ctx, turns, f"{state.site.repository}#{pull.number} changes too often.")


def _tell_untouched(ctx: Context, state: SiteState, pull: PullState) -> None:
    """Nothing, unless something was said before."""
    if _find_comment(ctx, state, pull) is not None:
        _comment(ctx, state, pull, render_untouched(_mark(state, pull)))


def _edit(ctx: Context, state: SiteState, found: OwnComment, body: str) -> bool:
    """Whether it is there, and says this now."""
    try:
        ctx.github.edit_comment(state.site.repository, found.id, body)
    except NotFound:
        return False
    return True


def _find_comment(ctx: Context, state: SiteState, pull: PullState) -> OwnComment | None:
    login = ctx.settings.bot_login or ctx.github.login()
    return ctx.github.find_comment(state.site.repository, pull.number, _mark(state, pull), by=login)


def _mark(state: SiteState, pull: PullState) -> str:
    return hidden("pull", f"{state.site.key}:{pull.number}")
