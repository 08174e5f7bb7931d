"""Where values stand, in strict and loose documents, and what is shown of the lines."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.lint.excerpts import render_excerpt
from bot.lint.positions import find_places

LOOSE = """{
  // a comment
  name: 'S', "tab":\t1,\r\n  "apps": [
    {"versions": [{"size": 0x10,}, {"date": "2024",
      "long": {
        "a": 1 }}]}
  ],
  "name": "twice"
}"""
# path -> line, column, the text under the carets, exact
PLACES = {
    ("name",): (3, 9, "'S'", True),
    ("tab",): (3, 21, "1", True),
    ("apps", 0, "versions", 0, "size"): (5, 28, "0x10", True),
    ("apps", 0, "versions", 1, "date"): (5, 45, '"2024"', True),
    ("apps", 0, "versions", 1, "long"): (6, 15, "{", True),
    ("apps", 0, "versions", 1, "long", "a"): (7, 14, "1", True),
    ("apps", 0, "versions", 1, "size"): (5, 36, "{", False),
    ("apps", 4, "size"): (4, 11, "[", False),
    ("nothing",): (1, 1, "{", False),
}


@pytest.mark.parametrize(("path", "expected"), PLACES.items())
def test_places(path, expected):
    source = find_places(LOOSE.encode(), [path])
    place = source.place(path)
    line = source.line(place.line)
    under = line[place.column - 1 : place.end_column - 1]
    assert (place.line, place.column, under, place.exact) == expected


def test_all_at_once_with_a_byte_order_mark():
    source = find_places(b"\xef\xbb\xbf" + LOOSE.encode(), PLACES)
    assert all(source.place(path).line == expected[0] for path, expected in PLACES.items())


def test_the_place_where_reading_stopped():
    source = find_places(b'{"a": 1\n "b": 2}', [("a",), ()])
    assert (source.place(()).line, source.place(()).column) == (2, 2)
    assert source.place(("a",)).exact


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", b"[" * 5000, b"<html>", b'"', b"{"])
def test_what_is_no_document_never_raises(data):
    source = find_places(data, [("a", 0), ()])
    place = source.place(())
    assert place is None or render_excerpt(source, place) is not None


@given(
    st.recursive(
        st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    )
)
def test_every_value_of_strict_json_is_found(value):
    text = json.dumps(value, indent=1)
    paths = dict(walk(value))
    source = find_places(text.encode(), paths)
    for path, item in paths.items():
        start, end = source.spans[path]
        assert json.loads(text[start:end]) == item


def walk(value, path=()):
    yield path, value
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in below:
        yield from walk(item, (*path, key))


def excerpt(text, path):
    source = find_places(text.encode(), [path])
    return [(line.number, line.text) for line in render_excerpt(source, source.place(path))]


def test_an_excerpt():
    assert excerpt('{\n  "a": "x",\n  "b": 12\n}', ("a",)) == [
        (1, "{"),
        (2, '  "a": "x",'),
        (None, "       ^^^"),
        (3, '  "b": 12'),
    ]


def test_wide_letters_and_tabs_keep_the_caret_in_place():
    assert excerpt('{\t"漢": 5}', ("漢",))[1] == (None, "        ^")


def test_a_minified_document_is_cut_around_the_value():
    text = '{"x": "' + "y" * 5000 + '", "a": 5, "z": "' + "y" * 5000 + '"}'
    [(number, line), (_, carets)] = excerpt(text, ("a",))
    assert number == 1
    assert len(line) == 96
    assert (line[0], line[-1]) == ("…", "…")
    assert line[carets.index("^")] == "5"


def test_control_characters_are_not_shown():
    [(_, line), _] = excerpt('{"a": "\x1b[31m\u202e"}', ("a",))
    assert line.isprintable()
