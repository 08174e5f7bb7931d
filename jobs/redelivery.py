"""A sweep's part: what GitHub could not deliver is asked for again."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from bot.context import Context
from bot.errors import BotError, NotAllowed, NotFound, Rejected, Unavailable
from bot.github.hooks import APP_HOOK, HookDelivery, RepositoryHook
from bot.metrics.table import ASKED_AGAIN
from bot.records import FailedDelivery, HookMark, SiteState
from bot.setup.rights import HOOK_PATH
from jobs.attempts import KEPT_MS, OVERLAP_MS, delivered_ms, is_forgotten, note_asked, sort_attempts

log = logging.getLogger(__name__)
MOST_ASKED = 30  # in one sweep: they all come in at once, and others come too
MOST_PAGES = 10  # of one log in one sweep, a hundred each; the next sweep goes on
REFUSED_MS = 86_400_000  # how long a refusal is taken as an answer


def ask_again(ctx: Context, states: Iterable[SiteState]) -> int:
    """Read GitHub's logs and ask for what failed; how many. Never fails a sweep."""
    for hook in _find_hooks(ctx, states):
        try:
            _read_log(ctx, hook)
        except BotError as error:
            log.warning("hook_log_unread", extra={"hook": hook, "code": error.code, "reason": error.public})
    asked = 0
    try:
        for failed in ctx.store.redeliveries.due(ctx.now_ms(), MOST_ASKED):
            asked += _ask(ctx, failed)
    except Unavailable as error:  # it would be for the others, too
        log.warning("deliveries_not_asked", extra={"asked": asked, "reason": error.public})
    return asked


# ---- which logs


def _find_hooks(ctx: Context, states: Iterable[SiteState]) -> Iterator[str]:
    """The App's hook; with a token, those of the repositories that lead here, as far as it may see them."""
    if ctx.github.is_app:
        yield APP_HOOK
        return
    names = {name.lower() for state in states for name in (state.site.repository, *state.apps)}
    for name in sorted(names):
        yield from _hooks_of(ctx, name)


def _hooks_of(ctx: Context, name: str) -> list[str]:
    """Reading them is an administrator's right, which a token need not have."""
    mark = ctx.store.redeliveries.mark(name)
    if ctx.now_ms() - mark.refused_ms < REFUSED_MS:
        return []
    try:
        hooks = ctx.github.list_hooks(name)
    except (NotAllowed, NotFound):
        ctx.store.redeliveries.save_mark(name, HookMark(refused_ms=ctx.now_ms()))
        return []
    except BotError as error:
        log.warning("hook_log_unread", extra={"hook": name, "code": error.code, "reason": error.public})
        return []
    return [f"{name}#{hook.id}" for hook in hooks if _leads_here(ctx, hook)]


def _leads_here(ctx: Context, hook: RepositoryHook) -> bool:
    ours = (ctx.settings.public_url or "").rstrip("/")
    try:
        path = urlsplit(hook.url).path.rstrip("/")
    except ValueError:
        return False
    return hook.active and (hook.url.startswith(f"{ours}/") if ours else path.endswith(HOOK_PATH))


# ---- reading one


def _read_log(ctx: Context, hook: str) -> None:
    """What is new since the last sweep, then what earlier ones left; noted before the mark moves on."""
    now_ms, mark = ctx.now_ms(), ctx.store.redeliveries.mark(hook)
    until_ms = max(mark.read_ms - OVERLAP_MS, now_ms - KEPT_MS)
    rows, cursor = _walk(ctx, hook, None, until_ms)
    after = HookMark(read_ms=now_ms)
    if cursor is not None:
        after = HookMark(read_ms=now_ms, cursor=cursor, until_ms=mark.until_ms if mark.cursor else until_ms)
    elif mark.cursor is not None:
        older, cursor = _walk_on(ctx, hook, mark)
        rows += older
        after = HookMark(read_ms=now_ms, cursor=cursor, until_ms=mark.until_ms if cursor else 0)
    _note(ctx, hook, rows, now_ms)
    ctx.store.redeliveries.save_mark(hook, after)


def _walk(
    ctx: Context, hook: str, cursor: str | None, until_ms: int
) -> tuple[list[HookDelivery], str | None]:
    """Rows down to that time, newest first; the cursor where more are left."""
    found: list[HookDelivery] = []
    for _ in range(MOST_PAGES):
        rows, cursor = ctx.github.fetch_log(hook, cursor)
        found += rows
        if cursor is None or not rows or delivered_ms(rows[-1]) < until_ms:
            return found, None
    return found, cursor


def _walk_on(ctx: Context, hook: str, mark: HookMark) -> tuple[list[HookDelivery], str | None]:
    try:
        return _walk(ctx, hook, mark.cursor, max(mark.until_ms, ctx.now_ms() - KEPT_MS))
    except (Rejected, NotFound):
        return [], None  # a cursor that GitHub does not know any more


def _note(ctx: Context, hook: str, rows: Sequence[HookDelivery], now_ms: int) -> None:
    store = ctx.store.redeliveries
    guids = {row.guid.lower() for row in rows if not 200 <= row.status_code < 300}
    known = {guid: found for guid in guids if (found := store.find(guid))}
    failed, arrived = sort_attempts(hook, rows, known, now_ms)
    for one in failed:
        if one != known.get(one.guid) and ctx.store.deliveries.find(one.guid) is None:
            store.save(one)
    for guid in arrived:
        if guid in known:
            store.remove(guid)


# ---- asking


def _ask(ctx: Context, failed: FailedDelivery) -> bool:
    """Whether GitHub was asked; what need not, or cannot, come any more is forgotten.

    Raises Unavailable, after which this one comes behind the others.
    """
    store, fields = ctx.store.redeliveries, {"delivery": failed.guid, "github_event": failed.event}
    if ctx.store.deliveries.find(failed.guid) is not None:
        store.remove(failed.guid)
        return False
    if is_forgotten(failed, ctx.now_ms()):
        return _give_up(ctx, failed, "GitHub keeps it for three days.")
    try:
        ctx.github.redeliver(failed.hook, failed.id)
    except Unavailable:
        store.save(failed.model_copy(update={"next_ms": ctx.now_ms()}))
        raise
    except BotError as error:
        return _give_up(ctx, failed, error.public)
    store.save(note_asked(failed, ctx.now_ms()))
    ctx.meter.count(ASKED_AGAIN, "asked")
    log.info("delivery_asked_again", extra={**fields, "asked": failed.asked + 1})
    return True


def _give_up(ctx: Context, failed: FailedDelivery, reason: str) -> bool:
    """The comparison with GitHub makes up for it, but for a command."""
    fields = {"delivery": failed.guid, "github_event": failed.event, "asked": failed.asked}
    log.error("delivery_lost", extra={**fields, "reason": reason})
    ctx.store.redeliveries.remove(failed.guid)
    ctx.meter.count(ASKED_AGAIN, "lost")
    return False
