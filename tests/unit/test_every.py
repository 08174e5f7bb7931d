"""What is done once in so many seconds."""

import pytest

from bot.every import Every


@pytest.mark.parametrize(("at_once", "times"), [(True, [0, 5, 10, 17]), (False, [5, 10, 17])])
def test_it_is_due_once_in_so_many_seconds(at_once: bool, times: list[int]) -> None:
    now = [100.0]
    every = Every(5, lambda: now[0], at_once=at_once)
    found = []
    for second in (0, 0, 4, 5, 6, 9, 10, 17, 18, 21):
        now[0] = 100.0 + second
        if every.due():
            found.append(second)
    assert found == times


def test_it_may_be_wanted_before() -> None:
    every = Every(5, lambda: 0.0)
    assert every.due()
    assert not every.due()
    every.now()
    assert every.due()
    assert not every.due()
