import pytest

from bot.commands.grammar import MOST_COMMANDS, parse_commands

LOGIN = "altpress[bot]"

CASES = {
    "plain": ("/rebuild", [("rebuild", ())]),
    "argument": ("/rebuild acme", [("rebuild", ("acme",))]),
    "two arguments": ("/rebuild acme beta", [("rebuild", ("acme", "beta"))]),
    "after words": ("Thanks!\n\n/rebuild acme\n", [("rebuild", ("acme",))]),
    "second line of a paragraph": ("please\n/rebuild", [("rebuild", ())]),
    "several": ("/help\n/rebuild", [("help", ()), ("rebuild", ())]),
    "windows line ends": ("/help\r\n/rebuild acme\r\n", [("help", ()), ("rebuild", ("acme",))]),
    "capitals": ("/Rebuild Acme", [("rebuild", ("Acme",))]),
    "mention": ("@altpress rebuild acme", [("rebuild", ("acme",))]),
    "mention with slash": ("@altpress /rebuild", [("rebuild", ())]),
    "mention of the full login": ("@altpress[bot] help", [("help", ())]),
    "mention with comma": ("@AltPress, help", [("help", ())]),
    "argument as code": ("/rebuild `acme`", [("rebuild", ("acme",))]),
    "escaped underscore": (r"/rebuild a\_b", [("rebuild", ("a_b",))]),
    "line of dashes below": ("/rebuild\n---\nsent from a phone", [("rebuild", ())]),
    "indented a little": ("  /rebuild", [("rebuild", ())]),
    "hidden remark behind": ("/rebuild <!-- now -->", [("rebuild", ())]),
    "inside a sentence": ("please /rebuild", []),
    "inline code": ("`/rebuild`", []),
    "fenced code": ("```\n/rebuild\n```", []),
    "fence never closed": ("~~~\n/rebuild", []),
    "indented code": ("    /rebuild", []),
    "quote": ("> /rebuild", []),
    "lazy quote": ("> as you said\n/rebuild", []),
    "quote then command": ("> /rebuild\n\n/help", [("help", ())]),
    "list": ("- /rebuild", []),
    "hidden": ("<!-- /rebuild -->", []),
    "hidden over lines": ("<!--\n/rebuild\n-->", []),
    "html block": ("<details>\n/rebuild\n</details>", []),
    "heading": ("# /rebuild", []),
    "escaped": (r"\/rebuild", []),
    "entity": ("&#47;rebuild", []),
    "path": ("/usr/bin/env", []),
    "link": ("[/rebuild](https://example.org)", []),
    "two slashes": ("//rebuild", []),
    "someone else": ("@altpresser rebuild", []),
    "nothing": ("", []),
}


@pytest.mark.parametrize(("body", "expected"), CASES.values(), ids=CASES)
def test_only_lines_that_markdown_shows_as_said_count(body, expected):
    assert [(r.verb, r.arguments) for r in parse_commands(body, LOGIN)] == expected


def test_a_comment_full_of_commands_is_bounded():
    assert len(parse_commands("/help\n" * 50, LOGIN)) == MOST_COMMANDS


def test_the_line_is_kept_for_the_reply():
    assert parse_commands("  /rebuild   acme  ", LOGIN)[0].line == "/rebuild   acme"


def test_a_login_with_signs_of_a_pattern_is_only_text():
    assert parse_commands("@bXt help", "b.t") == ()
