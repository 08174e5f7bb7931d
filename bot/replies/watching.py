"""Whether people can get what was published, in a few plain words. No I/O."""

from bot.records import Liveness, Publication
from bot.replies.text import count


def tell_live(publication: Publication) -> str | None:
    """Whether people can get it, in a few plain words; None when nobody looks."""
    match publication.live:
        case Liveness.LIVE:
            return f"live after {_tell_seconds(publication.live_seconds or 0)}"
        case Liveness.SUPERSEDED:
            return "superseded before it was seen live"
        case Liveness.NOT_LIVE:
            return "not live: its public address shows something else"
        case _:
            return "not seen live yet" if publication.outputs else None


def _tell_seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else count(round(seconds / 60), "minute")
