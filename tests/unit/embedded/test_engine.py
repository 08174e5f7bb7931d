"""One insert, or one bulk of updates: one commit, whatever becomes of its documents."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.embedded.engine import Engine

FULL = 2  # of `PRAGMA synchronous`


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = Engine(data_dir=str(tmp_path))
    yield opened
    opened.close_all()


def insert(engine: Engine, *documents: dict[str, Any], ordered: bool = False) -> dict[str, Any]:
    body = {
        "insert": "things",
        "$db": "test",
        "ordered": ordered,
        "writeConcern": {"w": "majority", "j": True},
    }
    sections = [("body", body), ("payload", {"documents": list(documents)})]
    return engine.handle_insert({"request_id": 1, "sections": sections})[1]


def update(engine: Engine, *updates: dict[str, Any]) -> dict[str, Any]:
    body = {"update": "things", "$db": "test", "ordered": False, "writeConcern": {"w": "majority", "j": True}}
    sections = [("body", body), ("payload", {"updates": list(updates)})]
    return engine.handle_command({"request_id": 1, "sections": sections})[1]


def ids(engine: Engine) -> set[str]:
    return {row["_id"] for row in engine.get_database("test")["things"].find({})}


def test_many_documents_are_one_commit_that_is_on_the_disk(engine: Engine) -> None:
    insert(engine, {"_id": "first"})
    database = engine.get_database("test").db
    said: list[str] = []
    database.set_trace_callback(said.append)
    answer = insert(engine, *({"_id": str(number)} for number in range(20)))
    database.set_trace_callback(None)
    assert answer["n"] == 20
    assert [line for line in said if line.startswith(("BEGIN", "COMMIT"))] == ["BEGIN", "COMMIT"]
    assert not database.in_transaction
    assert database.execute("PRAGMA synchronous").fetchone() == (FULL,)


def test_journal_holds_for_the_very_first_insert(engine: Engine) -> None:
    insert(engine, {"_id": "first"})
    assert engine.get_database("test").db.execute("PRAGMA synchronous").fetchone() == (FULL,)


def test_duplicate_takes_no_other_down(engine: Engine) -> None:
    insert(engine, {"_id": "b"})
    answer = insert(engine, {"_id": "a"}, {"_id": "b"}, {"_id": "c"})
    assert [error["index"] for error in answer["writeErrors"]] == [1]
    assert answer["writeErrors"][0]["code"] == 11000
    assert ids(engine) == {"a", "b", "c"}


def test_ordered_insert_ends_at_a_duplicate_and_keeps_what_came_before(engine: Engine) -> None:
    insert(engine, {"_id": "b"})
    answer = insert(engine, {"_id": "a"}, {"_id": "b"}, {"_id": "c"}, ordered=True)
    assert answer["n"] == 1
    assert ids(engine) == {"a", "b"}


def test_nothing_is_acknowledged_that_a_full_disk_took_back(engine: Engine) -> None:
    insert(engine, {"_id": "first"})
    database = engine.get_database("test").db
    pages = database.execute("PRAGMA page_count").fetchone()[0]
    database.execute(f"PRAGMA max_page_count = {pages + 40}")
    documents = [{"_id": str(number), "text": "x" * 20_000} for number in range(20)]
    answer = insert(engine, *documents)
    assert (answer["ok"], answer["code"], answer["errmsg"]) == (0, 14031, "database or disk is full")
    assert "first" in ids(engine)
    assert not database.in_transaction
    database.execute("PRAGMA max_page_count = 1000000")
    assert insert(engine, {"_id": "later"})["n"] == 1


def test_insert_inside_a_sessions_transaction_is_left_to_it(engine: Engine) -> None:
    insert(engine, {"_id": "first"})
    database = engine.get_database("test").db
    database.execute("BEGIN")
    insert(engine, {"_id": "second"})
    assert database.in_transaction
    database.execute("ROLLBACK")
    assert ids(engine) == {"first"}


def test_many_updates_are_one_commit_and_a_refused_one_takes_no_other_down(engine: Engine) -> None:
    insert(engine, {"_id": "a", "words": "some"}, {"_id": "b"}, {"_id": "c"})
    database = engine.get_database("test").db
    said: list[str] = []
    database.set_trace_callback(said.append)
    answer = update(
        engine,
        {"q": {"_id": "a"}, "u": {"$inc": {"words": 1}}},
        {"q": {"_id": "b"}, "u": {"$set": {"told": 1}}},
        {"q": {"_id": "c", "told": None}, "u": {"$set": {"told": 2}}},
        {"q": {"_id": "d"}, "u": {"$set": {"told": 3}}},
    )
    database.set_trace_callback(None)
    assert [line for line in said if line.startswith(("BEGIN", "COMMIT"))] == ["BEGIN", "COMMIT"]
    told = {row["_id"]: row.get("told") for row in engine.get_database("test")["things"].find({})}
    assert told == {"a": None, "b": 1, "c": 2}
    assert (answer["nModified"], [error["index"] for error in answer["writeErrors"]]) == (2, [0])
    assert not database.in_transaction
