"""A site's records are replaced by those of its lock: `altpress rebuild-state --replace`."""

from bot.records import Cause, CauseKind
from bot.store import Store
from bot.store.records import Reset
from bot.store.writes import BATCH
from tests.contract.test_store import record

SITE, OTHER = "a/s@main", "a/s@main2"


def test_what_the_lock_tells_is_all_that_is_known(any_store: Store) -> None:
    records = any_store.records
    cause = Cause(kind=CauseKind.SWEEP)
    for number in (1, 2, 3, 4):
        records.save(SITE, record(asset_id=number), read=True, cause=cause)
    records.remove(SITE, record().repository_id, [3, 4])
    records.save(OTHER, record(asset_id=9))
    lock = [record(asset_id=1), record(asset_id=2, size=9), record(asset_id=3), record(asset_id=5)]
    assert records.reset(SITE, lock) == Reset(added=1, removed=1)
    assert records.of_site(SITE) == lock
    assert records.is_published(SITE), "the lock is what is published"
    assert not records.is_gone(SITE, record(asset_id=4).key)
    facts = record(asset_id=1)
    assert records.find_facts(facts.repository_id, 1, facts.updated_at) is None, "a lock claims, nobody read"
    assert records.of_site(OTHER) == [record(asset_id=9)]
    assert not records.is_published(OTHER)
    written = list(any_store.database["records"].find())
    assert records.reset(SITE, lock) == Reset(added=0, removed=0)
    assert list(any_store.database["records"].find()) == written


def test_more_than_one_request_may_carry(any_store: Store) -> None:
    lock = [record(asset_id=number) for number in range(1, 2 * BATCH + 2)]
    assert any_store.records.reset(SITE, lock) == Reset(added=len(lock), removed=0)
    changed = [one.model_copy(update={"tag": "v9"}) for one in lock[: BATCH + 1]]
    assert any_store.records.reset(SITE, changed) == Reset(added=0, removed=BATCH)
    assert any_store.records.of_site(SITE) == changed
