"""Every document of the shared vectors, judged by the four clients that they were written for."""

import json
import re
from pathlib import Path

import pytest

from bot.clients import build_verdicts, check_source
from bot.clients.model import Problem
from bot.ipa.model import Severity

VECTORS = Path(__file__).resolve().parents[2] / ".." / "shared" / "vectors" / "documents.json"
CLIENTS = {"A24": "altstore-2.0", "A25": "altstore", "SS": "sidestore", "PAL": "altstore-pal"}

pytestmark = pytest.mark.skipif(not VECTORS.exists(), reason=f"the shared vectors are not at {VECTORS}")


def _cases():
    if not VECTORS.exists():
        return []
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))["vectors"]
    return [pytest.param(v, name, id=f"{v['id']}-{name}") for v in vectors for name in CLIENTS]


def _first_error(problems: list[Problem]) -> Problem | None:
    return next((p for p in problems if p.severity is Severity.ERROR), None)


@pytest.mark.parametrize(("vector", "name"), _cases())
@pytest.mark.parametrize("as_bytes", [False, True], ids=["object", "bytes"])
def test_verdict(vector, name, as_bytes):
    document = vector["palDocument"] if name == "PAL" and vector["palDocument"] else vector["document"]
    client, expected = CLIENTS[name], vector["expected"][name]
    problems = check_source(json.dumps(document).encode() if as_bytes else document, [client])
    rejected = expected.startswith("✗")
    assert build_verdicts(problems, [client]) == {client: "reject" if rejected else "accept"}, problems
    if rejected:
        first = _first_error(problems)
        assert first is not None
        _compare(first, expected)


def _compare(problem: Problem, expected: str) -> None:
    """The path and the error's name, as far as the expectation gives them."""
    said = expected.removeprefix("✗ ")
    if source_error := re.match(r"(\w+Error \d+) (\w+)", said):
        assert problem.code == source_error[2]
        assert problem.message.startswith(f"{source_error[1]}: ")
        return
    path, _, error = said.partition(": ")
    wanted = path.replace("…versions", "apps > 0 > versions")
    assert problem.path == wanted
    if named := re.match(r"keyNotFound|valueNotFound|typeMismatch", error):
        assert problem.code == named[0]
    elif not error.startswith(("wants",)):
        assert error.split(" (")[0].rstrip(".").split(" not ")[-1] in problem.message
