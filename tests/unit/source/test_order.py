"""Which version is newer."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalog import App
from bot.lock import Adopted
from bot.records import Record
from bot.source.listing import View, list_versions
from bot.source.order import number_of, order_records, order_versions
from bot.source.select import select_app
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


def adopted(version: str, build: str | None = None, date: str = "2026-01-01") -> Adopted:
    entry = {"version": version, "date": date} | ({"buildVersion": build} if build else {})
    return Adopted(scope="version", app="app", entry=entry)


@pytest.mark.parametrize(
    ("records", "lines", "expected"),
    [
        ([("2.0", "1")], [("1.9", None)], ["2.0", "1.9"]),
        ([("1.9.1", "1")], [("2.0", None), ("1.9", None)], ["2.0", "1.9.1", "1.9"]),
        ([("3.0", "1"), ("1.5", "1")], [("2.0", None), ("1.0", None)], ["3.0", "2.0", "1.5", "1.0"]),
        ([("2.0", "5")], [("2.0", "7")], ["2.0", "2.0"]),  # the higher build first: see below
        ([("1.5", "1")], [("1.0", None), ("2.0", None)], ["1.0", "2.0", "1.5"]),  # a hand's own order stays
        ([("beta-2", "1")], [("beta-3", None)], ["beta-2", "beta-3"]),  # by time: the record is of January 2
        ([("nightly", "1")], [("2.0", None)], ["nightly", "2.0"]),
    ],
)
def test_a_record_never_stands_before_a_higher_hand_made_version(records, lines, expected):
    ordered = order_records(record(n, version, build) for n, (version, build) in enumerate(records, start=2))
    found = order_versions(ordered, [adopted(*line) for line in lines])
    names = [v.facts.version if isinstance(v, Record) else v.entry["version"] for v in found]
    assert names == expected


def test_among_hand_made_versions_the_build_and_the_time_count_too():
    higher = adopted("2.0", "7")
    assert order_versions([record(1, "2.0", "5")], [higher])[0] is higher
    later = adopted("beta-3", date="2026-06-01")
    assert order_versions([record(1, "beta-2")], [later])[0] is later


def test_downgrades_put_the_release_first_that_came_last():
    def listed(app, records, lines=()):
        return list_versions(select_app(app, records, lines), View())

    records = [record(1, "2.0"), record(2, "1.9.1"), record(3, "nightly")]
    plain = [r.facts.version for r in listed(App(repository="acme/app"), records).records]
    assert plain == ["nightly", "2.0", "1.9.1"]
    allowed = App(repository="acme/app", downgrades=True)
    assert [r.facts.version for r in listed(allowed, records).records] == ["nightly", "1.9.1", "2.0"]
    assert listed(allowed, [record(2, "1.9")], [adopted("2.0")]).versions[0] == record(2, "1.9")
