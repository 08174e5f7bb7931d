"""What is chosen to go wrong."""

from collections import Counter

import pytest

from bot.sandbox.faults import Faults, Shares


def test_nothing_goes_wrong_unless_asked_for() -> None:
    faults = Faults()
    assert [faults.choose_call() for _ in range(100)] == [None] * 100
    assert {faults.choose_delivery() for _ in range(100)} == {(False, 1, 0.0)}


def test_the_shares_are_kept() -> None:
    faults = Faults(Shares(calls=0.5, dropped=0.2, doubled=0.2, late=0.2), seed=1)
    calls = Counter(faults.choose_call() for _ in range(2000))
    assert 900 < calls.pop(None) < 1100
    assert len(calls) == 6
    assert min(calls.values()) > 100
    for _ in range(1000):
        faults.choose_delivery()
    assert all(100 < faults.counts[name] < 300 for name in ("dropped", "doubled", "late"))


@pytest.mark.parametrize("values", [{"calls": 1.0}, {"dropped": -0.1}, {"late_seconds": 61}, {"call": 0.1}])
def test_shares_out_of_range_and_unknown_ones_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"must be between|unknown"):
        Faults().set(values)
