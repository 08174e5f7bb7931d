"""Which comments hold which commands: the rules of `bot/commands/grammar.py`, each with its cases."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.grammar import LONGEST_COMMENT, MOST_READ, may_mention, parse_commands

LOGIN = "altpress[bot]"
REBUILD, HELP = ("rebuild", ()), ("help", ())

SAID = {
    "plain": ("/rebuild", [REBUILD]),
    "argument": ("/rebuild acme", [("rebuild", ("acme",))]),
    "two arguments": ("/rebuild acme beta", [("rebuild", ("acme", "beta"))]),
    "after words": ("Thanks!\n\n/rebuild acme\n", [("rebuild", ("acme",))]),
    "second line of a paragraph": ("please\n/rebuild", [REBUILD]),
    "before words": ("/rebuild\nbecause the file was replaced", [REBUILD]),
    "several": ("/help\n/rebuild", [HELP, REBUILD]),
    "several, parted": ("/help\n\nand then\n\n/rebuild", [HELP, REBUILD]),
    "the same twice": ("/help\n\n/HELP\n/rebuild", [HELP, REBUILD]),
    "the same after another": ("/help\n/rebuild\n/HELP", [HELP, REBUILD, HELP]),  # who says it last means it
    "the same verb, other words": ("/rebuild a\n/rebuild b", [("rebuild", ("a",)), ("rebuild", ("b",))]),
    "windows line ends": ("/help\r\n/rebuild acme\r\n", [HELP, ("rebuild", ("acme",))]),
    "old line ends": ("/help\r/rebuild", [HELP, REBUILD]),
    "capitals": ("/Rebuild Acme", [("rebuild", ("Acme",))]),
    "full stop": ("/rebuild.", [REBUILD]),
    "exclamation": ("/rebuild!\n/help??", [REBUILD, HELP]),
    "colon before words": ("/rebuild: acme", [("rebuild", ("acme",))]),
    "indented a little": ("   /rebuild", [REBUILD]),
    "indented in a paragraph": ("please\n      /rebuild", [REBUILD]),
    "no-break space": ("/rebuild\u00a0acme", [("rebuild", ("acme",))]),
    "no-break space before": ("\u00a0/rebuild", [REBUILD]),
    "ideographic space": ("/rebuild\u3000acme", [("rebuild", ("acme",))]),
    "tabs": ("/rebuild\tacme\t", [("rebuild", ("acme",))]),
    "zero width in a word": ("/rebuild ac\u200bme", [("rebuild", ("acme",))]),
    "mention": ("@altpress rebuild acme", [("rebuild", ("acme",))]),
    "mention with slash": ("@altpress /rebuild", [REBUILD]),
    "mention of the full login": ("@altpress[bot] help", [HELP]),
    "mention with comma": ("@AltPress, help", [HELP]),
    "mention with colon": ("@altpress: help", [HELP]),
    "underscores stay": ("/yank my_app_1 1.0_beta_2 *broken* __x__", [
        ("yank", ("my_app_1", "1.0_beta_2", "*broken*", "__x__"))]),
    "an address stays": ("/yank app <https://a.example/x_y_z>", [("yank", ("app", "<https://a.example/x_y_z>"))]),
    "escaped underscore": (r"/rebuild a\_b", [("rebuild", ("a_b",))]),
    "argument as code": ("/rebuild `acme`", [("rebuild", ("acme",))]),
    "quoted": ('/yank acme 1.0 "does not start"', [("yank", ("acme", "1.0", "does not start"))]),
    "curly quotes": ("/yank \u201cmy app\u201d \u2018a b\u2019", [("yank", ("my app", "a b"))]),
    "apostrophe": ("/yank acme doesn't start", [("yank", ("acme", "doesn't", "start"))]),
    "quote never closed": ('/yank "acme 1.0', [("yank", ('"acme', "1.0"))]),
    "line of dashes below": ("/rebuild\n---\nsent from a phone", [REBUILD]),
    "signature": ("/rebuild\n\n-- \nMe", [REBUILD]),
    "hidden remark behind": ("/rebuild <!-- now -->", [REBUILD]),
    "hidden remark over lines": ("/rebuild <!-- a\nb -->", [REBUILD]),
    "after a hidden remark": ("<!-- template -->\n/rebuild", [REBUILD]),
    "after a list and an empty line": ("- a\n\n/rebuild", [REBUILD]),
    "after a quote and an empty line": ("> /rebuild\n\n/help", [HELP]),
    "after a fence": ("```\n/rebuild\n```\n/help", [HELP]),
    "after a fold": ("<details>\n\n/rebuild\n\n</details>\n\n/help", [HELP]),
    "fold within a comment": ("<!-- <details> -->\n\n/help", [HELP]),
    "after a table and an empty line": ("|a|\n|-|\n|b|\n\n/help", [HELP]),
    "after a heading": ("# Please\n/help", [HELP]),
    "in bold text": ("**please\n/rebuild\nnow**", [REBUILD]),
    "after something struck out": ("~~please~~\n/rebuild", [REBUILD]),
    "tildes that strike nothing out": ("~~please\n/rebuild", [REBUILD]),
    "hard break": ("please  \n/rebuild  \nnow\\\n/help", [REBUILD, HELP]),
    "comment never closed in a paragraph": ("see <!--\n/rebuild", [REBUILD]),
    "other HTML around": ("<div>\n\n/rebuild\n\n</div>", [REBUILD]),
    "a verb that nobody has": ("/frobnicate", [("frobnicate", ())]),
    "reply by mail": ("/rebuild\n\nOn Monday, X wrote:\n> /help\n> more", [REBUILD]),
}  # fmt: skip

UNSAID = {
    "nothing": "",
    "inside a sentence": "please /rebuild",
    "inline code": "`/rebuild`",
    "inline code over lines": "see `\n/rebuild\n`",
    "inline code over lines, longer": "see ``a`b\n/rebuild\n`` there",
    "fenced code": "```\n/rebuild\n```",
    "fence with a language": "```sh\n/rebuild\n```",
    "fence of tildes": "~~~\n/rebuild\n~~~",
    "fence never closed": "~~~\n/rebuild",
    "fence closed by a shorter one": "````\n```\n/rebuild\n````",
    "indented fence": "   ```\n   /rebuild\n   ```",
    "fence in a list": "- a\n  ```\n  /rebuild\n  ```",
    "indented code": "    /rebuild",
    "indented code by a tab": "\t/rebuild",
    "quote": "> /rebuild",
    "lazy quote": "> as you said\n/rebuild",
    "quote in a quote": "> > a\n/rebuild",
    "quote without a blank": ">/rebuild",
    "alert": "> [!NOTE]\n> /rebuild",
    "list": "- /rebuild",
    "numbered list": "1. /rebuild",
    "task": "- [ ] /rebuild",
    "lazy list": "- to do:\n/rebuild",
    "second paragraph of a list": "- to do:\n\n  /rebuild",
    "heading": "# /rebuild",
    "table": "| a |\n|---|\n| /rebuild |",
    "lazy table": "| a |\n|---|\n/rebuild",
    "hidden": "<!-- /rebuild -->",
    "hidden over lines": "<!--\n/rebuild\n-->",
    "hidden, never closed": "<!--\n/rebuild\n\n/help",
    "hidden in a paragraph": "see <!--\n/rebuild\n--> there",
    "hidden beyond its block": "<div>\n<!--\n\n/rebuild\n\n-->\n</div>",
    "html block": "<div>\n/rebuild\n</div>",
    "html attribute": 'see <a title="\n/rebuild\n">x</a>',
    "details": "<details>\n/rebuild\n</details>",
    "folded Markdown": "<details><summary>log</summary>\n\n/rebuild\n\n</details>",
    "folded twice": "<details>\n\n<details>\n\n</details>\n\n/rebuild\n\n</details>",
    "fold never closed": "<details>\n\n/rebuild",
    "fold in a paragraph": "see <details>\n/rebuild",
    "quote in HTML": "<blockquote>\n\n/rebuild\n\n</blockquote>",
    "preformatted": "<pre>\n/rebuild\n\n/help\n</pre>",
    "escaped": r"\/rebuild",
    "entity": "&#47;rebuild",
    "named entity": "&sol;rebuild",
    "full-width slash": "\uff0frebuild",
    "division slash": "\u2215rebuild",
    "fraction slash": "\u2044rebuild",
    "other letters": "/r\u0435build",
    "zero width before": "\u200b/rebuild",
    "zero width within": "/re\u200bbuild",
    "zero width after the slash": "/\u2060rebuild",
    "path": "/usr/bin/env",
    "number": "/50",
    "call": "/rebuild(acme)",
    "two slashes": "//rebuild",
    "a slash alone": "/",
    "blank after the slash": "/ rebuild",
    "link": "[/rebuild](https://example.org)",
    "text of a link": "[see\n/rebuild](https://example.org)",
    "text of a picture": "![see\n/rebuild\nx](https://example.org/a.png)",
    "title of a link": 'see [x](https://example.org "\n/rebuild\n")',
    "definition": "[x]:\n/rebuild",
    "bold": "**/rebuild**",
    "struck out": "~~/rebuild~~",
    "struck out over lines": "~~please\n/rebuild\nnow~~",
    "someone else": "@altpresser rebuild",
    "a team": "@altpress/team rebuild",
    "mention in a sentence": "thanks @altpress rebuild",
    "mention alone": "@altpress",
    "mention as code": "`@altpress rebuild`",
    "look-alike mention": "@altpre\u017f\u017f rebuild",
    "a very long line": "/rebuild " + "x" * 1_000,
    "a very long verb": "/" + "a" * 32,
}

ENDLESS = {
    UNSAID[name]
    for name in (
        "fence never closed", "hidden, never closed", "hidden beyond its block", "fold never closed",
        "fold in a paragraph",
    )
}  # fmt: skip


def read(body, login=LOGIN):
    return [(r.verb, tuple(word.text for word in r.words)) for r in parse_commands(body, login)]


@pytest.mark.parametrize(("body", "expected"), SAID.values(), ids=SAID)
def test_said_lines_are_commands(body, expected):
    assert read(body) == expected


@pytest.mark.parametrize("body", UNSAID.values(), ids=UNSAID)
def test_everything_else_is_not(body):
    assert read(body) == []


@pytest.mark.parametrize("body", UNSAID.values(), ids=UNSAID)
def test_what_was_not_said_does_not_silence_what_comes_later(body):
    """Where Markdown ends it: a comment, a fence or a fold that is never closed goes on to the end."""
    assert read(f"{body}\n\n/help") == ([] if body in ENDLESS else [HELP])


COMMENTS = sorted((Path(__file__).resolve().parents[3] / "../shared/webhooks/issue_comment").glob("*.json"))


@pytest.mark.skipif(not COMMENTS, reason="no recorded webhooks beside the repository")
def test_real_comments_hold_no_command_by_accident_and_can_hold_one():
    bodies = [json.loads(path.read_text())["comment"]["body"] for path in COMMENTS]
    assert [read(body) for body in bodies] == [[]] * len(bodies)
    assert [read(f"{body}\n\n/help") for body in bodies] == [[HELP]] * len(bodies)


def test_the_line_is_kept_for_the_reply():
    assert parse_commands("  /rebuild   acme  ", LOGIN)[0].line == "/rebuild   acme"


def test_only_a_mention_is_surely_meant():
    assert [r.mention for r in parse_commands("/help\n@altpress rebuild", LOGIN)] == [False, True]


def test_a_login_with_signs_of_a_pattern_is_only_text():
    assert read("@bXt help", "b.t") == []


def test_without_a_login_slashes_alone_count():
    assert read("@altpress help\n/rebuild", None) == [REBUILD]


@pytest.mark.parametrize(("body", "may"), [("a\n @altpress help", True), ("a @b\n/help", False), ("", False)])
def test_the_login_is_only_needed_where_a_line_begins_with_an_at(body, may):
    assert may_mention(body) is may


def test_of_thousands_of_commands_some_are_read():
    many = "\n".join(f"/rebuild {n}" for n in range(5_000))
    assert read(many)[-1] == ("rebuild", (str(MOST_READ - 1),))


def test_what_is_longer_than_a_comment_can_be_is_cut():
    assert read("x" * LONGEST_COMMENT + "\n\n/rebuild") == []
    assert read("x" * (LONGEST_COMMENT - 10) + "\n\n/rebuild") == [REBUILD]


HOSTILE = [
    ">", "> ", "- ", "[", "![", "*a ", "`a``b```", "<!--", "<a ", "a|", "[a]: b\n", "1. ", "> - ", "\n",
    "/a\n",
    "*_", "[a](", "![[]](", "<![CDATA[", "[a][", "[/a\n", "<details>\n\n", "|a\n|-\n", "a|b\n-|-\n", '/b "',
    '/a "b\n', "\\\n", "&", "<x\n", "~~a ", "~~\n/a\n", "-\n", "\t", "/b ' \" ` ", "<details ",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_comment_takes_long(piece):
    """Reading stays linear: each of these takes less than a second; a quadratic one would take minutes."""
    body = (piece * LONGEST_COMMENT)[: LONGEST_COMMENT - 20] + "\n/help\n"
    started = time.process_time()
    parse_commands(body, LOGIN)
    assert time.process_time() - started < 5


def test_lazy_lines_below_many_quotes_do_not_take_long():
    started = time.process_time()
    assert read(">" * 300 + "a\n" + "/b\n" * 5_000) == []
    assert time.process_time() - started < 5


texts = st.text(
    alphabet=st.one_of(st.sampled_from("/@`~>-<!*_[]()#|&;:\\\n\r\t \"'h1"), st.characters(codec="utf-8")),
    max_size=200,
)
pieces = st.sampled_from([
    "/help", "@altpress help", "\n", "\n\n", "```", "~~~", "> ", "- ", "<!--", "-->", "<details>",
    "</details>", "    ", "|a|\n|-|\n", "`", '<a title="', '">', "[x](", ")", "**", "x",
    " ", "\\", "---", "# ", "\u200b",
])  # fmt: skip
markdown = st.one_of(texts, st.lists(pieces, max_size=30).map("".join))


@given(markdown)
def test_no_text_raises_and_every_command_stands_on_a_line_of_it(body):
    lines = body.replace("\0", "\ufffd").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for request in parse_commands(body, LOGIN):
        assert request.line in {line.strip() for line in lines}
        assert request.verb.isascii()


@given(markdown, st.sampled_from("`~"), st.integers(0, 3))
def test_nothing_in_a_fence_is_a_command(text, sign, indent):
    blank, longest = " " * indent, sign * (3 + text.count(sign))
    inside = "\n".join(blank + line for line in text.splitlines())
    assert read(f"{blank}{longest}\n{inside}\n{blank}{longest}") == []


@given(markdown)
def test_nothing_in_a_quote_is_a_command(text):
    assert read("\n".join(f"> {line}" for line in text.splitlines())) == []


@given(markdown)
def test_nothing_in_an_html_comment_is_a_command(text):
    hidden = text.replace("-->", "").replace("-", "").strip("<>!")
    assert read(f"<!-- {hidden} -->") == []
    one_paragraph = "\n".join(line for line in hidden.splitlines() if line.strip().startswith(("/", "@")))
    assert read(f"see <!-- {one_paragraph} --> there") == []


@given(markdown)
def test_nothing_indented_by_four_is_a_command(text):
    assert read("\n".join(f"    {line}" for line in text.splitlines())) == []
