"""What is told, to whom and where, once for each cause.

A comment on a commit says something about that commit, to whoever made it. What is wrong with the site, for
as long as it is, stands in the site's issue (`jobs/site_issue.py`). docs/notices.md has the whole table.
"""

import hashlib
import logging
from collections.abc import Sequence
from functools import lru_cache

from bot.catalog import App, parse_catalog
from bot.context import Context
from bot.errors import BadCatalog, BotError, FileProblem
from bot.metrics.table import BYTES_CHANGED
from bot.records import Notice, NoticePlace, Record, SiteState
from bot.replies import (
    hidden,
    render_adopted,
    render_bad_catalog,
    render_changed_bytes,
    render_moved_site,
    render_rejected,
    render_rejected_title,
)
from bot.replies.damage import LockDamage, render_damaged_lock
from bot.source.changed import ChangedBytes
from bot.source.waiting import is_waiting
from jobs.outbox import REJECTED, enqueue_report, post
from jobs.troubles import note_trouble

log = logging.getLogger(__name__)
MOST_PROBLEMS = 100  # of a file, that are kept
_parse = lru_cache(maxsize=8)(parse_catalog)


def tell_rejected(ctx: Context, state: SiteState, record: Record) -> None:
    """Why a file is not published: to its developer, where the catalog says and altpress may speak."""
    app = _parse(state.catalog).app(record.app) if state.catalog is not None else None
    tell = app.tell if app is not None else "commit"
    if tell == "none" or is_waiting(record.verdict):
        return
    key = rejected_key(state.site.key, record)
    body = render_rejected(record, state.site.key, hidden(REJECTED, key))
    issue = tell == "issue"
    notice = Notice(
        place=NoticePlace.ISSUE if issue else NoticePlace.RELEASE, repository=record.repository, body=body,
        where=render_rejected_title(record) if issue else record.tag, tag=record.tag,
    )  # fmt: skip
    post(ctx, state.site.key, key, notice)


def rejected_key(site_key: str, record: Record) -> str:
    """Told once for each file and reason."""
    return f"rejected:{site_key}:{record.key}:{record.updated_at}:{record.verdict.code}"


def tell_commit(ctx: Context, state: SiteState, key: str, commit: str, body: str) -> None:
    """Something about one of the site's commits, to whoever made it, once."""
    notice = Notice(place=NoticePlace.COMMIT, repository=state.site.repository, where=commit, body=body)
    post(ctx, state.site.key, key, notice)


def tell_in_issue(ctx: Context, state: SiteState, key: str, body: str) -> None:
    """Something that happened to the site, as a comment in its issue, once."""
    at = state.head or state.site.branch
    notice = Notice(place=NoticePlace.SITE, repository=state.site.repository, where=at, body=body)
    post(ctx, state.site.key, key, notice)


def tell_adopted(ctx: Context, state: SiteState, commit: str, report: Sequence[str]) -> None:
    """What was taken over from a hand-made source, on the commit that did it."""
    key = f"adopted:{state.site.key}:{commit}"
    tell_commit(ctx, state, key, commit, render_adopted(report, hidden("adopted", key)))


def tell_changed_bytes(ctx: Context, state: SiteState, change: ChangedBytes) -> None:
    """Logged, counted and told: once for each refused file, and once for a version that is followed.

    A nightly build that is replaced under one version every night is told once, not every night.
    """
    record, rule = change.record, change.app.changed_files
    seen = f"bytes:{state.site.key}:{record.key}:{record.ipa_sha256 or record.updated_at}"
    if ctx.store.notices.claim(seen, ctx.now_ms()):
        ctx.meter.count(BYTES_CHANGED, rule)
        log.warning(
            "bytes_changed",
            extra={
                "site": state.site.key, "app": change.app.id, "repository": record.repository,
                "tag": record.tag, "version": change.before.version, "build": change.before.build,
                "asset": record.asset_name,
                "before": change.before.sha256, "after": record.ipa_sha256, "rule": rule,
            },
        )  # fmt: skip
    which = record.key if change.refused else f"{change.before.version}:{change.before.build}"
    key = f"bytes:{rule}:{state.site.key}:{change.app.id}:{which}"
    tell_in_issue(ctx, state, key, render_changed_bytes(change, hidden("bytes", key)))


def tell_moved_site(ctx: Context, state: SiteState, old: str, identifier: str | None) -> None:
    """The site itself is called otherwise now; `identifier` is the one it had, if that followed the name."""
    key = f"moved:{state.site.key}:{old.lower()}"
    body = render_moved_site(old, state.site.repository, identifier, hidden("moved", key))
    tell_in_issue(ctx, state, key, body)


def raise_later(errors: Sequence[BotError]) -> None:
    """Raise what parts of the work could not do, once the others are done; what may come again first."""
    if errors:
        raise next((error for error in errors if error.retry), errors[0])


def tell_refused_app(ctx: Context, state: SiteState, app: App, reason: str) -> None:
    """An app of the catalog that may not be published."""
    note_trouble(ctx, state, "app", app.id, cause=reason, repository=app.repository, reason=reason)


def tell_moved(ctx: Context, state: SiteState, old: str, new: str) -> None:
    """A repository that the catalog names is called otherwise now; the site's row is about to say so.

    Should the report be quicker, the publish that follows has it written again.
    """
    log.info("repository_moved", extra={"site": state.site.key, "before": old, "now": new})
    enqueue_report(ctx, state.site.key)


def tell_problems(ctx: Context, state: SiteState, commit: str, problems: Sequence[str]) -> None:
    """What no release is to blame for: a client would refuse the outputs as the catalog asks for them."""
    cause = hashlib.sha256("\n".join(problems).encode()).hexdigest()[:20]
    listed = list(problems[:MOST_PROBLEMS])
    note_trouble(ctx, state, "outputs", cause=cause, commit=commit, problems=listed)


def tell_blocked(ctx: Context, state: SiteState, error: BotError) -> None:
    """The branch refuses altpress's commits."""
    note_trouble(ctx, state, "blocked", cause=error.code, reason=error.public)


def tell_bad_catalog(
    ctx: Context, state: SiteState, error: BadCatalog, *, commit: str, path: str, sha: str
) -> None:
    """A file of the site that cannot be read: listed, and told on the commit that broke it."""
    rows = [_row(problem) for problem in error.problems[:MOST_PROBLEMS]] or [(None, "", error.public)]
    note_trouble(ctx, state, "file", path, cause=sha, commit=commit, problems=rows, reason=error.public)
    key = bad_file_key(state.site.key, path, sha)
    problems = [str(problem) for problem in error.problems] or [error.public]
    tell_commit(ctx, state, key, commit, render_bad_catalog(path, problems, hidden("catalog", key)))


def bad_file_key(site_key: str, path: str, sha: object) -> str:
    """Told once for each state of the file."""
    return f"catalog:{site_key}:{path}:{sha}"


def _row(problem: object) -> tuple[int | None, str, str]:
    if isinstance(problem, FileProblem):
        return problem.line, problem.path, problem.message
    return None, "", str(problem)


def tell_damaged_lock(ctx: Context, state: SiteState, damage: LockDamage, *, commit: str, sha: str) -> None:
    """Somebody damaged the lock; on the commit where it was found, once for each state of it."""
    key = f"lock:{state.site.key}:{commit if damage.missing else sha}"
    tell_commit(ctx, state, key, commit, render_damaged_lock(damage, hidden("lock", key)))
