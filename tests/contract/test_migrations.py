"""How migrations are applied: in order, one process at a time, to the end, whatever breaks it off."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from pymongo.database import Database

from bot.errors import BadSettings, Underway
from bot.migrate import Failed, Migrator, Readiness, pending
from bot.migrate.apply import PASSES_MS
from bot.migrate.lease import LEASE_MS, Lease
from bot.migrate.load import load_migrations
from bot.migrate.model import Migration, Row, Steps, Update
from bot.migrate.notes import Notes
from bot.migrate.steps import BATCH
from bot.store import Store
from bot.store.collections import COLLECTIONS
from tests.old_databases import NAMES, Old, read_rows
from tests.store_rows import strangers

NOW = 1_800_000_000.0
ROWS = 2 * BATCH + 50  # three pages


class Clock:
    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Killed(BaseException):
    """As far as the program can tell: nothing of it runs any more."""


def migrator(store: Store, migrations: Sequence[Migration] | None = None, **given: Any) -> Migrator:
    return Migrator(store.database, migrations=migrations, **{"sleep": lambda _: None, **given})


def fill(store: Store, count: int = ROWS) -> None:
    """Notices of an altpress of before."""
    rows = [{"_id": f"told:{number:05d}", "at_ms": number} for number in range(count)]
    store.database["notices"].insert_many(rows)


def make(version: int, change: Callable[[Row], Update] = lambda _: {}, **fields: Any) -> Migration:
    """One that concerns notices alone."""

    def up(steps: Steps) -> None:
        steps.rewrite("notices", change, reads=("at_ms",))

    given: dict[str, Any] = {"title": "try", "needs": 0, "up": up, "down": "None.", "checksum": "c", **fields}
    return Migration(version=version, **given)


def doubled(row: Row) -> Update:
    return {"$set": {"twice_ms": row["at_ms"] * 2}}


def notices(store: Store) -> list[dict[str, Any]]:
    return list(store.database["notices"].find())


def killing_after(pages: int) -> Callable[[float], None]:
    """The pause after that page is the last thing that happens."""
    left = [pages]

    def sleep(_: float) -> None:
        left[0] -= 1
        if not left[0]:
            raise Killed

    return sleep


# ---- in order, and noted


def test_they_are_applied_in_order_and_noted(any_store: Store) -> None:
    Old(NAMES[1]).put(any_store.database)
    told: list[str] = []
    outcomes = migrator(any_store, clock=Clock(), tell=told.append).migrate()
    assert [outcome.migration for outcome in outcomes] == ["0001", "0002", "0003"]
    assert [line[:4] for line in told] == ["0001", "0002", "0003"]
    noted = Notes(any_store.database).all()
    assert [(row.id, row.ended_ms, row.stamped) for row in noted] == [
        (number, NOW * 1000, False) for number in ("0001", "0002", "0003")
    ]
    assert [row.checksum for row in noted] == [found.checksum for found in load_migrations()]
    assert noted[0].changed == sum(len(rows) for rows in Old(NAMES[1]).rows.values())
    assert noted[1].changed == len(Old(NAMES[1]).rows["deliveries"] + Old(NAMES[1]).rows["publications"])


def test_a_second_time_changes_nothing(any_store: Store) -> None:
    Old(NAMES[1]).put(any_store.database)
    migrator(any_store).migrate()
    before = read_rows(any_store.database)
    assert migrator(any_store).migrate() == []
    assert migrator(any_store).catch_up() == 0
    for row in Notes(any_store.database).all():  # even if it were forgotten that it was done
        Notes(any_store.database).remove(row.id)
    Notes(any_store.database).stamp(load_migrations()[:0], "", 0)
    any_store.database["migrations"].insert_one({"_id": "0001", "ended_ms": None, "started_ms": 0})
    assert sum(sum(found.documents.values()) for found in migrator(any_store).migrate()) == 0
    assert read_rows(any_store.database) == before


def test_only_up_to_a_number(any_store: Store) -> None:
    fill(any_store)
    migrator(any_store).migrate(to=1)
    assert pending(any_store.database) == ["0002", "0003"]


# ---- new databases


def test_a_new_database_is_noted_as_migrated_by_whoever_comes_first(any_store: Store) -> None:
    assert pending(any_store.database) == ["0001", "0002", "0003"]
    any_store.notices.claim("written before anybody looked", 1)
    answers: list[bool] = []
    threads = [
        threading.Thread(target=lambda: answers.append(migrator(any_store).stamp_new())) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert any(answers)
    assert pending(any_store.database) == []
    assert [row.stamped for row in Notes(any_store.database).all()] == [True] * 3
    assert strangers(any_store.database) == {}
    assert migrator(any_store).stamp_new() is False


def test_a_database_that_was_lost_is_new_again(any_store: Store) -> None:
    """While all processes run on: nobody starts who would note it."""
    any_store.notices.claim("written since", 1)
    assert Readiness(any_store.database).look().is_ready
    assert [row.stamped for row in Notes(any_store.database).all()] == [True] * 3


def test_one_old_document_is_enough_to_be_no_new_database(any_store: Store) -> None:
    any_store.notices.claim("new", 1)
    any_store.database["talks"].insert_one({"_id": "old", "at_ms": 1, "said": {}})
    assert migrator(any_store).stamp_new() is False
    assert pending(any_store.database) == ["0001", "0002", "0003"]


def test_readiness_asks_no_more_once_it_is_there(any_store: Store) -> None:
    fill(any_store, 1)
    readiness = Readiness(any_store.database)
    assert readiness.look().pending == ("0001", "0002", "0003")
    migrator(any_store).migrate()
    assert readiness.look().is_ready
    Notes(any_store.database).remove("0003")
    assert readiness.look().is_ready


# ---- broken off


@pytest.mark.parametrize("pages", [1, 2, 3])
def test_a_killed_one_is_gone_on_with(any_store: Store, pages: int) -> None:
    fill(any_store)
    clock = Clock()
    with pytest.raises(Killed):
        migrator(any_store, [make(1, doubled)], sleep=killing_after(pages), clock=clock).migrate()
    assert len([row for row in notices(any_store) if "twice_ms" in row]) == min(pages * BATCH, ROWS)
    report = migrator(any_store, [make(1, doubled)]).report()
    assert [(row.id, row.ended_ms) for row in report.applied] == [("0001", None)]
    assert report.level.pending == ("0001",)
    assert len(migrator(any_store, [make(1, doubled)], clock=clock).migrate()) == 1
    assert all(row["twice_ms"] == row["at_ms"] * 2 for row in notices(any_store))


def test_it_goes_on_where_it_was(any_store: Store) -> None:
    """What is through is not looked at again, once that was noted."""
    fill(any_store)
    ticking = Clock()

    def sleep(_: float) -> None:
        ticking.now += 2
        if ticking.now > NOW + 2:
            raise Killed

    with pytest.raises(Killed):
        migrator(any_store, [make(1, doubled)], sleep=sleep, clock=ticking).migrate()
    at = Notes(any_store.database).all()[0].at
    assert at == {"notices": f"told:{2 * BATCH - 1:05d}"}
    looked: list[int] = []

    def watched(row: Row) -> Update:
        looked.append(row["at_ms"])
        return doubled(row)

    migrator(any_store, [make(1, watched)], clock=ticking).migrate()
    assert looked == list(range(2 * BATCH, ROWS))


def test_one_that_fails_is_told_of_and_goes_on_at_the_next_try(any_store: Store) -> None:
    fill(any_store)

    def broken(row: Row) -> Update:
        if row["at_ms"] == BATCH + 7:
            raise KeyError("at_ms")
        return doubled(row)

    with pytest.raises(Failed, match="0001 broke off") as raised:
        migrator(any_store, [make(1, broken), make(2)]).migrate()
    assert "KeyError" in raised.value.public
    report = migrator(any_store, [make(1), make(2)]).report()
    assert [(row.id, row.error) for row in report.applied] == [("0001", "KeyError")]
    assert report.held is None, "the lock is free again"
    assert report.level.pending == ("0001", "0002")
    migrator(any_store, [make(1, doubled), make(2)]).migrate()
    assert all(row["twice_ms"] == row["at_ms"] * 2 for row in notices(any_store))
    assert [row.error for row in Notes(any_store.database).all()] == [None, None]


# ---- one at a time


def test_the_second_says_who_is_at_it(any_store: Store) -> None:
    fill(any_store)
    told: list[str] = []
    first = Lease(any_store.database)
    with first.hold(wait=0), pytest.raises(Underway, match="being migrated by") as raised:
        migrator(any_store, [make(1)], tell=told.append).migrate(wait=0)
    assert first.holder in raised.value.public
    assert pending(any_store.database) == ["0001", "0002", "0003"]


def test_the_second_waits_and_then_finds_nothing_to_do(any_store: Store) -> None:
    fill(any_store)
    told: list[str] = []
    inside, go_on = threading.Event(), threading.Event()

    def slow(_: float) -> None:
        inside.set()
        assert go_on.wait(60)

    first = threading.Thread(target=lambda: migrator(any_store, [make(1, doubled)], sleep=slow).migrate())
    first.start()
    assert inside.wait(60)

    def look(_: float) -> None:
        go_on.set()
        first.join(0.05)

    assert migrator(any_store, [make(1)], sleep=look, tell=told.append).migrate(wait=20) == []
    first.join()
    assert [line.partition(":")[0] for line in told] == ["waiting"]
    assert all("twice_ms" in row for row in notices(any_store))


def test_the_lock_of_a_killed_one_runs_out(any_store: Store) -> None:
    fill(any_store)
    clock = Clock()
    killed = Lease(any_store.database, clock=clock)
    assert killed._take()
    clock.now += LEASE_MS / 1000
    with pytest.raises(Underway):
        migrator(any_store, [make(1)], clock=clock).migrate(wait=0)
    clock.now += 1
    assert len(migrator(any_store, [make(1)], clock=clock).migrate(wait=0)) == 1


def test_one_that_was_stopped_for_long_notices_that_another_took_over(any_store: Store) -> None:
    fill(any_store)
    clock = Clock()
    others: list[Lease] = []

    def stopped(_: float) -> None:
        clock.now += 2 * LEASE_MS / 1000
        if not others:
            others.append(Lease(any_store.database, clock=clock))
            assert others[0]._take()

    with pytest.raises(Underway, match="took over"):
        migrator(any_store, [make(1, doubled)], clock=clock, sleep=stopped).migrate(wait=0)
    held = others[0].look()
    assert held is not None
    assert held.holder == others[0].holder, "whose lock it left alone"


def test_the_lease_is_renewed_while_it_lasts(any_store: Store) -> None:
    fill(any_store)
    clock = Clock()
    until: list[int] = []

    def sleep(_: float) -> None:
        clock.now += 40
        held = Lease(any_store.database).look()
        assert held is not None
        until.append(held.until_ms)

    migrator(any_store, [make(1)], clock=clock, sleep=sleep).migrate(wait=0)
    assert len(until) == 3
    assert until == sorted(set(until)), "each page moved it"


# ---- while others write


def test_a_document_that_changes_meanwhile_is_read_again(any_store: Store) -> None:
    fill(any_store, 3)
    rows = any_store.database["notices"]

    def change(row: Row) -> Update:
        if row["at_ms"] == 1:  # an altpress of before writes just now
            rows.update_one({"_id": row["_id"]}, {"$set": {"at_ms": 100}})
        return doubled(row)

    outcomes = migrator(any_store, [make(1, change)]).migrate()
    assert [row["twice_ms"] for row in notices(any_store)] == [0, 200, 4]
    assert outcomes[0].documents == {"notices": 3}


def test_what_an_old_process_writes_afterwards_is_read_and_brought_up_to_date(any_store: Store) -> None:
    """The rows are those that the last version without migrations wrote."""
    migrator(any_store).stamp_new()
    old = Old(NAMES[-1])
    old.put(any_store.database)
    assert pending(any_store.database) == []
    assert len(any_store.deliveries.page(100)) == len(old.read["deliveries"])
    assert [len(any_store.records.of_site(key)) for key in old.read["records"]] == [2]
    assert migrator(any_store).catch_up() == sum(map(len, old.rows.values()))
    assert strangers(any_store.database) == {}


def test_the_sweep_looks_again_a_few_times_after_a_migration(any_store: Store) -> None:
    fill(any_store, 1)
    clock = Clock()
    migrator(any_store, clock=clock).migrate()
    passes = []
    for number, after in enumerate((0, 599, 600, 3_599, 3_601, 3_602, 21_600, 86_400, 200_000), 1):
        clock.now = NOW + after
        any_store.database["notices"].insert_one({"_id": f"told:{number}", "at_ms": number})
        passes.append(migrator(any_store, clock=clock).catch_up_when_due())
    assert passes == [0, 0, 3, 0, 2, 0, 2, 1, 0], "not after a day"
    assert len([count for count in passes if count]) == len(PASSES_MS)
    assert [row.next_ms for row in Notes(any_store.database).all()] == [None, None, None]


def test_nothing_is_looked_for_in_a_database_that_was_new(any_store: Store) -> None:
    migrator(any_store).stamp_new()
    any_store.database["notices"].insert_one({"_id": "old", "at_ms": 1})
    assert migrator(any_store, clock=lambda: NOW * 2).catch_up_when_due() == 0


# ---- without a write


def test_dry_run_counts_and_writes_nothing(any_store: Store) -> None:
    Old(NAMES[0]).put(any_store.database)
    before = everything(any_store.database)
    counted = migrator(any_store).count()
    assert everything(any_store.database) == before
    applied = migrator(any_store).migrate()
    assert [(found.migration, found.documents, found.indexes) for found in counted] == [
        (found.migration, found.documents, found.indexes) for found in applied
    ]
    assert counted[1].indexes != ()


def everything(database: Database[dict[str, Any]]) -> list[Any]:
    collections = [database[name] for name in sorted(database.list_collection_names())]
    return [
        (rows.name, sorted(rows.find(), key=lambda row: str(row["_id"])), rows.index_information())
        for rows in collections
    ]


def test_dry_run_of_a_new_database(any_store: Store) -> None:
    assert migrator(any_store).count() == []
    assert any_store.database["migrations"].find_one() is None


# ---- newer and older programs


def test_a_database_of_a_newer_altpress_that_can_be_read_is_worked_on(any_store: Store) -> None:
    newer = [make(1), make(2, needs=1)]
    fill(any_store, 3)
    migrator(any_store, newer).migrate()
    older = migrator(any_store, newer[:1])
    assert older.level().is_ready
    assert older.level().unknown == ("0002",)
    assert older.migrate() == []


def test_one_that_it_cannot_read_is_refused_in_a_sentence(any_store: Store) -> None:
    newer = [make(1), make(2, needs=2)]
    fill(any_store, 3)
    migrator(any_store, newer).migrate()
    older = migrator(any_store, newer[:1])
    assert not older.level().is_ready
    with pytest.raises(BadSettings, match=r"changed by a newer altpress \(migration 0002\)"):
        older.migrate()


def test_the_way_back(any_store: Store) -> None:
    old = Old(NAMES[1])
    old.put(any_store.database)
    migrator(any_store).migrate()
    assert [found.migration for found in migrator(any_store).down(2)] == ["0003"]
    assert pending(any_store.database) == ["0003"]
    live = [row for row in any_store.database["records"].find() if "removed" not in row]
    assert {row["live_site"] for row in live} == {"acme/source@main"}, "as the version of then looks for them"
    migrator(any_store).migrate()
    assert strangers(any_store.database) == {}
    assert all("live_site" not in row for row in any_store.database["records"].find())


def test_whose_lock_was_taken_over_on_the_way_back_says_so(any_store: Store) -> None:
    fill(any_store)
    clock = Clock()
    back = make(1, down=lambda steps: steps.revert("notices", doubled, to=0, reads=("at_ms",)))
    migrator(any_store, [back], clock=clock).migrate(wait=0)

    def stopped(_: float) -> None:
        clock.now += 2 * LEASE_MS / 1000
        Lease(any_store.database, clock=clock)._take()

    with pytest.raises(Underway, match="took over"):
        migrator(any_store, [back], clock=clock, sleep=stopped).down(0, wait=0)


def test_where_there_is_no_way_back_nothing_is_changed(any_store: Store) -> None:
    Old(NAMES[1]).put(any_store.database)
    migrator(any_store).migrate()
    before = everything(any_store.database)
    with pytest.raises(BadSettings, match=r"0002 cannot be taken back\. It added fields"):
        migrator(any_store).down(0)
    assert everything(any_store.database) == before


# ---- the modules


def test_the_table_of_collections_has_the_numbers_of_the_migrations() -> None:
    """A collection's version is the last migration that rewrites it."""

    class Watching:
        now_ms = 0

        def __init__(self) -> None:
            self.rewritten: set[str] = set()

        def rewrite(self, collection: str, *_: Any, **__: Any) -> None:
            self.rewritten.add(collection)

        def revert(self, *_: Any, **__: Any) -> None:
            raise AssertionError

        def drop_index(self, *_: Any) -> None:
            pass

    versions: dict[str, int] = {}
    for migration in load_migrations():
        steps = Watching()
        migration.up(steps)
        versions |= dict.fromkeys(steps.rewritten, migration.version)
    never_without = {"migrations", "migration_lock", "backups"}
    assert {name: COLLECTIONS[name].schema_version for name in versions} == versions
    assert set(COLLECTIONS) - set(versions) == never_without


def test_numbers_have_no_gap() -> None:
    assert [found.version for found in load_migrations()] == [1, 2, 3]
    assert all(found.needs <= found.version for found in load_migrations())
    assert replace(load_migrations()[0], version=12).id == "0012"
