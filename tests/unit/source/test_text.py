"""Text from outside."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.source.text import MAX_NOTES, clean_line, clean_notes, encode_url


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        (None, ""),
        ("", ""),
        ("  \r\n\r\n ", ""),
        ("## What's new\r\n\r\n\r\n\r\n- one\r\n* two", "What's new\n\n• one\n• two"),
        ("**bold** and __strong__ and `code`", "bold and strong and code"),
        ("a * b * c ** d", "a * b * c ** d"),
        ("[text](https://x) ![pic](https://y)", "text"),
        ("<details><summary>More</summary>x</details>", "Morex"),
        ("1 < 2 > 1", "1 < 2 > 1"),
        ("before <!-- hidden\nnote --> after", "before  after"),
        ("<!-- never closed", ""),
        ("```swift\nlet x = 1\n```", "let x = 1"),
        ("a\x00b\x1b[31m\u202ec\ufeff", "ab[31mc"),
        ("#hashtag stays", "#hashtag stays"),
    ],
)
def test_notes(markdown, plain):
    assert clean_notes(markdown) == plain


def test_notes_are_cut_at_the_end_of_a_line():
    cleaned = clean_notes("\n".join(["x" * 99] * 100))
    assert len(cleaned) <= MAX_NOTES
    assert cleaned.endswith("x\n…")
    assert set(cleaned.split("\n")[:-1]) == {"x" * 99}


@pytest.mark.parametrize(
    "hostile",
    [
        "<" * 100_000,
        "[" * 100_000,
        "![" * 50_000,
        "*" * 100_000,
        "`" * 100_000,
        "<!--" * 30_000,
        "**a " * 30_000,
    ],
)
def test_hostile_notes_take_no_time(hostile):
    begun = time.process_time()
    clean_notes(hostile)
    assert time.process_time() - begun < 5


@given(st.text())
def test_notes_can_always_be_written(text):
    clean_notes(text).encode("utf-8")
    assert "\n" not in clean_line(text)


@pytest.mark.parametrize(
    ("url", "encoded"),
    [
        ("https://x/a b", "https://x/a%20b"),
        ("https://x/a%20b", "https://x/a%20b"),
        ("https://x/100%", "https://x/100%25"),
        ("https://x/ü?q=1&r=[2]#f", "https://x/%C3%BC?q=1&r=[2]#f"),
        (' https://x/"<>|{}^`\\ ', "https://x/%22%3C%3E%7C%7B%7D%5E%60%5C"),
    ],
)
def test_encode_url(url, encoded):
    assert encode_url(url) == encoded
    assert encode_url(encoded) == encoded
