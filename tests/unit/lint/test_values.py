"""Single values: what is written instead, and that it is right then."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clients.dates import moment
from bot.clients.values import colour, url
from bot.lint.values import fix_colour, fix_date, fix_number, fix_url, privacy_key

DATES = {
    "2023-02-17": None,
    "2023-02-17T12:00:00Z": None,
    "2023-02-17T12:00:00+02:00": None,
    "2023-2-17": "2023-02-17",
    "2023-2-7": "2023-02-07",
    "2022-9-5": "2022-09-05",
    "2024-9-07T18:30:00Z": "2024-09-07T18:30:00Z",
    "2023-02-17T12:00:00.000Z": "2023-02-17T12:00:00Z",
    "2023-02-17T12:00:00.1234567Z": "2023-02-17T12:00:00Z",
    "2023-02-17T12:00:00.5-06:00": "2023-02-17T18:00:00Z",
    "2023-02-17T23:30:00-0600": "2023-02-18T05:30:00Z",
    "2023-02-17T12:00:00": "2023-02-17T12:00:00Z",
    "2023-02-17T12:00Z": "2023-02-17T12:00:00Z",
    "2023-02-17T03:04": "2023-02-17T03:04:00Z",
    "2023-02-17 12:00:00": "2023-02-17T12:00:00Z",
    "2023-02-17t12:00:00z": "2023-02-17T12:00:00Z",
    "2023/02/17": "2023-02-17",
    " 2023-02-17 ": "2023-02-17",
    "0007-1-2": "0007-01-02",
    # what it means cannot be told
    "": None,
    "2023-02-30": None,
    "2023-13-1": None,
    "2023-02-17T24:00:00Z": None,
    "2023-02-17garbage": None,
    "17-02-2023": None,
    "02/17/2023": None,
    "Feb 17, 2023": None,
    "0001-1-1T00:00:00.0+10:00": None,
}
COLOURS = {
    "#ff0000": None,
    "#FF0000": None,
    "ff0000": "#ff0000",
    "f00": "#ff0000",
    "#1a2": "#11aa22",
    " #ff0000; ": "#ff0000",
    "0xff0000": "#ff0000",
    "#ff112233": "#112233",  # alpha first, as AltStore has it
    "#112233FF": "#112233",  # alpha last, as Feather has it
    "#80112233": "#112233",
    "red": None,
    "": None,
    "#12345": None,
    "12345G": None,
}
URLS = {
    "https://e.x/a.ipa": None,
    "https://e.x/a b.ipa": "https://e.x/a%20b.ipa",
    "https://e.x/a%20b.ipa": None,
    "https://e.x/100%.ipa": "https://e.x/100%25.ipa",
    "https://e.x/é|": "https://e.x/%C3%A9%7C",
    " https://e.x/a ": "https://e.x/a",
    "icon 1.png": "icon%201.png",
    "http://e.x/a b": "http://e.x/a%20b",
    "https://ex ample.com/a": None,
    "https://exämple.com/a b": None,
    "https://[::1": None,
    "": None,
    "  ": None,
}


@pytest.mark.parametrize(("text", "fixed"), DATES.items())
def test_dates(text, fixed):
    assert fix_date(text) == fixed
    if fixed:
        assert not moment(fixed)


@pytest.mark.parametrize(("text", "fixed"), COLOURS.items())
def test_colours(text, fixed):
    assert fix_colour(text) == fixed
    if fixed:
        assert not colour(fixed)


@pytest.mark.parametrize(("text", "fixed"), URLS.items())
def test_urls(text, fixed):
    assert fix_url(text) == fixed


def test_an_encoded_address_is_one_for_every_system():
    assert not url(fix_url("https://e.x/a b|ü.ipa"))


@pytest.mark.parametrize(
    ("text", "fixed"),
    {
        "1000": 1000,
        "007": 7,
        "1,000": None,
        "12.5": None,
        "-1": None,
        "": None,
        "²": None,
        "9" * 19: None,
    }.items(),
)
def test_numbers(text, fixed):
    assert fix_number(text) == fixed


@pytest.mark.parametrize(
    ("name", "key"),
    {
        "Camera": "NSCameraUsageDescription",
        "NSCamera": "NSCameraUsageDescription",
        "NSCameraUsageDescription": "NSCameraUsageDescription",
        "NFCReader": "NFCReaderUsageDescription",
        "NSLocationTemporaryUsageDescriptionDictionary": "NSLocationTemporaryUsageDescriptionDictionary",
    }.items(),
)
def test_privacy_keys(name, key):
    assert privacy_key(name) == key
    assert privacy_key(key) == key


@pytest.mark.parametrize("fix", [fix_date, fix_colour, fix_url])
@given(text=st.text(max_size=30) | st.text(alphabet="0123456789abcf#:-.TZ/ %+", max_size=30))
def test_what_is_fixed_stays(fix, text):
    fixed = fix(text)
    assert fixed is None or fix(fixed) is None
