import re

import pytest
from markdown_it import MarkdownIt

from bot import replies
from bot.records import Record, Verdict
from bot.replies.text import MARK

HOSTILE = (
    "`x` <b>@everyone</b> [a](https://evil.example) #1 **bold** <!-- -->\n\n# big\n> quote &lt; |"
    + "y" * 1000
)


def rejected(**changes):
    when = "2026-11-22T21:48:16Z"
    values = {
        "repository_id": 1, "asset_id": 2, "app": "acme", "repository": "acme/app", "release_id": 3,
        "tag": "v1", "release_url": "https://github.com/acme/app/releases/tag/v1", "asset_name": "Acme.ipa",
        "size": 9, "download_url": "https://example.org/a", "published_at": when, "updated_at": when,
        "verdict": Verdict(accepted=False, code="bad_ipa.no_app", reason="There is no app in it."),
    }  # fmt: skip
    return Record(**{**values, **changes})


def kinds(markdown):
    """What Markdown makes of a text: the types of all inline pieces."""
    found = set()
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        found.add(token.type)
        found.update(child.type for child in token.children or ())
    return found


def test_foreign_text_in_a_sentence_opens_no_markup():
    text = replies.inline(HOSTILE)
    assert kinds(text) == {"paragraph_open", "inline", "text", "paragraph_close"}
    assert "@everyone" not in text
    assert "https://" not in text
    assert len(text) < 700


def test_foreign_text_as_code_cannot_end_it():
    assert kinds(replies.code(HOSTILE)) == {"paragraph_open", "inline", "code_inline", "paragraph_close"}
    assert replies.code("") == "` `"


def test_directions_cannot_be_turned_around():
    assert replies.code("a\u202eipa.b") == "`a ipa.b`"


def test_the_hidden_mark_shows_nothing_and_cannot_be_closed_early():
    mark = replies.hidden("reply", "acme/app:7 --> <b>")
    assert mark.count("-->") == 1
    assert kinds(mark) == {"html_block"}


def test_a_reply_quotes_each_command():
    text = replies.render_answers(
        [("/help", "A", True), ("/rebuild x", "B", False)], replies.hidden("reply", "1")
    )
    assert text == "> `/help`\n\nA\n\n> `/rebuild x`\n\nB\n\n<!-- altpress:reply:1 -->"


def test_help_is_a_table():
    text = replies.render_help([("/help", "lists", "none"), ("/rebuild [app]", "reads", "write")], ["acme"])
    assert "| `/help` | lists | everybody |" in text
    assert "| `/rebuild [app]` | reads | write or more |" in text
    assert "`acme`" in text
    assert "table_open" in kinds(text)


def test_a_rejected_file_is_named_with_its_reason():
    text = replies.render_rejected(rejected(), "acme/source@main", "<!-- m -->")
    assert "`Acme.ipa` of release `v1` was **not** published to `acme/source@main`." in text
    assert "There is no app in it. (`bad_ipa.no_app`)" in text
    assert text.endswith("<!-- m -->")


def test_a_rejected_file_says_nothing_of_an_entry_that_may_not_be():
    text = replies.render_rejected(rejected(), "acme/source@main", "")
    assert "last good entry" not in text
    assert "Versions from other files stay listed." in text


def test_other_bytes_take_a_replaced_version_out_and_the_notice_says_so():
    verdict = Verdict(accepted=False, code="changed_bytes", reason="Other bytes.")
    text = replies.render_rejected(rejected(verdict=verdict), "acme/source@main", "")
    assert "that version is listed no longer" in text
    assert "Publish a higher version or build." in text
    assert "Replace the file" not in text


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("altpress.yml", "stays in force: releases are published by it."),
        (".altpress/decisions.json", "The source stays as it was published last."),
    ],
)
def test_what_goes_on_after_a_file_that_cannot_be_read(path, told):
    assert told in replies.render_bad_catalog(path, ["line 1: wrong"], "")


def test_a_hostile_asset_name_stays_code():
    text = replies.render_rejected(rejected(asset_name="` @all <img src=x>"), "acme/source@main", "")
    assert "html_inline" not in kinds(text)
    assert "link_open" not in kinds(text)


