"""When silence is an alarm."""

import pytest

from bot.records import Hearing, Release
from jobs.readiness import moment
from jobs.silence import find_missed, is_silent
from tests.fakes import AT, make_repository

PUBLISHED = int(moment(AT) * 1000)
DAY = 86_400


def release(number: int = 1, published_at: str = AT) -> Release:
    return Release(
        id=number, repository=make_repository(), tag=f"v{number}", name=None, body=None, draft=False,
        prerelease=False, created_at=published_at, published_at=published_at, html_url="https://h",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("since", "heard", "unread", "missed"),
    [
        (PUBLISHED - 1, None, {1}, True),
        (PUBLISHED - 1, None, set(), False),  # it was read: somebody told of it, or an earlier sweep found it
        (PUBLISHED + 1, None, {1}, False),  # older than the watching
        (PUBLISHED - 9, PUBLISHED - 5, {1}, True),
        (PUBLISHED - 9, PUBLISHED + 5, {1}, False),  # webhooks come: its own may be on the way
    ],
)
def test_which_releases_were_missed(since: int, heard: int | None, unread: set[int], *, missed: bool) -> None:
    hearing = Hearing(since_ms=since, heard_ms=heard)
    assert find_missed([release()], unread, hearing) == ({"v1": PUBLISHED} if missed else {})


def test_what_was_missed_stays_missed_until_a_webhook_comes() -> None:
    hearing = Hearing(since_ms=1, missed={"v1": PUBLISHED})
    assert find_missed([release()], set(), hearing) == {"v1": PUBLISHED}
    heard = hearing.model_copy(update={"heard_ms": PUBLISHED + 1})
    assert find_missed([release()], set(), heard) == {}


@pytest.mark.parametrize(
    ("missed", "heard", "after", "silent"),
    [
        ({"v1": PUBLISHED}, None, DAY, True),
        ({"v1": PUBLISHED}, None, DAY - 1, False),
        ({"v1": PUBLISHED, "v2": PUBLISHED + DAY * 1000}, None, DAY, True),  # the first counts
        ({"v1": PUBLISHED}, PUBLISHED + 5, DAY, False),
        ({"v1": PUBLISHED}, PUBLISHED - 5, DAY, True),  # an old webhook does not excuse it
        ({}, PUBLISHED, 99 * DAY, False),  # no release, no alarm, however long it is quiet
    ],
)
def test_when_silence_is_an_alarm(
    missed: dict[str, int], heard: int | None, after: int, *, silent: bool
) -> None:
    hearing = Hearing(since_ms=1, heard_ms=heard, missed=missed)
    assert is_silent(hearing, PUBLISHED + after * 1000, DAY) is silent
