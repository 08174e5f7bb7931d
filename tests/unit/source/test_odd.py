"""Decisions about what nobody knows of are told to whoever has just written them."""

from typing import Any

import pytest

from bot.catalog import parse_catalog
from bot.decisions import Decision, Decisions
from bot.lock import Adopted
from bot.records import Facts, Record
from bot.source.odd import MOST, find_odd

CATALOG = parse_catalog("name: A\napps:\n  - {id: acme, repository: a/b}\n  - {id: other, repository: a/c}\n")
ADOPTED = Adopted(scope="version", app="acme", entry={"version": "0.9", "buildVersion": "4"})


def record(number: int, version: str) -> Record:
    at = f"2026-01-{number:02}T00:00:00Z"
    return Record(
        repository_id=2, asset_id=number, app="acme", repository="a/b", release_id=number, tag=f"v{version}",
        published_at=at, release_url="https://r", asset_name="A.ipa", size=1, download_url="https://d",
        updated_at=at, facts=Facts(bundle_identifier="a.b", name="A", version=version, build_version="7"),
    )  # fmt: skip


def decide(kind: str = "yank", app: str | None = "acme", version: str | None = "1.0") -> Decision:
    values: dict[str, Any] = {"kind": kind, "app": app, "version": version, "actor": "m"}
    return Decision(**values, at="2026-11-22T21:48:16Z")


def find(*decisions: Decision, before: tuple[Decision, ...] = ()) -> list[str]:
    found = find_odd(
        Decisions(decisions=decisions),
        Decisions(decisions=before),
        CATALOG,
        [record(1, "1.0"), record(2, "1.1")],
        [ADOPTED],
    )
    return [f"{problem.path}: {problem.message}" for problem in found]


@pytest.mark.parametrize(
    "known",
    [
        decide(), decide(version="1.0 (7)"), decide(version="v1.1"), decide(app="ACME"),
        decide(version="0.9"), decide(version="0.9 (4)"), decide("hold", None, None),
        decide("hold", "acme", None), decide(app="other", version="3"),
    ],
)  # fmt: skip
def test_what_names_something_is_not_told(known: Decision) -> None:
    assert find(known) == []


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        (decide(version="1.2"), "version: `1.2` is no version of `acme` that is known (did you mean `1.1`?)"),
        (decide(version="nothing"), "version: `nothing` is no version of `acme` that is known: it has no"),
        (decide(app="acne"), "app: `acne` is no app of the catalog (did you mean `acme`?): it has no effect"),
        (decide("hold", "zzz", None), "app: `zzz` is no app of the catalog: it has no effect until there is"),
    ],
)
def test_what_names_nothing_is_told_with_the_nearest(odd: Decision, said: str) -> None:
    [found] = find(decide(), odd)
    assert found.startswith(f"decisions > 1 > {said}")
    assert find(decide(), odd, before=(odd,)) == [], "nobody wrote it just now"


def test_of_many_some_are_told() -> None:
    assert len(find(*(decide(version=f"9.{number}") for number in range(200)))) == MOST
