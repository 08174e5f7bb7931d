"""No I/O. What follows from an event: which jobs for which sites."""

from collections.abc import Sequence

from bot.catalog import CATALOG_PATHS
from bot.events import (
    CheckRequested,
    ChecksRequested,
    Comment,
    Event,
    Installed,
    PullRequestChanged,
    Pushed,
    ReleaseChanged,
    ReleaseReady,
    RepositoryChanged,
    TagDeleted,
)
from bot.records import Job, SiteState
from bot.source.proposal import branch_name
from bot.source.reviewed import read_check

MANY_REPOSITORIES = 20  # above it, one look at everything is cheaper than one at each
COMMAND_STARTS = ("/", "@")


def route_event(  # noqa: C901, PLR0911  # one line an event
    event: Event, sites: Sequence[SiteState], *, delivery: str
) -> list[Job]:
    """The jobs that follow, each with a token of its own; none: the event is none of our business.

    Only cheap questions are asked here (is the repository one of ours?); the jobs look closely.
    """
    match event:
        case ReleaseChanged():
            return _release(event, sites, delivery)
        case ReleaseReady():
            return _ready(event, sites, delivery)
        case Comment():
            return _comment(event, sites, delivery)
        case Pushed():
            return _push(event, sites, delivery)
        case Installed():
            return _installed(event, sites, delivery)
        case PullRequestChanged():
            return _pull_request(event, sites, delivery)
        case CheckRequested():
            return _check(event, sites, delivery)
        case ChecksRequested():
            return _checks(event, sites, delivery)
        case RepositoryChanged():
            return _repository(event, sites, delivery)
        case TagDeleted():
            return _tag(event, sites, delivery)
        case _:
            return []


def _release(event: ReleaseChanged, sites: Sequence[SiteState], delivery: str) -> list[Job]:
    name = event.repository.full_name
    return [
        Job(
            name="ingest", args=(state.site.key, name, event.release_id, delivery),
            site=state.site.key, delivery=delivery,
        )
        for state in sites
        if state.feeds(name)
    ]  # fmt: skip


def _ready(event: ReleaseReady, sites: Sequence[SiteState], delivery: str) -> list[Job]:
    """For the sites that it was accepted for, as far as they are still there."""
    return [
        Job(
            name="ready", args=(state.site.key, event.about, event.tag, event.told_ms, delivery),
            site=state.site.key, delivery=delivery,
        )
        for state in sites
        if state.site.key in event.sites
    ]  # fmt: skip


def _comment(event: Comment, sites: Sequence[SiteState], delivery: str) -> list[Job]:
    """One job, however many sites the repository feeds: the job finds them."""
    name = event.repository.full_name
    renamed = any(state.repository.id == event.repository.id for state in sites)  # while it waited here
    if not (renamed or any(_concerns(state, name) for state in sites)) or not _may_hold_command(event.body):
        return []
    return [Job(name="command", args=(name, event.issue, event.comment_id, delivery), delivery=delivery)]


def _may_hold_command(body: str) -> bool:
    """A line that starts like a command; the grammar itself is `bot/commands`."""
    return any(line.lstrip().startswith(COMMAND_STARTS) for line in body.splitlines())


def _push(event: Pushed, sites: Sequence[SiteState], delivery: str) -> list[Job]:
    """A site's branch is looked at again, unless its head is the one that altpress has seen, or made.

    Elsewhere a catalog on the default branch may make a site of the repository.
    """
    name = event.repository.full_name.lower()
    here = [state for state in sites if state.site.repository.lower() == name]
    on_default = event.branch == event.repository.default_branch
    if not here and on_default and not (event.changed or frozenset()).isdisjoint(CATALOG_PATHS):
        return [_sync(name, delivery)]
    return [
        _sync(state.site.key, delivery, site=state.site.key)
        for state in here
        if state.site.branch == event.branch and (event.head is None or event.head != state.head)
    ]


