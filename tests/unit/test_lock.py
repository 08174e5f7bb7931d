"""The lock: the same values, the same bytes; a wrong line is named."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadCatalog
from bot.lock import MAX_PROBLEMS, Adopted, Lock, parse_lock, render_lock, salvage_lock
from bot.records import InnerIpa, Verdict
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
        (render_lock(Lock(records=(record(1),))).strip(), "disagrees with line 1 on the asset 2:1"),
        (render_lock(Lock(adopted=ADOPTED[:1])).strip(), "repeats an adopted entry"),
    ],
)
def test_a_wrong_line_is_named(line, said):
    with pytest.raises(BadCatalog) as caught:
        parse_lock(render_lock(LOCK) + line + b"\n")
    assert [p.line for p in caught.value.problems] == [8]
    assert said in str(caught.value.problems[0])


OLD_LINE = (
    b'{"app":"acme","asset_id":7,"asset_name":"App.ipa","download_url":"https://d/7","facts":{"build_version":"1",'
    b'"bundle_identifier":"com.acme.app","device_families":[1],"entitlements":[],"icon":{"height":60,"sha256":"ab",'
    b'"width":60},"name":"Acme","privacy":{},"version":"1.0"},"kind":"record","prerelease":false,'
    b'"published_at":"2026-01-01T12:00:00Z","release_id":1,"release_url":"https://r/1","repository":"acme/app",'
    b'"repository_id":2,"sha256":"cd","size":5,"tag":"v1.0","updated_at":"2026-01-01T12:00:00Z",'
    b'"verdict":{"accepted":true}}\n'
)


def test_a_line_of_before_the_inner_ipa_is_read_and_written_as_it_was():
    lock = parse_lock(OLD_LINE)
    assert render_lock(lock) == OLD_LINE
    assert (lock.records[0].ipa_size, lock.records[0].ipa_sha256) == (5, "cd")


def test_the_ipa_inside_of_a_zip_is_told_by_the_lock():
    inner = InnerIpa(name="App.ipa", size=3, sha256="ef")
    lock = Lock(records=(record(1, inner=inner),))
    assert parse_lock(render_lock(lock)) == lock
    assert b'"inner":{"name":"App.ipa","sha256":"ef","size":3}' in render_lock(lock)


def test_the_good_lines_are_kept_where_others_cannot_be_used():
    lines = render_lock(LOCK).split(b"\n")
    lines[1] = lines[1][:40]  # cut off
    lines.insert(4, b"<<<<<<< HEAD")
    found = salvage_lock(b"\n".join(lines))
    assert [r.asset_id for r in found.lock.records] == [1, 3]
    assert found.lock.adopted == ADOPTED
    assert [p.line for p in found.problems] == [2, 5]
    assert found.lost == 2


def test_of_two_lines_that_disagree_neither_is_believed():
    ours, theirs = record(1), record(1, notes="other")
    found = salvage_lock(b"".join(render_lock(Lock(records=(r,))) for r in (ours, theirs, record(2))))
    assert [r.asset_id for r in found.lock.records] == [2]
    assert [str(p) for p in found.problems] == ["line 2: disagrees with line 1 on the asset 2:1"]


def test_a_line_that_is_there_twice_counts_once():
    line = render_lock(Lock(records=(record(1),), adopted=ADOPTED[:1]))
    found = salvage_lock(line + line)
    assert found.lock == Lock(records=(record(1),), adopted=ADOPTED[:1])
    assert [p.line for p in found.problems] == [3, 4]


def test_a_lock_of_nothing_but_rubbish_is_told_in_few_words():
    found = salvage_lock(b"<html>\n" * 5000)
    assert (found.lock, found.lost, len(found.problems)) == (Lock(), 5000, MAX_PROBLEMS)


@given(st.binary(max_size=200), st.integers(0, 7))
def test_no_bytes_between_the_lines_take_the_others_along(rubbish, at):
    lines = render_lock(LOCK).splitlines(keepends=True)
    found = salvage_lock(b"".join(lines[:at]) + rubbish.replace(b"\n", b"") + b"\n" + b"".join(lines[at:]))
    assert found.lock == LOCK
