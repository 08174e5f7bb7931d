"""Telling people, once for each cause."""

import hashlib
import logging
import re
from collections.abc import Sequence

from bot.catalog import App
from bot.context import Context
from bot.errors import BadCatalog, BotError, NotAllowed, NotFound, Rejected
from bot.metrics.table import BYTES_CHANGED
from bot.records import Record, SiteState
from bot.replies import (
    hidden,
    render_adopted,
    render_bad_catalog,
    render_bad_source,
    render_blocked,
    render_changed_bytes,
    render_moved,
    render_moved_site,
    render_refused_app,
    render_rejected,
    render_rejected_title,
)
from bot.replies.damage import LockDamage, render_damaged_lock
from bot.replies.text import MARK
from bot.source.allowed import allows_site
from bot.source.changed import ChangedBytes
from jobs.trace import traced

log = logging.getLogger(__name__)
_CANNOT = (NotFound, Rejected)


def tell_rejected(ctx: Context, state: SiteState, record: Record) -> None:
    """Why a file is not published: at the release's commit where altpress may speak, else in the site."""
    key = rejected_key(state.site.key, record)
    body = render_rejected(record, state.site.key, hidden("rejected", key))
    if not _claim(ctx, key, body):
        return
    try:
        _at_release(ctx, state, record, key, body)
    except BotError as error:
        give_back(ctx, key)
        if error.retry:
            raise
        log.warning("notice_not_told", extra={"site": state.site.key, "reason": error.public})


def _claim(ctx: Context, key: str, body: str) -> bool:
    """Whether it is to be told: not before, and not before the database was lost (`jobs/remembered.py`)."""
    if not ctx.store.notices.claim(key, ctx.now_ms()):
        return False
    return not any(ctx.store.notices.is_known(mark) for mark in re.findall(MARK, body)[-1:])


def give_back(ctx: Context, key: str) -> None:
    """Somebody may try again, and look first: GitHub's answer may have got lost, and not the comment."""
    ctx.store.notices.claim(f"tried:{key}", ctx.now_ms())
    ctx.store.notices.release(key)


def find_said(ctx: Context, key: str, repository: str, body: str, commit: str | None = None) -> str | None:
    """Where an earlier try got through; asked only where there was one."""
    if not ctx.store.notices.is_known(f"tried:{key}"):
        return None
    login = ctx.settings.bot_login or ctx.github.login()
    mark = body.rpartition("\n")[2]  # its last line
    return ctx.github.find_said(repository, mark, by=login, commit=commit)


def _comment(ctx: Context, key: str, repository: str, commit: str, body: str) -> None:
    if not find_said(ctx, key, repository, body, commit):
        ctx.github.comment_on_commit(repository, commit, traced(ctx, body))


def _open_issue(ctx: Context, key: str, repository: str, title: str, body: str) -> None:
    if not find_said(ctx, key, repository, body):
        ctx.github.open_issue(repository, title, traced(ctx, body))


def rejected_key(site_key: str, record: Record) -> str:
    """Told once for each file and reason."""
    return f"rejected:{site_key}:{record.key}:{record.updated_at}:{record.verdict.code}"


def _at_release(ctx: Context, state: SiteState, record: Record, key: str, body: str) -> None:
    try:
        _check_welcome(ctx, state, record.repository)
        sha = ctx.github.resolve_tag(record.repository, record.tag)
        _comment(ctx, key, record.repository, sha, body)
    except _CANNOT:
        _open_issue(ctx, key, state.site.repository, render_rejected_title(record), body)


def _check_welcome(ctx: Context, state: SiteState, repository: str) -> None:
    """Raise NotAllowed where a site has no say: anybody may list any repository, and its lock names any."""
    if allows_site(state.repository, repository, None):
        return
    if not allows_site(state.repository, repository, ctx.github.fetch_allow_file(repository)):
        raise NotAllowed(f"{repository} does not ask to hear from {state.repository.full_name}.")


