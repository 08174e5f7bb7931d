"""Releases that come to light without a webhook: after too long of that, somebody is told.

A bot was down for days while its status page looked well: what the sweep mends, it also hides.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence

from bot.context import Context
from bot.errors import BotError
from bot.records import Hearing, Release, RepositoryFacts, SiteState
from jobs.outbox import enqueue_report
from jobs.readiness import moment

log = logging.getLogger(__name__)
MOST_MISSED = 50  # releases that are remembered, and listed
RAISED = "issue"  # where the alarm is told


def find_missed(releases: Iterable[Release], unread: Collection[int], hearing: Hearing) -> dict[str, int]:
    """Releases that nobody announced: tag -> when it was published, in milliseconds.

    Those that are not read yet, and came after altpress began to watch, and after the last webhook.
    """
    after = max(hearing.since_ms or 0, hearing.heard_ms or 0)
    found = {tag: at for tag, at in hearing.missed.items() if at > after}
    for release in releases:
        published_ms = int(moment(release.published_at or release.created_at) * 1000)
        if release.id in unread and published_ms > after:
            found[release.tag] = published_ms
    return dict(sorted(found.items(), key=lambda item: item[1])[:MOST_MISSED])


def is_silent(hearing: Hearing, now_ms: int, timeout: float) -> bool:
    """Whether no webhook has come since the first of them, for longer than it may take (seconds)."""
    missed = hearing.unannounced
    return bool(missed) and now_ms - min(missed.values()) >= timeout * 1000


def note_missed(
    ctx: Context, facts: RepositoryFacts, releases: Sequence[Release], unread: Collection[int]
) -> None:
    """A sweep's look at a repository found these releases unread."""
    hearing = ctx.store.hearings.watch(facts.full_name, ctx.now_ms())
    missed = find_missed(releases, unread, hearing)
    if missed != hearing.missed:
        ctx.store.hearings.set_missed(facts.full_name, missed)


def watch_silence(ctx: Context, states: Iterable[SiteState]) -> int:
    """Raise and end the alarms; how many are raised. Never fails a sweep."""
    hearings = ctx.store.hearings.all()
    try:
        return sum(_watch(ctx, state, hearings) for state in states)
    except BotError as error:
        log.warning("silence_not_told", extra={"reason": error.public})
        return 0


def _watch(ctx: Context, state: SiteState, hearings: Mapping[str, Hearing]) -> int:
    raised = 0
    for name in state.apps:
        hearing = hearings.get(name.lower())
        if hearing is None:
            continue
        if is_silent(hearing, ctx.now_ms(), ctx.settings.silence_timeout):
            raised += 1
            _raise(ctx, state, name, hearing)
        elif state.site.key in hearing.alarms and not hearing.unannounced:
            _end(ctx, state, name, hearing)
    return raised


def _raise(ctx: Context, state: SiteState, name: str, hearing: Hearing) -> None:
    """The site's issue lists it (`jobs/standing.py`); here it becomes known that it does."""
    fields = {"site": state.site.key, "repository": name, "releases": len(hearing.unannounced)}
    log.error("deliveries_missing", extra={**fields, "heard_ms": hearing.heard_ms})
    if state.site.key not in hearing.alarms:
        ctx.store.hearings.set_alarms(name, {**hearing.alarms, state.site.key: RAISED})
        enqueue_report(ctx, state.site.key)


def _end(ctx: Context, state: SiteState, name: str, hearing: Hearing) -> None:
    log.info("deliveries_back", extra={"site": state.site.key, "repository": name})
    left = {key: told for key, told in hearing.alarms.items() if key != state.site.key}
    ctx.store.hearings.set_alarms(name, left)
    enqueue_report(ctx, state.site.key)
