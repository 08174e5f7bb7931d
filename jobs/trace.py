"""For whom the work under way is done: its deliveries, in log lines and in what altpress writes."""

from collections.abc import Sequence

from bot.context import Context
from bot.records import Cause
from bot.replies import render_trace
from bot.source.message import MAX_TRAILERS
from config.log import bind_more


def deliveries_of(causes: Sequence[Cause]) -> list[str]:
    """The GUIDs among the causes, each once."""
    return list(dict.fromkeys(cause.delivery for cause in causes if cause.delivery))


def follow(ctx: Context, guids: Sequence[str]) -> None:
    """From here on the work is for these deliveries: as many are logged as a commit names."""
    ctx.deliveries = tuple(guids)
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
