"""Which version is newer."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.source.order import number_of, order_records
from tests.unit.source.values import record


def order(*rows):
    """Rows of (day, version, build)."""
    records = [record(day, version, build) for day, version, build in rows]
    random.Random(5).shuffle(records)
    return [(r.facts.version, r.facts.build_version) for r in order_records(records)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(1, "1.2", "1"), (2, "1.10", "1"), (3, "1.9", "1")], ["1.10", "1.9", "1.2"]),
        ([(3, "1.0", "1"), (1, "2.0", "1")], ["2.0", "1.0"]),
        ([(1, "1.0", "9"), (2, "1.0", "10"), (3, "1.0", "2")], ["1.0/10", "1.0/9", "1.0/2"]),
        ([(1, "1.0", "1.2.3"), (2, "1.0.0", "1.2.4")], ["1.0.0/1.2.4", "1.0/1.2.3"]),
        ([(1, "1.0", "abc"), (2, "1.0", "abd")], ["1.0/abd", "1.0/abc"]),
        ([(1, "2.0", "1"), (2, "beta", "1"), (3, "1.0", "1")], ["beta", "2.0", "1.0"]),
        ([(1, "alpha", "1"), (2, "beta", "1"), (3, "1.0", "1")], ["1.0", "beta", "alpha"]),
        ([(2, "1.0", "1"), (1, "1.0-rc1", "1")], ["1.0", "1.0-rc1"]),
        ([(1, "1.0", "x"), (2, "1.0", "5"), (3, "1.0", "4")], ["1.0/5", "1.0/4", "1.0/x"]),
        ([(1, "9" * 5000, "1"), (2, "1", "1")], ["1", "9" * 5000]),
    ],
)
def test_order(rows, expected):
    found = order(*rows)
    short = [v if "/" not in e else f"{v}/{b}" for (v, b), e in zip(found, expected, strict=True)]
    assert short == expected


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.2.0", (1, 2)), ("0", ()), ("007", (7,)), ("v1", None), ("1.", None), ("", None), ("1..2", None),
        ("\u0661", None), ("1" * 19, None), ("-1", None),
    ],
)  # fmt: skip
def test_number_of(text, number):
    assert number_of(text) == number


VERSIONS = st.sampled_from(["1.0", "1.0.0", "1.2", "1.10", "beta", "rc", "2", ""])


@given(st.lists(st.tuples(st.integers(1, 28), VERSIONS, VERSIONS), max_size=8), st.randoms())
def test_the_order_of_arrival_does_not_matter(rows, random_):
    records = [record(day, v, b, asset_id=i) for i, (day, v, b) in enumerate(rows)]
    expected = order_records(records)
    random_.shuffle(records)
    assert order_records(records) == expected


@given(st.lists(st.tuples(st.integers(1, 28), VERSIONS), min_size=2, max_size=8))
def test_a_greater_number_never_stands_behind_a_smaller(rows):
    ordered = order_records([record(day, v, asset_id=i) for i, (day, v) in enumerate(rows)])
    numbers = [n for r in ordered if (n := number_of(r.facts.version)) is not None]
    assert numbers == sorted(numbers, reverse=True)
