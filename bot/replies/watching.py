"""What altpress tells of bytes that do not come up and webhooks that do not come, as Markdown. No I/O."""

from collections.abc import Sequence

from bot.records import Liveness, Publication
from bot.replies.text import bullets, code, count, inline


def render_not_live(site: str, waited: float, missing: Sequence[tuple[str, str]], marker: str) -> str:
    """On a commit whose bytes did not come up; `missing` has addresses and reasons."""
    lines = [f"{code(url, 300)}: {inline(why)}" for url, why in missing]
    minutes = count(max(round(waited / 60), 1), "minute")
    head = f"{code(site)} was published, but after {minutes} its public address still does not show it:"
    help_text = (
        "Clients see the old source until it does. If the source is served by GitHub Pages, look at its last "
        "build (Actions, or Settings → Pages); if `base-url` of the catalog names another host, see that it "
        "serves this branch and does not cache for long. altpress keeps looking, and needs no answer."
    )
    return "\n\n".join((head, bullets(lines, "address"), help_text, marker))


def render_silence(repository: str, tags: Sequence[str], interval: int, marker: str) -> str:
    """An issue in the site: releases that only the regular comparison found."""
    head = (
        f"altpress found releases of {code(repository)} that no webhook announced, and none has come "
        f"since. They are published all the same, but only at the regular comparison with GitHub, every "
        f"{count(max(interval // 60, 1), 'minute')}."
    )
    help_text = (
        "With a GitHub App, see Advanced → Recent Deliveries in its settings, and its webhook address and "
        "secret; with a token, the repository's Settings → Webhooks. `altpress doctor` tells what is wrong. "
        "The alarm ends by itself when a webhook arrives."
    )
    return "\n\n".join((head, bullets([code(tag) for tag in tags], "release"), help_text, marker))


def render_silence_over(repository: str, marker: str) -> str:
    """In that issue, which the maintainer may close."""
    return f"Webhooks of {code(repository)} arrive again.\n\n{marker}"


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
