import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.words import BadFlag, read_arguments, split_words

CASES = {
    "none": ("", []),
    "plain": ("a b", ["a", "b"]),
    "double": ('"a b" c', ["a b", "c"]),
    "single": ("'a b'", ["a b"]),
    "backticks": (r"`a\_b c`", [r"a\_b c"]),
    "escaped quote": (r'"a \" b"', ['a " b']),
    "escapes": (r"a\_b \*c\*", ["a_b", "*c*"]),
    "backslash of a path": (r"a\b", [r"a\b"]),
    "empty": ('"" b', ["", "b"]),
    "German": ("\u201ea b\u201c", ["a b"]),
    "inside a word": ('6" a"b"c', ['6"', 'a"b"c']),
    "closed inside a word": ('"a"b c"', ['a"b c']),
    "never closed": ("'a b", ["'a", "b"]),
    "value of a flag": ('--until="a b" c', ["--until=a b", "c"]),
    "zero width": ("\ufeffa\u200b", ["a"]),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_quotes_hold_words_together(text, expected):
    assert [word.text for word in split_words(text)] == expected


TAKES = {"until": True, "force": False}


@pytest.mark.parametrize(
    ("text", "positional", "flags"),
    [
        ("a --until 2026-11-22 b", ("a", "b"), {"until": "2026-11-22"}),
        ("--until=2026 a", ("a",), {"until": "2026"}),
        ('--until="22 November" a', ("a",), {"until": "22 November"}),
        ('--until "--force"', (), {"until": "--force"}),
        ("--until=", (), {"until": ""}),
        ("--force a", ("a",), {"force": None}),
        ("--FORCE", (), {"force": None}),
        ("\u2014force a", ("a",), {"force": None}),
        ("a -- --force", ("a", "--force"), {}),
        ('a "--force"', ("a", "--force"), {}),
        ("a -x - --", ("a", "-x", "-"), {}),
    ],
)
def test_flags_are_told_from_arguments(text, positional, flags):
    arguments = read_arguments(split_words(text), TAKES)
    assert arguments.positional == positional
    assert arguments.flags == flags


@pytest.mark.parametrize(
    ("text", "known", "wanted"),
    [
        ("--other", False, False),
        ("--until", True, True),
        ("--until --force", True, True),
        ("--force=yes", True, False),
    ],
)
def test_flags_that_cannot_be_read_are_refused(text, known, wanted):
    with pytest.raises(BadFlag) as caught:
        read_arguments(split_words(text), TAKES)
    assert (caught.value.known, caught.value.wanted) == (known, wanted)


@given(st.text(st.sampled_from("ab \"'`\\\u201c\u201d-=\u2014\n\u00a0"), max_size=60))
def test_no_line_raises_but_for_its_flags_and_no_word_is_lost(text):
    words = split_words(text)
    assert sum(text.count(letter) for letter in "ab") == sum(w.text.count(c) for w in words for c in "ab")
    with contextlib.suppress(BadFlag):
        read_arguments(words, TAKES)