def _pull_request(event: PullRequestChanged, sites: Sequence[SiteState], delivery: str) -> list[Job]:
    """Of a site's repository: somebody's, that may change the catalog; or one of altpress's own.

    When one of altpress's own is closed, merged or opened again, another matter waits now.
    """
    name = event.repository.full_name.lower()
    here = [state for state in sites if state.site.repository.lower() == name]
    own = [state for state in here if event.branch == branch_name(state.site.branch)]
    closed = event.action in {"closed", "reopened"}
    return [
        *(
            Job(
                name="proposal", args=(state.site.key, event.number, _became(event), delivery),
                site=state.site.key, delivery=delivery,
            )
            for state in own
            if closed
        ),
        *(
            _check_pull(state, event.number, None, delivery)
            for state in here
            if state not in own
            and event.action != "closed"
            and state.site.branch in {event.base, event.base_before}
        ),
    ]  # fmt: skip


def _check(event: CheckRequested, sites: Sequence[SiteState], delivery: str) -> list[Job]:
    """Of a check run that altpress made; whether it did, the job asks."""
    found = read_check(event.external_id)
    name = event.repository.full_name.lower()
    return [
        _check_pull(state, found.number, event.run, delivery)
        for state in sites
        if found is not None and state.site.key == found.site and state.site.repository.lower() == name
    ]


def _checks(event: ChecksRequested, sites: Sequence[SiteState], delivery: str) -> list[Job]:
    """What altpress said about the commit, and of which pull request, the job looks up."""
    name = event.repository.full_name.lower()
    return [
        Job(
            name="catalog-checks", args=(state.site.key, event.head, delivery),
            site=state.site.key, delivery=delivery,
        )
        for state in sites
        if state.site.repository.lower() == name
    ]  # fmt: skip


def _check_pull(state: SiteState, number: int, run: int | None, delivery: str) -> Job:
    """`run` is the check run that was asked for again."""
    args = (state.site.key, number, run, delivery)
    return Job(name="catalog-pull", args=args, site=state.site.key, delivery=delivery)


def _became(event: PullRequestChanged) -> str:
    return "merged" if event.merged else str(event.action)


def _installed(event: Installed, sites: Sequence[SiteState], delivery: str) -> list[Job]:
    """New repositories may hold a catalog; lost ones may have been sites, or have fed some."""
    names = sorted({name.lower() for name in event.repositories})
    if not names or len(names) > MANY_REPOSITORIES:
        return [Job(name="sweep", delivery=delivery)]
    keys = {state.site.key for state in sites if any(_concerns(state, name) for name in names)}
    own = {state.site.repository.lower() for state in sites}
    return [
        *(_sync(key, delivery, site=key) for key in sorted(keys)),
        *(_scan(key, delivery) for key in sorted(keys) if not event.removed),
        *(_sync(name, delivery) for name in names if name not in own and not event.removed),
    ] or [Job(name="sweep", delivery=delivery)]


def _repository(event: RepositoryChanged, sites: Sequence[SiteState], delivery: str) -> list[Job]:
    """Renamed, made private, deleted, …: the site that it holds (it has an id), and those that it feeds."""
    now, before = event.repository.full_name, event.previous or event.repository.full_name
    held = [
        state
        for state in sites
        if state.repository.id == event.repository.id
        or state.site.repository.lower() in {now.lower(), before.lower()}
    ]
    fed = [state for state in sites if state.feeds(now) or state.feeds(before)]
    return [
        *(_sync(state.site.key, delivery, site=state.site.key) for state in held),
        *(_look(state.site.key, now, before, event.action, delivery) for state in fed),
    ]


def _tag(event: TagDeleted, sites: Sequence[SiteState], delivery: str) -> list[Job]:
    """Its release is a draft from now on, and no event of its own says so."""
    name = event.repository.full_name
    return [_look(state.site.key, name, name, event.action, delivery) for state in sites if state.feeds(name)]


def _concerns(state: SiteState, full_name: str) -> bool:
    """Whether the repository holds the site or feeds an app of it."""
    return full_name.lower() == state.site.repository.lower() or state.feeds(full_name)


def _look(key: str, name: str, before: str, action: str | None, delivery: str) -> Job:
    return Job(name="look", args=(key, name, before, action, delivery), site=key, delivery=delivery)


def _scan(key: str, delivery: str) -> Job:
    """Releases that came while altpress could not see them."""
    return Job(name="scan", args=(key, None, delivery), site=key, delivery=delivery)


def _sync(target: str, delivery: str, *, site: str | None = None) -> Job:
    return Job(name="sync", args=(target, delivery), site=site, delivery=delivery)
