"""Where the problems of a JSON file that people write stand. No I/O."""

from collections.abc import Sequence
from dataclasses import replace

from bot.errors import FileProblem
from bot.lint.positions import find_places

MOST = 200  # problems that are looked for


def place_problems(data: bytes, problems: Sequence[FileProblem]) -> list[FileProblem]:
    """The problems with their lines; one that names nothing in the file keeps what it has."""
    paths = {index: _path(problem) for index, problem in enumerate(problems[:MOST]) if problem.line is None}
    text = find_places(data, [path for path in paths.values() if path])
    placed = list(problems)
    for index, path in paths.items():
        if path and (place := text.place(path)):
            placed[index] = replace(problems[index], line=place.line)
    return placed


def _path(problem: FileProblem) -> tuple[str | int, ...]:
    parts = problem.path.split(" > ") if problem.path else []
    return tuple(int(part) if part.isdecimal() and len(part) < 10 else part for part in parts)
