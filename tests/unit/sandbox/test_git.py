"""What the sandbox writes into a repository, checked by git itself, and what it reads, also from packs."""

import subprocess
from pathlib import Path

import pytest

from bot.sandbox.commits import parse_commit, render_commit
from bot.sandbox.git import EMPTY_TREE, Bare, Git, RefMovedError
from bot.sandbox.objects import ENVIRONMENT, BadObjectError, parse_tree, render_tree
from bot.sandbox.shapes import Signature, TreeEntry
from bot.sandbox.treediff import diff_trees

ANN = Signature("Ann", "ann@acme.invalid", "2026-01-02T03:04:05Z")


@pytest.fixture
def bare(tmp_path: Path) -> Bare:
    return Git(tmp_path).create("acme/app")


def git(bare: Bare, *arguments: str) -> str:
    command = ["git", "--git-dir", str(bare.directory), *arguments]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout


def start(bare: Bare) -> str:
    return bare.commit_files("main", {"README.md": b"hi\n", "a/b/c.txt": b"c\n", "a.txt": b"x"}, "Start", ANN)


def test_git_agrees_with_what_was_written(bare: Bare) -> None:
    first = start(bare)
    second = bare.commit_files("main", {"a/b/c.txt": None, "ä.bin": b"\0\xff"}, "Second\n\nBody", ANN)
    assert git(bare, "fsck", "--full", "--strict") in {"", f"dangling tree {EMPTY_TREE}\n"}
    assert git(bare, "-c", "core.quotePath=off", "ls-tree", "-r", "--name-only", second).split() == [
        "README.md", "a.txt", "ä.bin",
    ]  # fmt: skip
    assert git(bare, "rev-parse", "HEAD").strip() == second
    assert git(bare, "log", "--format=%an <%ae> %aI|%B", "-1", second).startswith(
        "Ann <ann@acme.invalid> 2026-01-02T03:04:05+00:00|Second\n\nBody"
    )
    assert bare.commit(second).parents == (first,)
    assert bare.read_file(first, "a/b/c.txt") == b"c\n"
    assert bare.read_file(second, "a/b/c.txt") is None


def test_packed_objects_and_references_are_read_too(bare: Bare) -> None:
    sha = start(bare)
    git(bare, "gc", "--quiet")
    assert not list(bare.directory.glob("objects/??"))
    assert bare.ref("refs/heads/main") == sha
    assert bare.read_file(sha, "README.md") == b"hi\n"
    assert bare.size(bare.entry_at(sha, "a.txt").sha) == 1  # type: ignore[union-attr]
    assert not bare.is_empty()


def test_a_reference_moves_only_from_where_it_was_seen(bare: Bare) -> None:
    first = start(bare)
    second = bare.commit_files("main", {"a.txt": b"y"}, "Second", ANN)
    with pytest.raises(RefMovedError):
        bare.update_ref("refs/heads/main", first, first)
    with pytest.raises(RefMovedError):
        bare.update_ref("refs/heads/main", first, None)
    with pytest.raises(RefMovedError):
        bare.update_ref("refs/heads/bad..name", first, None)
    assert bare.ref("refs/heads/main") == second
    bare.update_ref("refs/heads/other", first, None)
    bare.update_ref("refs/heads/other", None, first)
    assert bare.refs("refs/heads/") == {"refs/heads/main": second}


def test_fast_forwards_are_told_from_others(bare: Bare) -> None:
    first = start(bare)
    second = bare.commit_files("main", {"a.txt": b"y"}, "Second", ANN)
    third = bare.commit_files("main", {"a.txt": b"z"}, "Third", ANN)
    side = bare.write_files(first, {"side": b""}, "Side", ANN)
    pairs = [(first, third), (second, third), (third, third), (third, first), (second, side)]
    assert [bare.is_ancestor(old, new) for old, new in pairs] == [True, True, True, False, False]
    assert bare.log(third, f"^{first}") == [third, second]
    assert bare.merge_base(third, side) == first


def test_names_of_commits_are_resolved(bare: Bare) -> None:
    assert bare.is_empty()
    sha = start(bare)
    git(bare, "-c", "user.name=a", "-c", "user.email=a@b", "tag", "-a", "-m", "one", "v1", sha)
    for name in ("main", "heads/main", "refs/heads/main", "v1", "tags/v1", "HEAD", sha, sha[:9]):
        assert bare.resolve(name) == sha, name
    for name in ("none", "../../config", "refs/../HEAD", "f" * 40, "--all", "", "main\0"):
        assert bare.resolve(name) is None, name


def test_differences_are_found_with_and_without_git(bare: Bare) -> None:
    first = start(bare)
    files = {"a/b/c.txt": b"c\nd\n", "a.txt": None, "new/deep/x": b"1\n"}
    second = bare.commit_files("main", files, "Second", ANN)
    expected = {"a/b/c.txt": "modified", "a.txt": "removed", "new/deep/x": "added"}
    assert diff_trees(bare, bare.commit(first).tree, bare.commit(second).tree) == expected
    changes = {change.path: change for change in bare.changes(first, second)}
    assert {path: change.status for path, change in changes.items()} == expected
    assert (changes["a/b/c.txt"].additions, changes["a.txt"].deletions) == (1, 1)
    assert {change.path for change in bare.changes(None, first)} == {"README.md", "a.txt", "a/b/c.txt"}


@pytest.mark.parametrize("path", ["", "/a", "a//b", "a/", "../a", "a/../b", ".git/config", "a\0b"])
def test_no_path_leaves_the_tree(bare: Bare, path: str) -> None:
    blob = bare.write("blob", b"")
    with pytest.raises(BadObjectError):
        bare.write_tree(None, {path: ("100644", blob)})


def test_what_is_not_there_cannot_be_removed_or_read(bare: Bare) -> None:
    sha = start(bare)
    with pytest.raises(BadObjectError, match="BadObjectState"):
        bare.write_tree(bare.commit(sha).tree, {"none": None})
    with pytest.raises(BadObjectError):
        bare.read_as("tree", sha)
    assert bare.read("../../HEAD") is None


@pytest.mark.parametrize("name", ["acme", "acme/../x", "../x", "acme/.git", "a b/c", "acme/app/x"])
def test_only_names_of_repositories_become_folders(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadObjectError):
        Git(tmp_path).find(name)


def test_a_folder_sorts_as_if_its_name_ended_with_a_slash() -> None:
    names = [("a.txt", "100644"), ("a", "040000"), ("a-b", "100644")]
    entries = [TreeEntry(n, mode, "tree" if mode == "040000" else "blob", "1" * 40) for n, mode in names]
    assert [entry.path for entry in parse_tree(render_tree(entries))] == ["a-b", "a.txt", "a"]


def test_a_foreign_name_cannot_forge_a_header() -> None:
    evil = Signature("Eve\nparent 1", "e<v>e@x", "2026-01-02T03:04:05+02:00")
    commit = parse_commit("0" * 40, render_commit("1" * 40, [], evil, ANN, "m"))
    assert commit.parents == ()
    assert (commit.author.name, commit.author.email) == ("Eveparent 1", "eve@x")
    assert commit.author.date == "2026-01-02T01:04:05Z"
