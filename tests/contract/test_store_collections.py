"""Every document carries its version, and no collection is missing in the table."""

import inspect
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot.store
from bot.store import Store, connect
from bot.store.collections import COLLECTIONS, Kind
from tests.contract.filled import fill, queries
from tests.store_rows import strangers, versions
from tests.stores import opened_store

ROWS = 10_000  # ten sites' worth
OWN = {"migrations", "migration_lock"}  # not the store's


@pytest.fixture
def used_store(mongo_url: str, stores_dir: Path) -> Iterator[Store]:
    """Everything that altpress asks of its store was asked once."""
    name = f"used-{os.getpid()}"
    with opened_store(mongo_url, name) as store:
        fill(store, store.database, stores_dir / "mongo" / f"{name}.db", ROWS)
        for ask in queries(store).values():
            ask()
        yield store


def test_every_document_carries_the_version_of_the_table(used_store: Store) -> None:
    assert strangers(used_store.database) == {}


def test_the_store_uses_what_the_table_names_and_nothing_else() -> None:
    folder = Path(inspect.getfile(bot.store)).parent
    sources = "\n".join(path.read_text() for path in folder.glob("*.py"))
    used = {part.partition('"')[0] for part in sources.split('database["')[1:]}
    assert used == {name for name in COLLECTIONS if name not in OWN}


def test_a_document_without_a_version_is_seen(mongo_url: str, database_name: str) -> None:
    """The check itself."""
    with connect(mongo_url) as client:
        database = client[database_name]
        database["records"].insert_one({"_id": "old"})
        database["others"].insert_one({"_id": "a"})
        try:
            assert strangers(database) == {"records": {None: 1}, "others": {None: 1}}
            assert versions(database)["records"] == {None: 1}
        finally:
            client.drop_database(database_name)


def test_what_cannot_be_read_again_is_kept() -> None:
    kept = {name for name, found in COLLECTIONS.items() if found.kind is Kind.KEPT}
    assert {"deliveries", "delivery_chunks", "publications", "notices", "migrations"} <= kept
    assert {"records", "sites", "answers", "heads"}.isdisjoint(kept)
