"""Which failed deliveries are asked for again, and when."""

import pytest

from bot.github.hooks import HookDelivery
from bot.records import FailedDelivery
from jobs.attempts import FIRST_PAUSE_MS, KEPT_MS, LONGEST_PAUSE_MS, delivered_ms, note_asked, sort_attempts

AT = "2026-11-22T12:00:00Z"


def row(number: int, guid: str, code: int, *, at: str = AT, event: str = "release") -> HookDelivery:
    return HookDelivery(
        id=number, guid=guid, event=event, action="published", delivered_at=at, status="", status_code=code
    )  # fmt: skip


NOW = delivered_ms(row(0, "", 0)) + 60_000


@pytest.mark.parametrize(
    ("codes", "asked"),
    [
        ([200], False),
        ([202], False),
        ([204], False),
        ([503], True),
        ([504], True),
        ([401], True),
        ([302], True),
        ([0], True),
        ([502, 502], True),
        ([502, 202], False),
        ([202, 502], False),
    ],
)
def test_one_attempt_that_got_through_is_enough(codes: list[int], *, asked: bool) -> None:
    rows = [row(number, "G", code) for number, code in enumerate(codes)]
    failed, arrived = sort_attempts("app", rows, {}, NOW)
    assert [one.guid for one in failed] == (["g"] if asked else [])
    assert arrived == ([] if asked else ["g"])


def test_the_newest_attempt_is_asked_for_and_the_first_one_counts() -> None:
    rows = [row(8, "g", 502, at="2026-11-22T12:00:30Z"), row(7, "g", 502)]
    [failed], _ = sort_attempts("app", rows, {}, NOW)
    assert (failed.id, failed.failed_ms, failed.next_ms) == (8, NOW - 60_000, NOW)


def test_what_is_known_keeps_its_pause() -> None:
    known = FailedDelivery(
        guid="g", hook="app", id=1, event="push", failed_ms=NOW - 90_000, asked=2, next_ms=NOW + 9
    )
    [failed], _ = sort_attempts("app", [row(8, "g", 502)], {"g": known}, NOW)
    assert failed == known.model_copy(update={"id": 8})


def test_events_that_nobody_reads_and_old_ones_are_left_alone() -> None:
    rows = [
        row(1, "a", 502, event="star"),
        row(3, "c", 502, event="ping"),
        row(2, "b", 502, at="2026-11-19T12:00:00Z"),
    ]
    assert sort_attempts("app", rows, {}, NOW) == ([], [])
    [kept], _ = sort_attempts("app", [row(2, "b", 502)], {}, NOW + KEPT_MS - 60_001)
    assert kept.guid == "b"


def test_pauses_double_up_to_hours() -> None:
    failed = FailedDelivery(guid="g", hook="app", id=1, event="push", failed_ms=NOW)
    pauses = []
    for _ in range(12):
        failed = note_asked(failed, NOW)
        pauses.append(failed.next_ms - NOW)
    assert pauses[:3] == [FIRST_PAUSE_MS, 2 * FIRST_PAUSE_MS, 4 * FIRST_PAUSE_MS]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE_MS
