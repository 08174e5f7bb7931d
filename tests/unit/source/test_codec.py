"""The canonical bytes of a document."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import BadSource
from bot.source.codec import has_float, order_keys, parse_source, render_source
from bot.source.model import Source

TEXT = st.text(st.characters() | st.characters(categories=["Cs", "Cc", "Cf", "Zl"]), max_size=8)
NUMBERS = (
    st.integers()
    | st.integers(-(2**70), 2**70)
    | st.sampled_from([2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([0.0, -0.0, 1.0, 1e16, 1e-5, 5e-324, 1.7976931348623157e308])
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)


def written_by_the_standard_library(document):
    ordered = order_keys(document, Source)
    return (json.dumps(ordered, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")


@settings(max_examples=500, deadline=None)
@given(st.dictionaries(TEXT | st.sampled_from(["apps", "name", "news"]), VALUES, max_size=4))
def test_the_bytes_are_those_of_the_standard_library(document):
    assert render_source(document) == written_by_the_standard_library(document)


@pytest.mark.parametrize(
    "value",
    [
        [], {}, [[]], {"a": {}}, '\x00\x1f\x7f\u2028"\\/', "\ud800", "\ud83d\ude00", 2**64, -(2**63) - 1, 1.0,
        1e16, 1e22, 0.1, -0.0, True, None, "😀ü",
    ],
)  # fmt: skip
def test_one_value(value):
    assert render_source({"x": value}) == written_by_the_standard_library({"x": value})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": [float("-inf")]}])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        render_source({"name": value})


@given(VALUES)
def test_fractions_are_found_wherever_they_are(value):
    found = []
    json.dumps(value, default=str)
    _collect(value, found)
    assert has_float(value) == any(type(item) is float for item in found)


def _collect(value, found):
    found.append(value)
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _collect(item, found)


def test_keys_are_in_the_models_order_and_unknown_ones_behind_them_by_name():
    version = {"zz": 1, "size": 2, "date": "d", "aa": 3, "version": "1"}
    app = {"versions": [version], "x": {"b": 1, "a": 2}, "name": "n"}
    document = order_keys({"apps": [app], "name": "s", "news": [{"title": "t", "identifier": "i"}]}, Source)
    assert list(document) == ["name", "apps", "news"]
    assert list(document["apps"][0]) == ["name", "versions", "x"]
    assert list(document["apps"][0]["versions"][0]) == ["version", "date", "size", "aa", "zz"]
    assert list(document["apps"][0]["x"]) == ["b", "a"]  # an unknown key's value is somebody else's
    assert list(document["news"][0]) == ["identifier", "title"]


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b"null"])
def test_what_is_no_document(data):
    with pytest.raises(BadSource):
        parse_source(data)


def test_deep_nesting_is_written_as_far_as_python_goes():
    deep = []
    for _ in range(400):
        deep = [deep]
    assert render_source({"x": deep}) == written_by_the_standard_library({"x": deep})
