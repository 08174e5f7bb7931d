"""The lock: the same values, the same bytes; a wrong line is named."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadCatalog
from bot.lock import Adopted, Lock, parse_lock, render_lock
from bot.records import Verdict
from tests.unit.source.values import ICON, record

ADOPTED = (
    Adopted(scope="source", entry={"userInfo": {"a": "b"}, "x": None}),
    Adopted(scope="app", app="app", bundle_identifier="com.acme.app", entry={"zzz": 1, "name": "Acmé"}),
    Adopted(scope="version", app="app", bundle_identifier="com.acme.app", index=0, entry={"version": "0.9"}),
    Adopted(scope="version", app="app", bundle_identifier="com.acme.app", index=1, entry={"version": "0.8"}),
)
REJECTED = record(3, verdict=Verdict(accepted=False, code="bad_ipa.no_app", reason="No app."), facts=None)
LOCK = Lock(
    records=(record(1, inside={"icon": ICON}), record(2, notes="ü\n\u2028"), REJECTED), adopted=ADOPTED
)


def test_read_and_written_again():
    data = render_lock(LOCK)
    assert parse_lock(data) == LOCK
    assert render_lock(parse_lock(data)) == data


def test_a_line_a_record_with_sorted_keys():
    lines = render_lock(LOCK).decode().split("\n")
    assert lines.pop() == ""
    assert len(lines) == 7
    for line in lines:
        value = json.loads(line)
        assert list(value) == sorted(value)
        assert json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")) == line
    assert [json.loads(line)["kind"] for line in lines] == ["record"] * 3 + ["adopted"] * 4


@given(st.permutations(LOCK.records), st.permutations(LOCK.adopted))
def test_the_order_of_arrival_does_not_matter(records, adopted):
    assert render_lock(Lock(records=tuple(records), adopted=tuple(adopted))) == render_lock(LOCK)


def test_an_empty_lock_is_an_empty_file():
    assert render_lock(Lock()) == b""
    assert parse_lock(b"") == Lock()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"<<<<<<< HEAD", "is no JSON object on one line (a merge conflict?)"),
        (b"\xff", "is no JSON object"),
        (b"[" * 100_000, "is no JSON object"),
        (b"[]", "must be an object with `kind`"),
        (b'{"kind":"other"}', "must be an object with `kind`"),
        (b'{"kind":"adopted","scope":"else"}', "scope"),
        (b'{"kind":"record"}', "repository_id: Field required"),
        (render_lock(Lock(records=(record(1),))).replace(b'"kind"', b'"more":1,"kind"').strip(), "more"),
        (render_lock(Lock(records=(record(1),))).strip(), "repeats the asset 2:1"),
        (render_lock(Lock(adopted=ADOPTED[:1])).strip(), "repeats an adopted entry"),
    ],
)
def test_a_wrong_line_is_named(line, said):
    with pytest.raises(BadCatalog) as caught:
        parse_lock(render_lock(LOCK) + line + b"\n")
    assert [p.line for p in caught.value.problems] == [8]
    assert said in str(caught.value.problems[0])
