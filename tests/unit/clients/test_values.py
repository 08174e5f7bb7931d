"""Dates, colours, addresses and numbers as Swift takes them."""

import pytest

from bot.clients.dates import moment, read_moment
from bot.clients.values import Fault, colour, integer, url


def kind(faults: list[Fault]) -> str:
    """`ok`, `warning`, or `error`."""
    return str(faults[0].severity) if faults else "ok"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2023-02-17", "ok"),
        ("2023-02-17T12:00:00Z", "ok"),
        ("2023-02-17T12:00:00z", "ok"),
        ("2023-02-17T12:00:00-06:00", "ok"),
        ("2023-02-17T12:00:00+0530", "ok"),
        ("2023-02-17T12:00:00.000Z", "warning"),
        ("2023-02-17T12:00:00", "warning"),
        ("2023-02-17T12:00Z", "warning"),
        ("2023-02-17 12:00:00", "warning"),
        ("2023-02-17garbage", "warning"),
        ("2023-2-17", "warning"),
        ("2024-9-07T18:30:00Z", "warning"),
        ("2023-02-17T24:00:00Z", "warning"),
        ("2023-02-17T23:59:60Z", "warning"),
        ("2023-02-17t12:00:00Z", "warning"),
        ("2024-02-29", "ok"),
        *((bad, "error") for bad in (
            "2023-2-7", "2023-12-7", "2022-9-5", "2023-13-01", "2023-02-30", "2023-00-10", "20230217",
            "2023/02/17", "17-02-2023", "Feb 17, 2023", "2023-02", "", "Fri, 17 Feb 2023 12:00:00 GMT",
            "٢٠٢٣-02-17", 5, None, True, ["2023-02-17"],
        )),
    ],
)  # fmt: skip
def test_dates(value, expected):
    assert kind(moment(value)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("#F54F32", "ok"), ("f54f32", "ok"), (" #F54F32; ", "ok"), ("abc", "warning"),
        ("80F54F32", "warning"),
        ("12345G", "warning"),
        ("0xFFFF", "warning"), ("0xF", "warning"), ("", "error"), ("#12345", "error"),
        ("#", "error"),
        ("red", "error"), ("GGGGGG", "error"), ("0xG", "error"), ("blue!!", "error"), (5, "error"),
    ],
)  # fmt: skip
def test_colours(value, expected):
    assert kind(colour(value)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://e.x/a%20b?q=[1]#f", "ok"),
        ("https://e.x", "ok"), ("https://e.x:8443/", "ok"), ("", "error"),
        ("https://e.x/a b", "warning"), ("https://e.x/ü", "warning"), ("https://e.x/100%", "warning"),
        ("http://e.x/a", "warning"),
        ("a.png", "warning"), ("file:///a", "warning"),
        ("https://e.x:port/", "error"),
        ("https://[::1", "error"), ("https://[::1]:80/", "warning"), (5, "error"), (None, "error"),
    ],
)  # fmt: skip
def test_addresses(value, expected):
    assert kind(url(value)) == expected


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (5, None), (5.0, None), (1e3, None), (0, None), (-10, None), (1000, None), (1001, "dataCorrupted"),
        (-11, "dataCorrupted"), (5.5, "dataCorrupted"), (1e300, "dataCorrupted"), ("5", "typeMismatch"),
        (True, "typeMismatch"), (None, "valueNotFound"), ([], "typeMismatch"),
    ],
)  # fmt: skip
def test_integers(value, code):
    assert [fault.code for fault in integer(-10, 1000)(value)] == ([code] if code else [])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-01-02", "2024-01-02T00:00:00+00:00"),
        ("2024-1-02T03:04:05Z", "2024-01-02T03:04:05+00:00"),
        ("2024-01-02T03:04:05+01:30", "2024-01-02T01:34:05+00:00"),
        ("2024-01-02T03:04:05-0530", "2024-01-02T08:34:05+00:00"),
        ("2024-01-02T03:04:05-06", "2024-01-02T09:04:05+00:00"),
        ("2024-01-02T03:04:05.678Z", "2024-01-02T00:00:00+00:00"),
        ("2024-01-02garbage", "2024-01-02T00:00:00+00:00"),
        ("2024-02-30", None),
        ("", None),
        (5, None),
    ],
)
def test_the_moment_that_is_read(value, expected):
    moment_read = read_moment(value)
    assert (moment_read and moment_read.isoformat()) == expected