def test_the_title_of_an_issue_is_one_line():
    assert replies.render_rejected_title(rejected(tag="v1\nx")) == "acme/app v1 x was not published"


@pytest.mark.parametrize(("count", "folded"), [(1, False), (12, False), (13, True)])
def test_long_lists_are_folded(count, folded):
    text = replies.render_bad_catalog("altpress.yml", [f"line {n}: wrong" for n in range(count)], "")
    assert ("<details>" in text) is folded
    assert text.count("\n- ") == count


def test_what_rebuild_found_is_told_in_numbers():
    text = replies.render_reread(["acme"], releases=2, changed=0, waiting=1, failed=["acme/app v1: no @app"])
    assert text.startswith("Read 2 releases of `acme` again: nothing new found.")
    assert "1 release still waiting" in text
    assert "@app" not in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (replies.render_unknown_command("rebuidl", "rebuild", ["help"]), "Did you mean `/rebuild`?"),
        (replies.render_unknown_command("zzz", None, ["help", "status"]), "Known: `/help`, `/status`"),
        (replies.render_unknown_flag("forse", "force", ["force"], "/x"), "Did you mean `--force`?"),
        (replies.render_unknown_flag("y", None, [], "/x"), "it takes none. Usage: `/x`."),
        (replies.render_flag_value("until", wanted=True, usage="/x"), "`--until` needs a value"),
        (replies.render_too_many_commands(10), "A comment may hold 10 commands"),
        (replies.render_unknown_app("acne", "acme", ("acme",)), "Did you mean `acme`?"),
        (replies.render_unknown_app("x", None, [f"a{n}" for n in range(30)]), "`a19` and 10 more."),
        (replies.render_unknown_app("x", None, ("acme",)), "Known: `acme`."),
        (replies.render_unknown_app("x", None, ()), "Known: none."),
        (replies.render_too_many("/rebuild [app]"), "`/rebuild [app]`"),
        (replies.render_needs_role("rebuild", "write", "acme/app", "read"), "yours is **read**"),
        (replies.render_adopted(["Acme: 3 versions"], "m"), "- Acme: 3 versions"),
    ],
)  # fmt: skip
def test_sentences_say_what_to_do(text, words):
    assert words in text


def test_references_are_broken():
    assert replies.inline("see GH-12, a/b#3") == "see GH-\u200b12, a/b\\#\u200b3"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://github.com/a/b/releases/tag/v1", "[v1](https://github.com/a/b/releases/tag/v1)"),
        ("https://a.example/x) [y](z", "[v1](https://a.example/x%29%20%5By%5D%28z)"),
        ("http://127.0.0.1:80/@all", "[v1](http://127.0.0.1:80/%40all)"),
        ("javascript:alert(1)", "v1"),
        ("https://a.example@evil.example/", "v1"),
        (None, "v1"),
    ],
)
def test_links_lead_to_the_web_and_nowhere_else(url, shown):
    assert replies.link("v1", url) == shown


@pytest.mark.parametrize("kind", ["reply", "site-issue", "not_live", "silence_over"])
def test_every_mark_is_found_again(kind):
    mark = replies.hidden(kind, "acme/source@main:1_2 é--")
    assert re.findall(MARK, f"Text\n{mark}") == [mark]


def test_its_own_comments_are_known_by_their_mark():
    assert replies.is_own(replies.render_answers([("/help", "A", True)], replies.hidden("reply", "1")))
    assert not replies.is_own("<!-- a remark --> /help")


def test_a_reply_is_never_longer_than_github_takes_and_keeps_its_mark():
    long = replies.render_bad_catalog("a", [f"{n} " + "x" * 400 for n in range(99)], "end")
    text = replies.render_answers([("/status", long, True)] * 10, "<!-- altpress:m -->")
    assert len(text) < 65_536
    assert text.endswith("\n\n<!-- altpress:m -->")
    assert text.count("<details>") == text.count("</details>") == 10
    assert text.count("(shortened)") == 10


def test_very_long_lists_are_cut():
    text = replies.render_bad_catalog("s", [f"p{n}" for n in range(150)], "")
    assert "150 problems" in text
    assert "… and 50 more" in text
