"""What is told of bytes that do not come up and webhooks that do not come."""

import pytest

from bot.records import Hosted, Liveness, Publication
from bot.replies import SiteStatus, render_status
from bot.replies.watching import render_not_live, render_silence, render_silence_over, tell_live

NOW = 1_790_000_000_000
HOSTED = Hosted(path="apps.json", url="https://x/apps.json", blob="0")
MARK = "<!-- altpress:x:y -->"


def publication(live: Liveness | None = None, seconds: float = 0, *, watched: bool = True) -> Publication:
    return Publication(
        site="acme/source@main", commit="c" * 40, parent="p", subject="Publish Acme", causes=(), at_ms=NOW,
        outputs=(HOSTED,) if watched else (), live=live, live_ms=NOW + int(seconds * 1000) if live else None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("published", "told"),
    [
        (publication(Liveness.LIVE, 3.4), "live after 3 s"),
        (publication(Liveness.LIVE, 119), "live after 119 s"),
        (publication(Liveness.LIVE, 300), "live after 5 minutes"),
        (publication(Liveness.SUPERSEDED), "superseded before it was seen live"),
        (publication(Liveness.NOT_LIVE), "not live: its public address shows something else"),
        (publication(), "not seen live yet"),
        (publication(watched=False), None),
    ],
)
def test_whether_people_can_get_it(published: Publication, told: str | None) -> None:
    assert tell_live(published) == told
    status = render_status(SiteStatus("acme/source@main", published, "https://c", 0, ()), NOW + 60_000)
    assert (f", {told}" in status) == (told is not None)


def test_what_is_not_live_says_where_and_what_to_do() -> None:
    hostile = [("https://x/`@everyone`", "x\x1b <img> @everyone")]
    text = render_not_live("acme/source@main", 1800, hostile, MARK)
    assert "after 30 minutes" in text
    assert "GitHub Pages" in text
    assert "<img>" not in text
    assert "@everyone" not in text.replace("`https://x/'@everyone'`", "")
    assert text.endswith(MARK)


def test_silence_names_the_releases() -> None:
    text = render_silence("acme/app", ["v1.0", "`v2`\n# x"], 300, MARK)
    assert "`v1.0`" in text
    assert "every 5 minutes" in text
    assert "\n# x" not in text
    assert "altpress doctor" in text
    assert "arrive again" in render_silence_over("acme/app", MARK)
