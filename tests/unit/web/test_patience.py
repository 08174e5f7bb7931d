"""Who may wait for the database, and how long."""

from collections.abc import Callable
from contextlib import ExitStack

import pytest

from bot.errors import Unavailable
from bot.web.patience import AWAY, CROWDED, QUICK, WHOLE, Patience


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def patience(clock: Callable[[], float]) -> Patience:
    """Of four threads: two may wait."""
    return Patience(4, clock)


def find_away(patience: Patience) -> None:
    with pytest.raises(Unavailable), patience.watch():
        raise Unavailable("It does not answer.")


def test_half_of_the_threads_may_wait_the_whole_time(patience: Patience) -> None:
    with ExitStack() as stack:
        waits = [stack.enter_context(patience.watch()) for _ in range(4)]
    assert waits == [WHOLE, WHOLE, CROWDED, CROWDED]


def test_those_who_have_left_make_room(patience: Patience) -> None:
    for _ in range(5):
        with patience.watch() as seconds:
            assert seconds == WHOLE


def test_database_that_is_away_is_tried_shortly_by_half_of_the_threads(patience: Patience) -> None:
    find_away(patience)
    with patience.watch() as first, patience.watch() as second:
        assert (first, second) == (QUICK, QUICK)
        with pytest.raises(Unavailable) as refused, patience.watch():
            pytest.fail("no thread is free for it")
        assert refused.value.retry_after == AWAY


def test_one_answer_shows_that_it_is_back(patience: Patience) -> None:
    find_away(patience)
    with patience.watch():
        pass
    with patience.watch() as seconds:
        assert seconds == WHOLE


def test_that_it_was_away_is_forgotten(patience: Patience, clock: Clock) -> None:
    find_away(patience)
    clock.now += AWAY
    with patience.watch() as seconds:
        assert seconds == WHOLE


def test_refusal_for_want_of_room_says_nothing_new(patience: Patience, clock: Clock) -> None:
    find_away(patience)
    clock.now += AWAY - 1
    with patience.watch(), patience.watch():
        with pytest.raises(Unavailable), patience.watch():
            pytest.fail("no thread is free for it")
        clock.now += 1
        with patience.watch() as seconds:
            assert seconds == CROWDED


def test_failure_of_something_else_is_no_sign(patience: Patience) -> None:
    with pytest.raises(ValueError, match="a bug"), patience.watch():
        raise ValueError("a bug")
    with pytest.raises(Unavailable), patience.wait():
        raise Unavailable("Redis does not answer.")
    with patience.watch() as seconds:
        assert seconds == WHOLE


def test_one_thread_may_always_wait() -> None:
    with Patience(1).watch() as seconds:
        assert seconds == WHOLE
