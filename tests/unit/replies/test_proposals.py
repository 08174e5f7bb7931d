"""The text of a pull request: what it says, and that nothing foreign works in it."""

import pytest
from markdown_it import MarkdownIt

from bot.records import Cause, CauseKind, Record, Verdict
from bot.replies.proposals import Proposed, render_foreign, render_proposal
from bot.source.proposal import render_mark

HOSTILE = "`x` <b>@everyone</b> [a](https://evil.example) #1 **b** <!-- --> \n\n# big\n/yank acme"
MARK = render_mark("a" * 16)


def proposed(**changes: object) -> Proposed:
    values: dict[str, object] = {
        "base": "main", "subject": "Publish Acme 1.0", "changes": ("Acme 1.0 added",), "rejected": (),
        "causes": (Cause(kind=CauseKind.RELEASE, repository="acme/app", tag="v1.0", url="https://github.com/r"),),
        "adopted": (), "accepted_by": [("apps.json", ("altstore", "sidestore"))], "protected": True,
    }  # fmt: skip
    return Proposed(**{**values, **changes})  # type: ignore[arg-type]  # a table's values


def rejected(reason: str) -> Record:
    when = "2026-11-22T21:48:16Z"
    return Record(
        repository_id=1, asset_id=2, app="acme", repository="acme/app", release_id=3, tag="v1",
        release_url="https://github.com/r", asset_name="Acme.ipa", size=9, download_url="https://e.example/a",
        published_at=when, updated_at=when, verdict=Verdict(accepted=False, code="x", reason=reason),
    )  # fmt: skip


def test_it_says_what_why_and_who_accepts_it() -> None:
    text = render_proposal(proposed(rejected=(rejected("There is no app in it."),)), MARK)
    assert "`main` is protected" in text
    assert "- Acme 1.0 added" in text
    assert "- [release acme/app@\u200bv1.0](https://github.com/r)" in text
    assert "- `apps.json` is accepted by altstore, sidestore" in text
    assert "- `Acme.ipa` of [v1](https://github.com/r): There is no app in it." in text
    assert text.endswith(MARK)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"protected": False}, "`mode: pull-request`"),
        ({"lock_only": True}, "the documents follow on their own branch"),
        ({"adopted": ("Acme 0.9 stays",)}, "### Taken over\n\n- Acme 0.9 stays"),
        ({"causes": (Cause(kind=CauseKind.SWEEP),)}, "- a comparison with GitHub"),
        ({"causes": (Cause(kind=CauseKind.COMMAND, text="/rebuild", actor="mia"),)}, "/rebuild by mia"),
    ],
)
def test_it_says_what_is_special(changes: dict[str, object], words: str) -> None:
    assert words in render_proposal(proposed(**changes), MARK)


def test_foreign_text_does_nothing() -> None:
    cause = Cause(kind=CauseKind.COMMAND, text=HOSTILE, actor=HOSTILE, url="javascript:x")
    text = render_proposal(
        proposed(changes=(HOSTILE,), causes=(cause,), adopted=(HOSTILE,), rejected=(rejected(HOSTILE),)), MARK
    )
    parsed = MarkdownIt("commonmark").parse(text)
    links = [
        child.attrs["href"] for token in parsed for child in token.children or () if child.type == "link_open"
    ]
    assert links == ["https://github.com/r"]
    assert "@everyone" not in text
    assert [token.tag for token in parsed if token.type == "heading_open"] == ["h3"] * 5
    assert not [line for line in text.splitlines() if line.startswith(("/", "@"))]


def test_however_much_there_is_it_fits_and_keeps_its_mark() -> None:
    many = tuple(f"{n} " + "*" * 500 for n in range(3000))
    causes = tuple(Cause(kind=CauseKind.COMMAND, text=line) for line in many)
    text = render_proposal(proposed(changes=many, causes=causes, adopted=many), MARK)
    assert len(text) < 65_536
    assert text.endswith(MARK)
    assert "Merge it in any way you like" in text


def test_a_note_about_the_commits_of_others_names_theirs() -> None:
    assert "`0123456789ab`" in render_foreign("0123456789abcdef" * 2, "<!-- altpress:foreign:x -->")
