"""For whom the work under way is done: its deliveries, in log lines and in what altpress writes."""

from collections.abc import Sequence

from bot.context import Context
from bot.records import Cause
from bot.replies import render_trace
from bot.source.message import MAX_TRAILERS
from config.log import bind_more

FOLLOWING = frozenset({"publish", "live", "report"})  # jobs that are for whatever has come together


def begin(ctx: Context, delivery: str | None, origin: str | None) -> None:
    """A job begins, for a delivery or by itself; what it enqueues and triggers goes on under the same id."""
    ctx.deliveries = (delivery,) if delivery else ()
    if origin is not None:
        ctx.origin = ctx.queue.origin = origin


def caused(ctx: Context, cause: Cause) -> Cause:
    """The cause with the id of the work that found it, where no delivery told of it."""
    if cause.delivery or cause.origin or ctx.origin is None:
        return cause
    return cause.model_copy(update={"origin": ctx.origin})


def deliveries_of(causes: Sequence[Cause]) -> list[str]:
    """The GUIDs among the causes, each once."""
    return list(dict.fromkeys(cause.delivery for cause in causes if cause.delivery))


def follow(ctx: Context, causes: Sequence[Cause]) -> None:
    """From here on the work is for these causes: as many ids are logged as a commit names."""
    guids = deliveries_of(causes)
    ctx.deliveries = tuple(guids)
    origins = list(dict.fromkeys(cause.origin for cause in causes if cause.origin))
    if origins:
        bind_more(origin=origins[0] if len(origins) == 1 else origins[:MAX_TRAILERS])
    if len(guids) == 1:
        bind_more(delivery=guids[0])
    elif guids:
        bind_more(deliveries=list(guids[:MAX_TRAILERS]))


def traced(ctx: Context, body: str) -> str:
    """A comment that names, unseen, the deliveries that it was written for."""
    trace = render_trace(ctx.deliveries)
    if not trace:
        return body
    text, newline, mark = body.rpartition("\n")  # its own mark stays the last line
    return f"{text}{newline}{trace}\n{mark}"
