"""What altpress tells of bytes that do not come up and webhooks that do not come, as Markdown. No I/O."""

from collections.abc import Sequence

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
