"""GitHub's secondary limits, as the sandbox keeps them."""

import pytest

from bot.sandbox.content_limits import Bounds, ContentLimits, parse_bounds


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_counts_and_refuses_nothing_unless_asked(clock: Clock) -> None:
    limits = ContentLimits(clock=clock)
    assert {limits.use("1") for _ in range(600)} == {None}
    assert limits.show() == {"1": {"total": 600, "refused": 0, "most_in_minute": 600, "most_in_hour": 600}}


def test_the_81st_in_a_minute_is_told_when_to_come_back(clock: Clock) -> None:
    limits = ContentLimits(Bounds(enforced=True), clock)
    assert {limits.use("1") for _ in range(80)} == {None}
    clock.now += 20
    assert limits.use("1") == 40
    assert limits.use("2") is None, "another installation"
    clock.now += 40
    assert limits.use("1") is None
    assert limits.show()["1"] == {"total": 81, "refused": 1, "most_in_minute": 80, "most_in_hour": 81}


def test_the_501st_in_an_hour(clock: Clock) -> None:
    limits = ContentLimits(Bounds(enforced=True), clock)
    for _ in range(500):
        assert limits.use("1") is None
        clock.now += 1
    assert limits.use("1") == 3600 - 500
    clock.now += 3100
    assert limits.use("1") is None


def test_windows_may_be_shorter(clock: Clock) -> None:
    limits = ContentLimits(Bounds(enforced=True, minute=1, speed=60), clock)
    assert limits.use("1") is None
    assert limits.use("1") == 1
    clock.now += 1
    assert limits.use("1") is None


@pytest.mark.parametrize("values", [{"speed": 0}, {"minute": -1}, {"enforced": 1}, {"day": 3}, {"hour": "x"}])
def test_refuses_what_makes_no_sense(values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"unknown|is no such value"):
        parse_bounds(values)


def test_reads_bounds() -> None:
    assert parse_bounds({"enforced": True, "speed": 2.5}) == Bounds(enforced=True, speed=2.5)