def tell_refused_app(ctx: Context, state: SiteState, app: App, reason: str) -> None:
    """An app of the catalog that may not be published: at the site's head, where its catalog was written."""
    key = f"refused:{state.site.key}:{app.id}:{app.repository.lower()}:{state.catalog_sha}"
    body = render_refused_app(app.id, app.repository, reason, hidden("refused", key))
    tell_site(ctx, state, key, state.head or state.site.branch, body)


def tell_site(ctx: Context, state: SiteState, key: str, commit: str, body: str) -> None:
    """Something that concerns the site's maintainer, on one of its commits, once."""
    if not _claim(ctx, key, body):
        return
    try:
        _comment(ctx, key, state.site.repository, commit, body)
    except BotError as error:
        give_back(ctx, key)
        if error.retry:
            raise
        log.warning("notice_not_told", extra={"site": state.site.key, "reason": error.public})


def tell_adopted(ctx: Context, state: SiteState, commit: str, report: Sequence[str]) -> None:
    """What was taken over from a hand-made source, on the commit that did it."""
    key = f"adopted:{state.site.key}:{commit}"
    tell_site(ctx, state, key, commit, render_adopted(report, hidden("adopted", key)))


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
    body = render_changed_bytes(change, hidden("bytes", key))
    tell_site(ctx, state, key, state.head or state.site.branch, body)


def tell_moved(ctx: Context, state: SiteState, old: str, new: str) -> None:
    """A repository that the catalog names is called otherwise now."""
    key = f"moved:{state.site.key}:{old.lower()}:{new.lower()}"
    body = render_moved(old, new, hidden("moved", key))
    tell_site(ctx, state, key, state.head or state.site.branch, body)


def tell_moved_site(ctx: Context, state: SiteState, old: str, identifier: str | None) -> None:
    """The site itself is called otherwise now; `identifier` is the one it had, if that followed the name."""
    key = f"moved:{state.site.key}:{old.lower()}"
    body = render_moved_site(old, state.site.repository, identifier, hidden("moved", key))
    tell_site(ctx, state, key, state.head or state.site.branch, body)


def raise_later(errors: Sequence[BotError]) -> None:
    """Raise what parts of the work could not do, once the others are done; what may come again first."""
    if errors:
        raise next((error for error in errors if error.retry), errors[0])


def tell_problems(ctx: Context, state: SiteState, commit: str, problems: Sequence[str]) -> None:
    """What no release is to blame for: a client would refuse the outputs as the catalog asks for them."""
    digest = hashlib.sha256("\n".join(problems).encode()).hexdigest()[:20]
    key = f"problems:{state.site.key}:{digest}"
    tell_site(ctx, state, key, commit, render_bad_source(state.site.key, problems, hidden("problems", key)))


def tell_blocked(ctx: Context, state: SiteState, error: BotError) -> None:
    """The branch refuses altpress's commits: an issue, for a comment on a commit may be refused as well."""
    key = f"blocked:{state.site.key}:{error.code}:{state.head}"
    body = render_blocked(state.site.key, error.public, hidden("blocked", key))
    if not _claim(ctx, key, body):
        return
    try:
        title = f"altpress cannot write to {state.site.branch}"
        _open_issue(ctx, key, state.site.repository, title, body)
    except BotError as refusal:
        give_back(ctx, key)
        log.warning("notice_not_told", extra={"site": state.site.key, "reason": refusal.public})


def tell_bad_catalog(
    ctx: Context, state: SiteState, error: BadCatalog, *, commit: str, path: str, sha: str
) -> None:
    """A file of the site that cannot be read: on the commit that broke it."""
    key = f"catalog:{state.site.key}:{path}:{sha}"
    problems = [str(problem) for problem in error.problems] or [error.public]
    tell_site(ctx, state, key, commit, render_bad_catalog(path, problems, hidden("catalog", key)))


def tell_damaged_lock(ctx: Context, state: SiteState, damage: LockDamage, *, commit: str, sha: str) -> None:
    """Somebody damaged the lock; on the commit where it was found, once for each state of it."""
    key = f"lock:{state.site.key}:{commit if damage.missing else sha}"
    tell_site(ctx, state, key, commit, render_damaged_lock(damage, hidden("lock", key)))
