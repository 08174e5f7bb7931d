"""What versions of before left is read by this one as they read it, once it is migrated."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from bot.migrate import Migrator, pending
from bot.records import DeliveryState
from bot.records.base import Value
from bot.store import Store
from bot.store.deliveries import DAY_MS
from tests.old_databases import NAMES, Old, read_rows, without_versions
from tests.store_rows import strangers

FIRST, SECOND, LAST = NAMES[0], NAMES[1], NAMES[-1]
KEY = "acme/source@main"


def quick(store: Store) -> Migrator:
    return Migrator(store.database, sleep=lambda _: None)


def test_there_are_databases_of_before() -> None:
    assert NAMES == ["2026-11-22-2221", "2026-11-22-2245", "2026-11-23-0139", "2026-11-23-0721"]


@pytest.mark.parametrize("name", NAMES)
def test_everything_is_read_as_the_old_version_read_it(any_store: Store, name: str) -> None:
    old = Old(name)
    old.put(any_store.database)
    any_store.ensure_indexes()
    assert pending(any_store.database) == ["0001", "0002", "0003"]
    quick(any_store).migrate()
    assert pending(any_store.database) == []
    assert strangers(any_store.database) == {}
    assert_same(any_store, old.read)
    assert listed_by_state(any_store) == {found["guid"] for found in old.read["deliveries"]}


def assert_same(store: Store, read: dict[str, Any]) -> None:
    assert as_before(store.deliveries.page(100), read["deliveries"]) == read["deliveries"]
    assert store.deliveries.counts() == read["counts"]
    assert [found.guid for found in store.deliveries.pending(100)] == read["pending"]
    for key, records in read["records"].items():
        assert as_before(store.records.of_site(key), records) == records
    for key, publications in read["of_site"].items():
        assert as_before(store.publications.page(100, key), publications) == publications
    assert as_before(store.sites.all(), read["sites"]) == read["sites"]


def as_before(found: Sequence[Value], old: list[Any]) -> Any:
    """As much as the old version knew of each; it had no match for what is new since."""
    return _known([json.loads(value.model_dump_json()) for value in found], old)


def _known(new: Any, old: Any) -> Any:
    if isinstance(new, dict) and isinstance(old, dict):
        return {name: _known(value, old[name]) for name, value in new.items() if name in old}
    if isinstance(new, list) and isinstance(old, list) and len(new) == len(old):
        return [_known(value, of) for value, of in zip(new, old, strict=True)]
    return new


def listed_by_state(store: Store) -> set[str]:
    return {found.guid for state in DeliveryState for found in store.deliveries.page(100, None, state)}


def test_without_migrations_they_are_not_all_seen(any_store: Store) -> None:
    """Why there are any."""
    old = Old(FIRST)
    old.put(any_store.database)
    assert listed_by_state(any_store) == set()
    assert any_store.publications.page(10, KEY) == []
    assert any_store.records.of_site(KEY) == []


def test_what_is_old_is_purged_again(any_store: Store) -> None:
    old = Old(FIRST)
    old.put(any_store.database)
    newest = max(found["received_ms"] for found in old.read["deliveries"])
    later = newest + 400 * DAY_MS
    any_store.purge(later, 30)
    assert sum(any_store.deliveries.counts().values()) == len(old.read["deliveries"]), "none was found"
    quick(any_store).migrate()
    any_store.purge(later, 30)
    assert set(any_store.deliveries.counts().items()) >= {("done", 0), ("failed", 0), ("ignored", 0)}


def test_tombstones_get_a_time_and_go(any_store: Store) -> None:
    old = Old(SECOND)
    old.put(any_store.database)
    gone = [row["_id"] for row in old.rows["records"] if "removed" in row]
    assert len(gone) == 1
    now = 1_800_000_000
    Migrator(any_store.database, sleep=lambda _: None, clock=lambda: now).migrate()
    assert any_store.records.purge(now * 1000) == 0
    assert any_store.records.purge(now * 1000 + 1) == 1
    assert any_store.database["records"].find_one({"_id": gone[0]}) is None


def test_a_locks_word_is_no_reading_of_a_file(any_store: Store) -> None:
    """`file` of a version that noted it for imported records, too."""
    old = Old(FIRST)
    old.put(any_store.database)
    found = old.read["records"][KEY][0]
    quick(any_store).migrate()
    known = any_store.records.find_facts(found["repository_id"], found["asset_id"], found["updated_at"])
    assert known is None


def test_what_the_last_version_wrote_only_gets_its_version(any_store: Store) -> None:
    """Both may run side by side: neither meets what it cannot read."""
    old = Old(LAST)
    old.put(any_store.database)
    before = read_rows(any_store.database)
    quick(any_store).migrate()
    assert without_versions(read_rows(any_store.database)) == without_versions(before)


def test_indexes_that_nobody_uses_are_dropped(any_store: Store) -> None:
    for name in (FIRST, SECOND):
        for collection, indexes in Old(name).indexes.items():
            for fields in indexes:
                any_store.database[collection].create_index([(field, 1) for field in fields])
    any_store.ensure_indexes()
    any_store.database["records"].insert_one({"_id": "a@b|1:2", "live_site": "a@b"})
    quick(any_store).migrate()
    left = {
        name: {tuple(field for field, _ in about["key"]) for about in found.values()}
        for name in ("deliveries", "publications", "records")
        if (found := any_store.database[name].index_information())
    }
    assert ("state", "received_ms") not in left["deliveries"]
    assert ("site", "at_ms") not in left["publications"]
    assert ("live_site",) not in left["records"]
    assert {("state",), ("state_ms",), ("received_ms",)} <= left["deliveries"]
    assert {("live",), ("gone_ms",)} <= left["records"]
