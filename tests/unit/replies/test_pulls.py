"""What is said about a pull request: the same findings as a check run, a status, a comment."""

import pytest

from bot.clients import Problem
from bot.errors import FileProblem
from bot.ipa.model import Severity
from bot.replies.length import LONGEST_REPLY
from bot.replies.pulls import (
    LONGEST_STATUS,
    MOST_ANNOTATIONS,
    Basis,
    Conclusion,
    Located,
    Review,
    describe_made,
    render_check,
    render_pull_comment,
    render_status,
)
from bot.source.preview import OutputPreview, Preview
from bot.source.textdiff import diff_text

HEAD, BASE = "1" * 40, "2" * 40
MARK = "<!-- altpress:pull:acme/source@main:3 -->"
WRONG = Located("altpress.yml", FileProblem(7, "apps > 0 > nmae", "is no key here"))
REFUSAL = Problem("altstore", Severity.ERROR, "keyNotFound", ("apps", 0, "name"), "is missing")


def output(old: bytes, new: bytes, **verdicts: str) -> OutputPreview:
    problems = (REFUSAL,) if "reject" in verdicts.values() else ()
    return OutputPreview("apps.json", diff_text(old, new), verdicts or {"altstore": "accept"}, problems)


SAME = Preview(outputs=(output(b"a\n", b"a\n"),))
OTHER = Preview(changes=("Acme 1.0 is removed",), outputs=(output(b"a\n", b"b\n"),))
REFUSED = Preview(changes=("x",), outputs=(output(b"a\n", b"b\n", altstore="reject", feather="accept"),))


def review(**fields: object) -> Review:
    values = {"branch": "main", "head": HEAD, "basis": Basis.MERGED, "base": BASE, "preview": OTHER, **fields}
    return Review(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seen", "conclusion", "title"),
    [
        (review(preview=SAME), Conclusion.SUCCESS, "The source stays as it is"),
        (review(), Conclusion.SUCCESS, "1 change of the source"),
        (review(preview=Preview(outputs=OTHER.outputs)), Conclusion.SUCCESS, "Only the form of the source"),
        (review(basis=Basis.BRANCH, base=None), Conclusion.SUCCESS, "1 change of the source"),
        (review(basis=Basis.CONFLICT, base=None), Conclusion.NEUTRAL, "1 change of the source"),
        (review(notes=("look",)), Conclusion.NEUTRAL, "1 change of the source"),
        (review(preview=None), Conclusion.NEUTRAL, "could not be built"),
        (review(preview=Preview(problems=("The lock is too large.",))), Conclusion.NEUTRAL, "lock is too"),
        (review(preview=Preview()), Conclusion.NEUTRAL, "There is nothing to publish"),
        (review(preview=REFUSED), Conclusion.FAILURE, "altstore would refuse the source"),
        (review(preview=None, problems=(WRONG,)), Conclusion.FAILURE, "1 problem in altpress.yml"),
        (
            review(problems=(WRONG, Located("a.json", FileProblem(None, "", "is empty"))), preview=None),
            Conclusion.FAILURE, "2 problems in altpress.yml, a.json",
        ),
    ],
)  # fmt: skip
def test_the_conclusion_and_its_title(seen: Review, conclusion: Conclusion, title: str) -> None:
    report = render_check(seen)
    assert report.conclusion is conclusion
    assert title in report.title
    assert title in render_status(seen)
    assert report.title.replace(".", "") in render_pull_comment(seen, MARK).replace(".", "").replace("\\", "")


def test_a_problem_is_annotated_at_its_line() -> None:
    whole = Located(".altpress/decisions.json", FileProblem(None, "", "is larger than 1 MiB"))
    merged = Located("altpress.yml", FileProblem(9, "apps > 1 > id", "is given twice"), merged=True)
    report = render_check(review(problems=(WRONG, whole, merged), preview=None))
    assert [(a.path, a.line, a.title, a.message) for a in report.annotations] == [
        ("altpress.yml", 7, "apps > 0 > nmae", "is no key here"),
        (".altpress/decisions.json", 1, ".altpress/decisions.json", "the file is larger than 1 MiB"),
    ]
    assert "`altpress.yml`, once merged, line 9" in report.summary, "its lines are not those of the branch"


def test_the_digest_tells_what_is_new() -> None:
    first = render_check(review()).digest
    assert render_check(review()).digest == first
    assert render_check(review(preview=SAME)).digest != first
    assert render_check(review(head="3" * 40)).digest != first


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (review(), f"What merging `{HEAD[:12]}` into `main` at `{BASE[:12]}` would do."),
        (review(basis=Basis.CONFLICT, base=None), "conflicts with `main`"),
        (review(basis=Basis.BRANCH, base=None), "GitHub has not worked out yet"),
        (review(notes=(describe_made("x`y", is_lock=False),)), "`x'y` is made by altpress"),
    ],
)
def test_what_was_looked_at_is_said(seen: Review, words: str) -> None:
    assert words in render_check(seen).summary
    assert words in render_pull_comment(seen, MARK)


def test_long_and_hostile_words_stay_within_their_bounds() -> None:
    nasty = "@everyone </details> <!-- altpress:pull:x -->\n/yank app 1.0 ![](x) #1 \ud800 " * 40
    problems = tuple(Located("altpress.yml", FileProblem(n, nasty, nasty)) for n in range(1, 500))
    huge = "".join(f'"{n}": "{nasty}"\n' for n in range(3000)).encode("utf-8", "replace")
    preview = Preview(changes=(nasty,) * 300, outputs=(output(b"", huge),), problems=(nasty,) * 300)
    for seen in (review(problems=problems, preview=None), review(preview=preview, notes=(nasty,) * 0)):
        report, comment = render_check(seen), render_pull_comment(seen, MARK)
        assert len(report.annotations) <= MOST_ANNOTATIONS
        assert max(len(text.encode()) for text in (report.summary, report.text, report.title)) <= 65_535
        assert len(render_status(seen)) <= LONGEST_STATUS
        assert len(comment) <= LONGEST_REPLY + len(MARK) + 2
        assert comment.endswith(f"\n{MARK}")
        assert comment.count("<!--") == 1
        assert "@everyone" not in comment.replace("```", "")
        assert not any(line.startswith("/") for line in comment.splitlines())
        assert comment.count("<details>") == comment.count("</details>")
        assert all(len(a.message.encode()) < 65_536 and len(a.title) <= 255 for a in report.annotations)
