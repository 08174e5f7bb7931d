"""Whether people can get what was published."""

import pytest

from bot.records import Hosted, Liveness, Publication
from bot.replies import SiteStatus, render_status
from bot.replies.watching import tell_live

NOW = 1_790_000_000_000
HOSTED = Hosted(path="apps.json", url="https://x/apps.json", blob="0")


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
