"""Problems of a JSON file get the lines at which they stand."""

import json

import pytest

from bot.decisions import parse_decisions
from bot.errors import BadCatalog, FileProblem
from bot.lint.files import MOST, place_problems

YANK = {"kind": "yank", "app": "acme", "version": "1.0", "actor": "octocat", "at": "2026-11-22T21:48:16Z"}


def placed(data: bytes) -> list[FileProblem]:
    with pytest.raises(BadCatalog) as caught:
        parse_decisions(data)
    return place_problems(data, [p for p in caught.value.problems if isinstance(p, FileProblem)])


@pytest.mark.parametrize(
    ("decisions", "word"),
    [
        ([YANK, {**YANK, "kind": "yanks"}], '"yanks"'),
        ([YANK, {**YANK, "why": "x"}], '"why"'),
        ([{**YANK, "at": "yesterday"}], '"yesterday"'),
        ([{**YANK, "reason": 7}], '"reason": 7'),
    ],
)
def test_a_value_is_found_at_its_line(decisions: list[object], word: str) -> None:
    text = json.dumps({"decisions": decisions}, indent=2)
    [problem] = placed(text.encode())
    assert problem.line is not None
    assert word in text.splitlines()[problem.line - 1]


def test_what_is_missing_is_told_where_it_should_be() -> None:
    text = json.dumps({"decisions": [YANK, {k: v for k, v in YANK.items() if k != "actor"}]}, indent=2)
    [problem] = placed(text.encode())
    assert (problem.path, problem.line) == ("decisions > 1 > actor", text.splitlines().index("    {", 3) + 1)


@pytest.mark.parametrize("data", [b"", b"\xff", b"[" * 5000, b'{"decisions": [\n}', b"[]", b"\xef\xbb\xbf7"])
def test_hostile_bytes_have_problems_and_no_error(data: bytes) -> None:
    assert placed(data)


def test_only_so_many_are_looked_for() -> None:
    data = json.dumps({"decisions": [{} for _ in range(200)]}, indent=1).encode()
    found = place_problems(data, [FileProblem(None, f"decisions > {n} > kind", "x") for n in range(200 + 9)])
    assert {problem.line is None for problem in found[:MOST]} == {False}
    assert {problem.line is None for problem in found[MOST:]} == {True}


def test_what_is_about_the_whole_file_has_no_line() -> None:
    [found] = place_problems(b'{"decisions": []}', [FileProblem(None, "", "the file is larger than 1 MiB")])
    assert found.line is None
