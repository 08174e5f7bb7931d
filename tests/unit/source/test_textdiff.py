"""The diff that people read: right, whatever the texts are, and never long."""

import shutil
import subprocess
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.source.textdiff import LARGEST, LONGEST_LINE, diff_text

OLD = "".join(f"line {n}\n" for n in range(1, 31)).encode()


def test_the_form_is_that_of_diff():
    new = OLD.replace(b"line 10\n", b"line ten\n").replace(b"line 20\n", b"")
    assert diff_text(OLD, new).text.splitlines() == [
        "@@ -7,7 +7,7 @@", " line 7", " line 8", " line 9", "-line 10", "+line ten",
        " line 11", " line 12", " line 13",
        "@@ -17,7 +17,6 @@", " line 17", " line 18", " line 19", "-line 20", " line 21",
        " line 22", " line 23",
    ]  # fmt: skip


def test_changes_that_are_near_share_a_hunk():
    new = OLD.replace(b"line 10\n", b"a\n").replace(b"line 16\n", b"b\n")
    assert [line for line in diff_text(OLD, new).lines if line.startswith("@@")] == ["@@ -7,13 +7,13 @@"]


def test_files_that_come_and_go():
    assert diff_text(None, b"a\nb\n").lines == ("@@ -0,0 +1,2 @@", "+a", "+b")
    assert diff_text(b"a\n", None).lines == ("@@ -1 +0,0 @@", "-a")
    assert diff_text(b"a\n", b"a\n").lines == ()
    assert diff_text(None, None).lines == ()


def test_a_long_diff_is_cut_and_counted():
    found = diff_text(None, OLD, longest=50)
    assert len(found.text) <= 50
    assert found.added == 30
    assert len(found.lines) + found.left_out == 31


def test_a_long_line_is_cut():
    [_, line] = diff_text(None, b"x" * 100_000).lines
    assert len(line) < LONGEST_LINE + 40
    assert line.endswith("… (99601 more characters)")


def test_what_is_very_large_is_not_compared():
    assert diff_text(b"a", b"b" * (LARGEST + 1)).too_large


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a\n" * 100_000, "b\n" * 100_000),
        ("a\nb\n" * 50_000, "b\na\n" * 50_000),
        ("".join(f"{n % 7}\n" for n in range(100_000)), "".join(f"{n % 11}\n" for n in range(100_000))),
        ("".join(f"{n}\n" for n in range(100_000)), "".join(f"{n}\n" for n in reversed(range(100_000)))),
        (
            "".join(f"{n}\n" + "x\ny\n" * 60 for n in range(800)),
            "".join(f"{n}\n" + "y\nx\n" * 60 for n in range(800)),
        ),
    ],
)
def test_no_texts_take_long(old, new):
    started = time.process_time()
    diff_text(old.encode(), new.encode())
    assert time.process_time() - started < 10  # difflib alone: minutes to hours


lines = st.lists(st.sampled_from(["a", "b", "c", "{", "}", "x", ""]), max_size=30).map(
    lambda found: "".join(f"{line}\n" for line in found).encode()
)


@pytest.mark.skipif(shutil.which("patch") is None, reason="patch(1) is not here")
def test_patch_makes_the_new_text_of_the_old_one(tmp_path):
    @given(lines, lines)
    def check(old, new):
        found = diff_text(old, new)
        if not found.lines:
            assert old == new
            return
        (tmp_path / "old").write_bytes(old)
        text = f"--- old\n+++ old\n{found.text}\n".encode()
        command = ["patch", "--quiet", "--force", "-o", "new", "old"]
        subprocess.run(command, cwd=tmp_path, input=text, check=True, capture_output=True)
        assert (tmp_path / "new").read_bytes() == new

    check()


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_no_bytes_raise(old, new):
    found = diff_text(old, new)
    assert (old == new) <= (not found.lines)
