"""Which files of a site a pull request changes, and how its check is called."""

import pytest

from bot.source.reviewed import CheckedPull, Touched, find_touched, name_check, read_check

DECISIONS, LOCK = ".altpress/decisions.json", ".altpress/lock.jsonl"


@pytest.mark.parametrize(
    ("paths", "written", "made"),
    [
        ([], (), ()),
        (["README.md", "docs/altpress.yml", "Altpress.yml"], (), ()),
        (["altpress.yml"], ("altpress.yml",), ()),
        ([".github/altpress.yml", DECISIONS], (".github/altpress.yml", DECISIONS), ()),
        ([LOCK], (), (LOCK,)),
        (["out/apps.json", LOCK, "x"], (), (LOCK, "out/apps.json")),
        (["apps.json"], (), ()),
    ],
)
def test_what_is_touched(paths: list[str], written: tuple[str, ...], made: tuple[str, ...]) -> None:
    found = find_touched(paths, ["out/apps.json"], complete=True)
    assert found == Touched(written, made)
    assert bool(found) is bool(written or made)


def test_where_the_list_is_cut_each_file_may_be_among_them() -> None:
    found = find_touched(["a"] * 3000, ["apps.json"], complete=False)
    assert found.written == ("altpress.yml", ".github/altpress.yml", DECISIONS)
    assert found.made == (), "nobody is told of what may not be so"


@pytest.mark.parametrize("digest", [None, "0123456789abcdef"])
@pytest.mark.parametrize("key", ["acme/source@main", "a/b@feature/x.y_z-1"])
def test_a_check_is_known_again(key: str, digest: str | None) -> None:
    checked = CheckedPull(key, 3, digest)
    assert read_check(name_check(checked)) == checked


@pytest.mark.parametrize(
    "text",
    ["", "pull", "pull:3", "pull:03:a/b@c", "pull:-1:a/b@c", "pull:3:a b", "push:3:a/b@c", "pull:3:a/b@c:x",
     "pull:3:a/b@c\n", "pull:9999999999999999999:a/b@c", "3"],
)  # fmt: skip
def test_what_others_call_theirs_is_none(text: str) -> None:
    assert read_check(text) is None
