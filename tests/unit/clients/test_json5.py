"""Bytes as Apple's decoders take them."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clients.json5 import Dialect, NotJson, read_json
from tests.unit.clients.documents import BASE, text, verdicts, warnings

ALL, JSON5_ONLY, NOBODY = "+++++", "+++--", "-----"
PLAIN = text()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (PLAIN.encode(), ALL),
        (b"\xef\xbb\xbf" + PLAIN.encode(), ALL),
        (PLAIN.encode("utf-16"), ALL),
        (PLAIN.encode("utf-16-be"), ALL),
        (PLAIN.encode("utf-32"), ALL),
        (PLAIN.replace("]}]}", "],},],}").encode(), ALL),
        (b"// hello\n" + PLAIN.encode(), JSON5_ONLY),
        (PLAIN.replace('"name"', "name").encode(), JSON5_ONLY),
        (PLAIN.replace('"', "'").encode(), JSON5_ONLY),
        (PLAIN.replace("1000", "0x3e8").encode(), JSON5_ONLY),
        (PLAIN.replace("1000", "+1000").encode(), JSON5_ONLY),
        (PLAIN.replace(", ", " ").encode(), NOBODY),
        (PLAIN.encode() + b"x", NOBODY),
        (PLAIN[:-1].encode(), NOBODY),
        (b"", NOBODY),
        (b"<!DOCTYPE html>", NOBODY),
        (b"\xff\xfe\xfd", NOBODY),
        (b"[" * 100_000, NOBODY),
        (b'{"a":' * 100_000, NOBODY),
        (b"/*" * 100_000, NOBODY),
        (PLAIN.replace("1000", "NaN").encode(), "-----"),
        (PLAIN.replace("1000", "9" * 5000).encode(), "---+-"),
        (PLAIN.replace("1000", "01000").encode(), NOBODY),
        ("\u00a0".encode() + PLAIN.encode(), NOBODY),
        (b"\v\f" + PLAIN.encode(), JSON5_ONLY),
        (PLAIN.replace('"S"', '"a\tb"').encode(), NOBODY),
        (PLAIN.replace('"S"', '"a\nb"').encode(), NOBODY),
        (PLAIN.replace('"S"', r'"a\_b"').encode(), NOBODY),
        (PLAIN.replace('"S"', r'"\u12"').encode(), NOBODY),
        (PLAIN.replace('"S"', r'"it\'s"').encode(), JSON5_ONLY),
        (PLAIN.replace('"name"', '"of nobody": "a\tb\n", "name"').encode(), ALL),
        (PLAIN.replace('"name"', r'"of nobody": "a\_b", "name"').encode(), ALL),
        (PLAIN.replace('"name"', '"a\tb": 1, "name"').encode(), NOBODY),
        (PLAIN.replace('"name"', '"of nobody": ' + "[" * 511 + "]" * 511 + ', "name"', 1).encode(), ALL),
        (PLAIN.replace('"name"', '"of nobody": ' + "[" * 512 + "]" * 512 + ', "name"', 1).encode(), NOBODY),
    ],
)
def test_verdicts_on_bytes(data, expected):
    assert verdicts(data) == expected


def test_the_first_of_two_equal_keys_wins():
    data = PLAIN.replace('"name": "S"', '"name": "S", "name": 5').encode()
    assert verdicts(data) == ALL
    assert warnings(data) == [("duplicateKey", "")]
    assert read_json(b'{"a": 1, "b": {"c": 1, "c": 2}, "a": 2}').value == {"a": 1, "b": {"c": 1}}


def test_a_loose_document_is_a_warning():
    assert warnings(PLAIN.replace("]}]}", "],}]}").encode()) == [("looseJson", "")]


@pytest.mark.parametrize(
    ("data", "value", "dialect"),
    [
        ("[1,]", [1], Dialect.TRAILING_COMMA),
        ("{a: 1, $b: .5, 'c': 5.,}", {"a": 1, "$b": 0.5, "c": 5.0}, Dialect.JSON5),
        ("/* x */ [ 0xFF, -0x10, +1e2 ] // y", [255, -16, 100.0], Dialect.JSON5),
        (r"['\'\x41\u0042\n', 'a\
b']", ["'AB\n", "ab"], Dialect.JSON5),
        (r'["\ud83d\ude00",]', ["😀"], Dialect.TRAILING_COMMA),
        ("[true, false, null,]", [True, False, None], Dialect.TRAILING_COMMA),
        ("{имя: 1}", {"имя": 1}, Dialect.JSON5),
        ("['a\tb']", ["a\tb"], Dialect.JSON5),
        ('["a\tb"]', ["a\tb"], Dialect.ODD_TEXT),
        (r'["a\_b",]', ["a_b"], Dialect.TRAILING_COMMA),
        ("[1] // \u2028 2", [1], Dialect.JSON5),
    ],
)  # fmt: skip
def test_values_of_json5(data, value, dialect):
    read = read_json(data.encode())
    assert (read.value, read.dialect) == (value, dialect)


@pytest.mark.parametrize(
    "data", ["[,]", "[1,,]", "{,}", "{a}", "{a:}", "{1: 2}", "[1 2]", "tru", "[undefined]", "'x"]
)
def test_what_is_no_json5(data):
    with pytest.raises(NotJson):
        read_json(data.encode())


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_the_scanner_reads_json_like_the_standard_library(value):
    strict = json.dumps(value)
    assert read_json(strict.encode()).value == json.loads(strict)
    assert read_json(f"/**/{strict}".encode()).value == json.loads(strict)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data):
    with suppress(NotJson):
        read_json(data)


def test_an_object_is_as_good_as_its_bytes():
    assert verdicts(BASE) == verdicts(PLAIN.encode()) == ALL
