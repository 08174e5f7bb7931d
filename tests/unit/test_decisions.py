"""The decisions' file."""

import json

import pytest

from bot.decisions import Decision, Decisions, Kind, parse_decisions, render_decisions
from bot.errors import BadCatalog

YANK = {"kind": "yank", "app": "acme", "version": "1.0", "actor": "octocat", "at": "2026-11-22T21:48:16Z"}
HOLD = {"kind": "hold", "actor": "octocat", "at": "2026-11-22T21:48:16Z", "until": "2026-11-23T00:00:00Z"}


def encode(*decisions: dict) -> bytes:
    return json.dumps({"decisions": decisions}).encode()


def test_read_and_written_again():
    decisions = parse_decisions(encode(YANK, HOLD))
    assert [d.kind for d in decisions.decisions] == [Kind.YANK, Kind.HOLD]
    assert parse_decisions(render_decisions(decisions)) == decisions
    assert render_decisions(decisions).endswith(b"}\n")


def test_none_is_a_file_too():
    assert parse_decisions(b"{}") == Decisions()


def test_a_decision_ends_when_its_time_is_over():
    decisions = parse_decisions(encode(YANK, HOLD))
    assert len(decisions.active(1_795_384_000).decisions) == 2  # 2026-11-22T21:46:40Z
    assert [d.kind for d in decisions.active(1_795_400_000).decisions] == [Kind.YANK]


@pytest.mark.parametrize(
    ("version", "names"),
    [("1.0", True), ("1.0 (5)", True), ("v1.0", True), ("1.0 (6)", False), ("1", False), ("5", False)],
)
def test_a_version_is_named_by_number_build_or_tag(version, names):
    decision = Decision.model_validate({**YANK, "version": version})
    assert decision.names("ACME", version="1.0", build="5", tag="v1.0") is names
    assert decision.names("other", version="1.0", build="5", tag="v1.0") is False


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "line 1: is no JSON"),
        (b'{"decisions": [\n}', "line 2: is no JSON"),
        (b"\xff", "is no JSON in UTF-8"),
        (b"[" * 100_000, "is no JSON"),
        (b'{"decisions": ' + b"9" * 5000 + b"}", "is no JSON"),
        (b"[]", "cannot be used: the file must be an object with the list `decisions`"),
        (b'{"decisions": [], "decisions": []}', "gives the key `decisions` twice"),
        (b'{"decision": []}', "decision: is no key here; allowed: decisions"),
        (encode({**YANK, "kind": "yanks"}), "decisions > 0 > kind: must be one of 'yank', 'pin'"),
        (encode({"kind": "hold"}), "decisions > 0 > actor: is missing and required"),
        (encode({**YANK, "version": 1.2}), "decisions > 0 > version: must be text, in quotes"),
        (encode({**YANK, "files": ["x"]}), "decisions > 0 > files > 0: must be `<repository id>:<asset id>`"),
        (encode({**YANK, "why": "x"}), "decisions > 0 > why: is no key here; allowed: kind, app, version"),
        (encode({**YANK, "at": "yesterday"}), "must be a time such as"),
        (encode({**YANK, "at": "2026-11-22T21:48:16"}), "must name its time zone"),
        (encode({**YANK, "version": None}), "needs `app` and `version`"),
        (encode({**HOLD, "version": "1.0"}), "takes no `version`"),
        (encode({**YANK, "seen": "2026-11-22T21:48:16Z"}), "a yank takes no `seen`: it is for approve"),
        (b" " * (1024 * 1024 + 1), "the file is larger than 1 MiB"),
        (b'{"decisions": [' + b"{}," * 340_000 + b"{}]}", "decisions: holds more than 10,000 entries"),
        (b'{"decisions": [' + b"{}," * 9_000 + b"{}]}", "(and 27002 more)"),
    ],
)
def test_what_is_wrong_is_told(data, said):
    with pytest.raises(BadCatalog) as caught:
        parse_decisions(data)
    assert said in "\n".join([caught.value.public, *map(str, caught.value.problems)])


def test_only_so_many_problems_are_listed():
    with pytest.raises(BadCatalog) as caught:
        parse_decisions(encode(*({} for _ in range(300))))
    assert len(caught.value.problems) == 200
