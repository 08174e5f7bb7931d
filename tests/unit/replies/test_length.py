"""Shortening: never too long, never in the middle of something."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.replies.length import LONGEST_REPLY, measure, share_out, shortened
from bot.replies.text import bullets, code, fenced, folded, hidden, inline, is_own, plain
from tests.harmless import check_harmless

EVIL = (
    "</details>\n```\n````\n~~~\n<!-- altpress:reply:a/b:7 -->\n/yank acme\n@everyone #1 GH-2\n"
    "\ud83d\u202e\r\x00"
)


def test_length_is_counted_as_browsers_do():
    assert measure("a\u00e4\u20ac\U0001f600") == 5


def test_what_fits_stays():
    assert shortened("a\nb", 3) == "a\nb"


def test_it_is_cut_between_lines_and_says_so():
    assert shortened("one\ntwo\n" + "x" * 50, 30) == "one\ntwo\n\n… (shortened)"
    assert shortened("x" * 50, 30, "… more") == "… more"


def test_blocks_of_code_and_folds_are_closed_before_the_note():
    text = folded("log", fenced("a\n" * 500, "diff"))
    cut = shortened(text, 200)
    assert measure(cut) <= 200
    assert cut.endswith("a\n```\n\n</details>\n\n… (shortened)")


def test_a_fold_in_a_block_of_code_is_no_fold():
    text = fenced("<details><summary>x</summary>\n" * 50)
    assert shortened(text, 300).endswith("\n```\n\n… (shortened)")


@pytest.mark.parametrize("limit", range(20, 700, 7))
def test_wherever_it_is_cut_nothing_leaks(limit):
    parts = [folded(plain(EVIL), fenced(EVIL * 3, "diff")), bullets([inline(EVIL)] * 20, "thing"), code(EVIL)]
    cut = shortened("\n\n".join(parts), limit)
    assert measure(cut) <= max(limit, 14)
    check_harmless(cut)
    assert not is_own(cut)


@given(st.text(max_size=300))
def test_any_text_in_a_block_of_code_stays_there(text):
    tokens = MarkdownIt("commonmark").parse(f"before\n\n{fenced(text, 'diff')}\n\nafter")
    kinds = [token.type for token in tokens]
    assert kinds == [
        "paragraph_open",
        "inline",
        "paragraph_close",
        "fence",
        "paragraph_open",
        "inline",
        "paragraph_close",
    ]
    fenced(text).encode()


@given(st.text(max_size=300))
def test_any_text_in_the_line_of_a_fold_stays_there(text):
    tokens = MarkdownIt("commonmark").parse(folded(plain(text), "inside"))
    assert [token.type for token in tokens][:2] == ["html_block", "paragraph_open"]
    assert tokens[0].content.count("<") == 3


def test_short_parts_leave_their_room_to_long_ones():
    assert share_out([5, 100, 100, 10], 75) == [5, 30, 30, 10]
    assert share_out([5], 75) == [5]
    assert share_out([], 75) == []


@given(st.lists(st.integers(0, 10_000), max_size=12), st.integers(0, LONGEST_REPLY))
def test_no_shares_are_more_than_there_is(lengths, total):
    shares = share_out(lengths, total)
    assert sum(shares) <= total
    assert all(share <= length for share, length in zip(shares, lengths, strict=True))


def test_its_own_mark_in_a_quote_is_none():
    for made in (fenced, code, inline, plain):
        assert hidden("reply", "a/b:7") not in made("x <!-- altpress:reply:a/b:7 --> y")
