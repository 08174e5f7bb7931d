"""A ledger that comes from a backup: what was under way when that was made begins anew."""

from bot.context import Context
from bot.errors import BadPayload
from bot.events import Comment, parse_event
from bot.records import DeliveryState
from bot.store.walk import walk_newest
from jobs.recovered import recover_anew


def begin_anew(ctx: Context) -> int:
    """Route again what was under way: its jobs were in Redis, and its records may be in no commit yet.

    How many deliveries. Decisions that wait in a pull request are read from there. All of it compares what is
    with what should be, but for replies to comments: whoever answers one of these looks first whether it was
    answered after the backup.
    """
    recover_anew(ctx)
    deliveries = ctx.store.deliveries
    queued = [row.guid for row in walk_newest(deliveries, DeliveryState.QUEUED)]
    pending = [row.guid for row in walk_newest(deliveries, DeliveryState.PENDING)]
    for guid in (*queued, *pending):
        _note_comment(ctx, guid)
    return len(pending) + sum(deliveries.replay(guid) for guid in queued)


def _note_comment(ctx: Context, guid: str) -> None:
    """As `jobs/thread.py` notes a comment that somebody looked at before."""
    came = ctx.store.deliveries.load(guid)
    if came is None:
        return
    try:
        event = parse_event(came.headers, came.body)
    except BadPayload:
        return
    if isinstance(event, Comment):
        ctx.store.notices.claim(
            f"command:{event.repository.full_name.lower()}:{event.comment_id}", ctx.now_ms()
        )
