"""What `/preview`, `/lint` and `/retry` say: complete, folded, and harmless whatever it is about."""

import pytest

from bot.clients import Problem
from bot.decisions import Decision
from bot.ipa.model import Severity
from bot.records import Delivery, DeliveryState
from bot.replies.in_force import render_decisions, render_kept_back
from bot.replies.lint import Linted, render_lint
from bot.replies.preview import render_preview
from bot.replies.retry import Retried, render_retried, render_retried_delivery, render_which_delivery
from bot.source.preview import OutputPreview, Preview, Waiting
from bot.source.textdiff import diff_text
from tests.harmless import check_harmless, unfolded

NOW = 1_795_384_800_000  # 2026-11-22 22:00 UTC
EVIL = (
    "`x` @all </details> <!-- altpress:reply:a:1 --> [a](https://e.example) #1 | **b**\n/yank acme\n"
    "@bot go\n\n# big"
)
PROBLEM = Problem(
    "altstore", Severity.ERROR, "duplicateVersion", ("apps", 0), "SourceError 2: twice.", "remove one"
)


def problem(**changes):
    values = {"client": "altstore", "severity": Severity.ERROR, "code": EVIL, "at": (EVIL,), "message": EVIL}
    return Problem(**{**values, "fix": EVIL, **changes})


def output(**changes):
    values = {"path": "apps.json", "diff": diff_text(b"a\n", b"b\n"), "verdicts": {"altstore": "accept"}}
    return OutputPreview(**{**values, **changes})


WAITS = Waiting("acme", "1.1 (7)", "v1.1", "https://github.com/acme/app/releases/tag/v1.1", "It waits.")


def test_what_would_change_is_told_in_sentences_and_lines():
    text = render_preview(Preview(changes=("Acme 1.1 added",), outputs=(output(),)))
    assert text.startswith("1 change would be published:\n\n- Acme 1.1 added")
    assert "| `apps.json` | +1 \u22121 | taken by altstore |" in text
    assert (
        "<details><summary>apps.json: +1 \u22121 lines</summary>\n\n```diff\n@@ -1 +1 @@\n-a\n+b\n```" in text
    )
    assert "@@" not in unfolded(text)


@pytest.mark.parametrize(
    ("preview", "words"),
    [
        (Preview(outputs=(output(diff=diff_text(b"", b"")),)), "Nothing would change"),
        (Preview(outputs=(output(),)), "Only the form of the outputs would change."),
        (Preview(outputs=(output(verdicts={}),)), "not published"),
        (Preview(outputs=(output(verdicts={"feather": "reject"}),)), "**refused by feather**"),
        (Preview(outputs=(output(problems=(PROBLEM,)),)), "**altstore** refuse: `apps > 0`: SourceError 2"),
        (Preview(problems=("It cannot be read.",)), "- It cannot be read."),
        (Preview(unread=("new",)), "No release is known yet of `new`"),
        (Preview(waiting=(WAITS,), released=Preview()), "Let through, they would change nothing."),
        (
            Preview(waiting=(WAITS,), released=Preview(changes=("Acme 1.1 added",), outputs=(output(),))),
            "Let through, they would change this:\n\n- Acme 1.1 added",
        ),
    ],
)  # fmt: skip
def test_each_case_has_its_words(preview, words):
    assert words in render_preview(preview)


def test_what_is_too_large_to_compare_is_told():
    large = output(diff=diff_text(b"a", b"b" * 17 * 1024 * 1024))
    assert "`apps.json` is too large to be compared" in render_preview(Preview(outputs=(large,)))


def test_lint_is_a_table_and_folds():
    verdicts = {"altstore": "reject", "feather": "accept"}
    text = render_lint([Linted("a.json", verdicts, (PROBLEM,)), Linted("b.json", missing="not there")])
    assert "| `a.json` | \u274c | - | - | - | \u2705 | - |" in text
    assert "- `b.json`: not there" in text
    assert "<details><summary>a.json: 1 error</summary>" in text
    assert "SourceError 2" not in unfolded(text)
    assert "No client objects" in render_lint([Linted("a.json", {"altstore": "accept"})])
    assert render_lint([]) == "No output is known yet."


def delivery(guid="72d3162e-cc78-11e3-81ab-4c9367dc0958", **changes):
    values = {"guid": guid, "event": "release", "action": "published", "repository": "acme/app"}
    values |= {"state": DeliveryState.FAILED, "received_ms": NOW - 60_000, "reason": "No answer."}
    return Delivery(**{**values, **changes})


def test_what_was_started_again_is_told_once():
    one = Retried(
        deliveries=(delivery(),), lost=(delivery("b" * 8),), releases=2, publishes=True, failed=("No.",)
    )
    text = render_retried([one, one], NOW)
    told = "`release.published` of `acme/app`, delivery `72d3162e` of 2026-11-22 21:59 UTC (1 minute ago)"
    assert text.count(f"- {told}: No answer.") == 1
    assert "- 4 releases with files that were not read: read again" in text
    assert "- the publication that is due" in text
    assert "no longer kept:\n\n- `release.published` of `acme/app`, delivery `bbbbbbbb`" in text
    assert text.count("- No.") == 1


def test_one_delivery_that_was_named():
    assert "Started again: `release.published`" in render_retried_delivery(delivery(), True, NOW)
    assert "no longer kept" in render_retried_delivery(delivery(), False, NOW)
    done = delivery(state=DeliveryState.DONE)
    assert "has not failed: it is done" in render_retried_delivery(done, True, NOW)
    assert "Several deliveries begin with `72d3162e`" in render_which_delivery("72d3162e", 2)


def test_nothing_foreign_says_anything_of_its_own():
    evil = Waiting(EVIL, EVIL, EVIL, "https://e.example/) @all <b>", EVIL)
    diff = diff_text(EVIL.encode(), ("x\n```\n````\n</details>\n" + EVIL).encode())
    shown = output(path=EVIL, diff=diff, problems=(problem(), problem(severity=Severity.WARNING)))
    preview = Preview((EVIL,), (shown,), (EVIL,), (evil,), Preview((EVIL,), (shown,), (EVIL,)), (EVIL,))
    check_harmless(render_preview(preview))
    check_harmless(
        render_lint([Linted(EVIL, {"altstore": "reject"}, (problem(),)), Linted(EVIL, missing=EVIL)])
    )
    hostile = delivery(event=EVIL, repository=EVIL, reason=EVIL)
    check_harmless(
        render_retried([Retried((hostile,), (delivery("c" * 8, reason=EVIL),), failed=(EVIL,))], NOW)
    )
    decision = Decision(
        kind="yank", app="a", version=EVIL, actor=EVIL, reason=EVIL, at="2026-11-22T19:00:00Z", link=EVIL
    )
    lines = [*render_decisions([decision], NOW, links=True), *render_kept_back([evil])]
    check_harmless("\n".join(f"- {line}" for line in lines))
