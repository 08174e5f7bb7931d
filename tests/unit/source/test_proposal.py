"""What is done about a pull request: a table of what is there and what is wanted."""

import pytest

from bot.source.proposal import (
    BranchHead,
    Decision,
    Pull,
    add_trailer,
    branch_name,
    decide,
    digest_files,
    mark_superseded,
    may_remove,
    read_head,
    render_mark,
)

NEW, OLD = "a" * 16, "b" * 16
TREE, SHA, OTHER = "1" * 40, "2" * 40, "3" * 40
OURS, STALE, FOREIGN = BranchHead(SHA, NEW), BranchHead(SHA, OLD), BranchHead(OTHER, None)


def pull(number: int, digest: str | None = NEW, **changes: object) -> Pull:
    values: dict[str, object] = {
        "number": number, "url": "u", "title": "t", "body": render_mark(digest) if digest else "",
        "open": True, "merged": False, "base": "main", "head_sha": SHA,
    }  # fmt: skip
    return Pull(**{**values, **changes})  # type: ignore[arg-type]  # a table's values


def closed(number: int, digest: str | None = NEW, **changes: object) -> Pull:
    return pull(number, digest, **{"open": False, **changes})


@pytest.mark.parametrize(
    ("head", "pulls", "decision"),
    [
        (None, [], Decision(push=True, open=True)),
        (OURS, [], Decision(open=True)),  # died before it opened the pull request
        (STALE, [], Decision(push=True, open=True)),
        (OURS, [pull(1)], Decision(stands=1)),  # all is as it should be
        (OURS, [pull(1, OLD)], Decision(edit=1, stands=1)),  # died before it changed the text
        (OURS, [pull(1, None)], Decision(edit=1, stands=1)),  # somebody removed the mark
        (STALE, [pull(1, OLD)], Decision(push=True, edit=1, stands=1)),
        (STALE, [pull(1)], Decision(push=True, stands=1)),
        (None, [pull(1)], Decision(push=True, stands=1)),
        (FOREIGN, [pull(1, OLD)], Decision(stands=1, foreign=1)),
        (FOREIGN, [], Decision(blocked=True)),
        (FOREIGN, [closed(1, OLD)], Decision(blocked=True)),
        (FOREIGN, [closed(1, OLD, head_sha=OTHER)], Decision(push=True, open=True)),  # GitHub keeps them
        (OURS, [closed(1)], Decision(declined=1)),
        (None, [closed(1)], Decision(declined=1)),  # and removed the branch
        (STALE, [closed(1, OLD)], Decision(push=True, open=True)),  # something else is another question
        (None, [closed(1, merged=True)], Decision(push=True, open=True)),  # and taken back by hand since
        (None, [closed(1, body=mark_superseded(render_mark(NEW)))], Decision(push=True, open=True)),
        (OURS, [closed(2, OLD), closed(1)], Decision(open=True)),  # declined once, before another
        (STALE, [pull(1, OLD, base="pages")], Decision(close=(1,), push=True, open=True)),
        (OURS, [pull(2), pull(1, OLD, base="pages")], Decision(close=(1,), stands=2)),
        (OURS, [closed(1, base="pages")], Decision(open=True)),  # it was about another branch
    ],
)
def test_decisions(head: BranchHead | None, pulls: list[Pull], decision: Decision) -> None:
    assert decide(NEW, "main", head, pulls) == decision


@pytest.mark.parametrize(
    "message", ["Publish Acme 1.0\n", "Publish\n\n- one\n", "Publish\n\n- one\n\nAltpress-Delivery: 1\n"]
)
def test_a_commit_tells_what_it_proposes_while_its_tree_is_the_same(message: str) -> None:
    written = add_trailer(message, NEW, TREE)
    assert written.startswith(message.rstrip("\n"))
    assert read_head(SHA, written, TREE) == OURS
    assert read_head(SHA, written, OTHER).digest is None, "somebody amended it"
    assert read_head(SHA, message, TREE).digest is None
    if "Delivery" in message:
        assert "1\nAltpress-Proposal: " in written, "the trailers stay one paragraph"


def test_a_digest_names_the_files_and_what_they_replace_and_nothing_else() -> None:
    files = {"apps.json": b"{}", "old.png": None}
    one = digest_files("main", {"apps.json": "1", "old.png": "2"}, files)
    assert digest_files("main", {"apps.json": "1", "old.png": "2", "README.md": "3"}, files) == one
    others = [
        digest_files("pages", {"apps.json": "1", "old.png": "2"}, files),
        digest_files("main", {"apps.json": "4", "old.png": "2"}, files),
        digest_files("main", {"old.png": "2"}, files),
        digest_files("main", {"apps.json": "1", "old.png": "2"}, {**files, "apps.json": b"[]"}),
        digest_files("main", {"apps.json": "1", "old.png": "2"}, {**files, "apps.json": None}),
    ]
    assert len({one, *others}) == 6


def test_marks_are_read_back() -> None:
    found = pull(1, body=f"Some text\r\n\r\n{render_mark(NEW)}\r\n")
    assert (found.digest, found.superseded) == (NEW, False)
    over = pull(1, body=mark_superseded(found.body))
    assert (over.digest, over.superseded) == (NEW, True)
    assert pull(1, body="<!-- altpress:proposal:no -->").digest is None


def test_what_others_began_is_not_removed() -> None:
    assert may_remove(OURS, [])
    assert not may_remove(FOREIGN, [closed(1, head_sha=OTHER)])
    assert not may_remove(FOREIGN, [closed(1, merged=True)])
    assert may_remove(FOREIGN, [closed(1, head_sha=OTHER, merged=True)])


def test_every_site_has_a_branch_of_its_own() -> None:
    assert branch_name("main") == "altpress/publish/main"
    assert branch_name("feature/x") == "altpress/publish/feature/x"
