"""How long to wait between two looks."""

import pytest

from jobs.live import plan_wait


@pytest.mark.parametrize(("age", "wait"), [(0, 1), (1, 1), (4, 2), (60, 30), (300, 60), (3600, 60)])
def test_waits_grow_with_the_age(age: float, wait: float) -> None:
    assert plan_wait(age) == wait
