"""What the store promises, on each engine that is there."""

import os
import threading
import zlib
from collections.abc import Callable

import pytest

from bot.errors import BadSettings, Unavailable
from bot.records import (
    Cause,
    CauseKind,
    DeliveryState,
    Facts,
    HeadCache,
    Publication,
    Record,
    RepositoryFacts,
    Site,
    Verdict,
)
from bot.store import Added, NewDelivery, Store, connect
from bot.store.chunks import CHUNK_BYTES
from bot.store.deliveries import DAY_MS
from bot.store.records import Records

NOW = 1_790_000_000_000
SITE = Site(repository="Acme/Source", branch="main", installation=7)
REPOSITORY = RepositoryFacts(
    id=1, full_name="Acme/Source", owner="Acme", private=False, default_branch="main", html_url="https://x"
)
PUSH = Cause(kind=CauseKind.CATALOG, text='{"$set": "a.b"} ünï €')


def delivery(guid: str = "guid-1", body: bytes = b"{}", received_ms: int = NOW) -> NewDelivery:
    headers = {"X-GitHub-Event": "release", "a.b": "$x"}
    return NewDelivery(guid, "release", "published", "acme/app", headers, body, received_ms)


def record(asset_id: int = 1, **changes: object) -> Record:
    facts = Facts(
        bundle_identifier="com.acme.app", name="Acmé", version="1.0", build_version="1",
        entitlements=("com.apple.security.app-sandbox",), privacy={"NS.Camera$Usage": "Why — not"},
    )  # fmt: skip
    plain = Record(
        repository_id=5, asset_id=asset_id, app="acme", repository="acme/app", release_id=9, tag="v1",
        published_at="2026-01-01T00:00:00Z", release_url="https://x", asset_name="a.ipa", size=3,
        download_url="https://y", updated_at="2026-01-01T00:00:00Z", facts=facts,
    )  # fmt: skip
    return plain.model_copy(update=changes)


def at_once(count: int, call: Callable[[], object]) -> list[object]:
    """What `count` threads get that call at the same moment."""
    barrier, answers = threading.Barrier(count), []

    def run() -> None:
        barrier.wait()
        answers.append(call())

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


# ---- deliveries


def test_a_delivery_comes_back_as_it_came(any_store: Store) -> None:
    body = bytes(range(256)) * 20
    assert any_store.deliveries.add([delivery(body=body)]) == [Added.NEW]
    (pending,) = any_store.deliveries.pending(10)
    assert (pending.guid, pending.headers, pending.body) == ("guid-1", delivery().headers, body)
    found = any_store.deliveries.find("guid-1")
    assert found is not None
    assert (found.state, found.event, found.repository) == (DeliveryState.PENDING, "release", "acme/app")


def test_a_group_has_an_answer_for_each(any_store: Store) -> None:
    any_store.deliveries.add([delivery("b")])
    added = any_store.deliveries.add([delivery("a"), delivery("b"), delivery("c"), delivery("a")])
    assert added == [Added.NEW, Added.DUPLICATE, Added.NEW, Added.DUPLICATE]
    assert any_store.deliveries.add([]) == []


def test_the_same_guid_at_once_is_new_exactly_once(any_store: Store) -> None:
    answers = at_once(8, lambda: any_store.deliveries.add([delivery()])[0])
    assert sorted(answers) == [Added.DUPLICATE] * 7 + [Added.NEW]


def test_a_failed_delivery_starts_again_exactly_once(any_store: Store) -> None:
    any_store.deliveries.add([delivery()])
    any_store.deliveries.queue("guid-1", ["a"])
    any_store.deliveries.fail("guid-1", "a", "GitHub said no.", NOW)
    assert any_store.deliveries.counts()["failed"] == 1
    answers = at_once(8, lambda: any_store.deliveries.add([delivery()])[0])
    assert sorted(answers) == [Added.DUPLICATE] * 7 + [Added.RESTARTED]
    assert [waiting.guid for waiting in any_store.deliveries.pending(5)] == ["guid-1"]
    found = any_store.deliveries.find("guid-1")
    assert found is not None
    assert (found.attempts, found.reason) == (2, None)


def test_settling_at_once_makes_it_done_exactly_once(any_store: Store) -> None:
    any_store.deliveries.add([delivery()])
    any_store.deliveries.queue("guid-1", ["a", "b"])
    assert any_store.deliveries.settle("guid-1", "a", NOW) is False
    answers = at_once(8, lambda: any_store.deliveries.settle("guid-1", "b", NOW, "c0ffee"))
    assert sorted(answers) == [False] * 7 + [True]  # type: ignore[type-var]  # bools
    found = any_store.deliveries.find("guid-1")
    assert found is not None
    assert (found.state, found.publications, found.open) == (DeliveryState.DONE, ("c0ffee",), ())


def test_many_tokens_settled_at_once_are_all_taken_off(any_store: Store) -> None:
    any_store.deliveries.add([delivery()])
    names = iter([f"token-{number}" for number in range(8)])
    any_store.deliveries.queue("guid-1", [f"token-{number}" for number in range(8)])
    answers = at_once(8, lambda: any_store.deliveries.settle("guid-1", next(names), NOW))
    assert answers.count(True) == 1
    assert any_store.deliveries.counts()["done"] == 1


def test_work_that_is_quicker_than_the_bookkeeping(any_store: Store) -> None:
    any_store.deliveries.add([delivery()])
    any_store.deliveries.add_tokens("guid-1", ["publish"])
    any_store.deliveries.settle("guid-1", "ingest", NOW)
    any_store.deliveries.queue("guid-1", ["ingest"])
    found = any_store.deliveries.find("guid-1")
    assert found is not None
    assert (found.state, found.open) == (DeliveryState.QUEUED, ("publish",))
    assert any_store.deliveries.settle("guid-1", "publish", NOW) is True


def test_pending_is_oldest_first_and_limited(any_store: Store) -> None:
    any_store.deliveries.add([delivery(str(n), received_ms=NOW - n) for n in range(5)])
    any_store.deliveries.ignore("2", "Not ours.", NOW)
    assert [waiting.guid for waiting in any_store.deliveries.pending(3)] == ["4", "3", "1"]


def test_a_payload_above_one_chunk(any_store: Store) -> None:
    body = os.urandom(CHUNK_BYTES + 1_000_000)
    assert len(zlib.compress(body)) > CHUNK_BYTES
    any_store.deliveries.add([delivery(body=body)])
    assert any_store.deliveries.pending(1)[0].body == body
    any_store.deliveries.ignore("guid-1", "Not ours.", NOW)
    assert any_store.deliveries.replay("guid-1") is False


def test_a_lost_payload_fails_its_delivery_and_holds_up_no_other(any_store: Store) -> None:
    any_store.deliveries.add([delivery("big", os.urandom(CHUNK_BYTES + 100_000)), delivery("small")])
    any_store.deliveries._chunks.remove("big", 2)
    assert [waiting.guid for waiting in any_store.deliveries.pending(5)] == ["small"]
    found = any_store.deliveries.find("big")
    assert found is not None
    assert found.state is DeliveryState.FAILED


def test_ignored_ones_keep_no_payload_and_are_noted_once(any_store: Store) -> None:
    for _ in range(2):
        any_store.deliveries.add_ignored("guid-1", "star", "created", None, "Not ours.", NOW)
    found = any_store.deliveries.find("guid-1")
    assert found is not None
    assert (found.state, found.reason) == (DeliveryState.IGNORED, "Not ours.")
    assert any_store.deliveries.replay("guid-1") is False
    assert any_store.deliveries.pending(5) == []


@pytest.mark.parametrize("size", [2, CHUNK_BYTES + 100_000])
def test_an_ignored_one_that_comes_again_is_taken_up_with_its_payload(any_store: Store, size: int) -> None:
    body = os.urandom(size)
    any_store.deliveries.add_ignored("guid-1", "release", None, None, "Not ours.", NOW)
    assert any_store.deliveries.add([delivery(body=body)]) == [Added.RESTARTED]
    (pending,) = any_store.deliveries.pending(5)
    assert (pending.body, pending.headers) == (body, delivery().headers)
    found = any_store.deliveries.find("guid-1")
    assert found is not None
    assert (found.state, found.reason, found.settled_ms) == (DeliveryState.PENDING, None, None)
    any_store.deliveries.ignore("guid-1", "Not ours yet.", NOW)
    assert any_store.deliveries.add([delivery(body=body)]) == [Added.RESTARTED]
    assert any_store.deliveries.add([delivery(body=body)]) == [Added.DUPLICATE]


def test_a_failed_one_that_comes_again_brings_its_lost_payload(any_store: Store) -> None:
    any_store.deliveries.add([delivery()])
    any_store.deliveries._rows.update_one({"_id": "guid-1"}, {"$unset": {"payload": ""}})
    assert any_store.deliveries.pending(5) == []
    assert any_store.deliveries.add([delivery()]) == [Added.RESTARTED]
    assert [waiting.body for waiting in any_store.deliveries.pending(5)] == [b"{}"]


@pytest.mark.parametrize("broken", [{"payload": b"no zlib"}, {"headers": "{"}, {"headers": None}])
def test_a_broken_payload_fails_its_delivery_and_holds_up_no_other(
    any_store: Store, broken: dict[str, object]
) -> None:
    any_store.deliveries.add([delivery("broken"), delivery("good")])
    any_store.deliveries._rows.update_one({"_id": "broken"}, {"$set": broken})
    assert [waiting.guid for waiting in any_store.deliveries.pending(5)] == ["good"]
    found = any_store.deliveries.find("broken")
    assert found is not None
    assert found.state is DeliveryState.FAILED


def test_what_failed_and_is_through_after_all_is_no_failure(any_store: Store) -> None:
    any_store.deliveries.add([delivery()])
    any_store.deliveries.queue("guid-1", ["publish"])
    any_store.deliveries.fail("guid-1", "publish", "Unreadable.", NOW)
    assert any_store.deliveries.counts()[DeliveryState.FAILED] == 1
    assert any_store.deliveries.settle("guid-1", "publish", NOW, "c0ffee") is True
    found = any_store.deliveries.find("guid-1")
    assert found is not None
    assert (found.state, found.reason, found.publications) == (DeliveryState.DONE, None, ("c0ffee",))
    assert any_store.deliveries.page(5, state=DeliveryState.FAILED) == []
    assert any_store.deliveries.settle("guid-1", "publish", NOW) is False


def test_replay(any_store: Store) -> None:
    any_store.deliveries.add([delivery(body=b"again")])
    assert any_store.deliveries.replay("guid-1") is False  # it is waiting already
    any_store.deliveries.queue("guid-1", ["a"])
    any_store.deliveries.settle("guid-1", "a", NOW)
    assert any_store.deliveries.replay("guid-1") is True
    assert any_store.deliveries.pending(5)[0].body == b"again"
    assert any_store.deliveries.replay("unknown") is False


def test_pages_go_back_in_time(any_store: Store) -> None:
    any_store.deliveries.add([delivery(str(n), received_ms=NOW + n) for n in range(6)])
    for guid in ("1", "4"):
        any_store.deliveries.ignore(guid, "Not ours.", NOW)
    pages = any_store.deliveries
    first = pages.page(4)
    assert [found.guid for found in first] == ["5", "4", "3", "2"]
    assert [found.guid for found in pages.page(4, first[-1].received_ms)] == ["1", "0"]
    assert [found.guid for found in pages.page(9, state=DeliveryState.IGNORED)] == ["4", "1"]
    assert [found.guid for found in pages.page(9, NOW + 4, DeliveryState.IGNORED)] == ["1"]
    assert pages.counts() == {"pending": 4, "queued": 0, "done": 0, "ignored": 2, "failed": 0}


def test_purge_keeps_what_is_young_or_still_to_be_done(any_store: Store) -> None:
    old, older = NOW - 4 * DAY_MS, NOW - 31 * DAY_MS
    any_store.deliveries.add(
        [delivery("done-old", received_ms=old), delivery("done-older", received_ms=older)]
    )
    any_store.deliveries.add(
        [delivery("waits", received_ms=older), delivery("big", os.urandom(9_000_000), older)]
    )
    for guid in ("done-old", "done-older", "big"):
        any_store.deliveries.queue(guid, ["a"])
        any_store.deliveries.settle(guid, "a", NOW)
    any_store.deliveries.add_ignored("ignored-old", "star", None, None, "Not ours.", old)
    any_store.deliveries.add_ignored("ignored-new", "star", None, None, "Not ours.", NOW - DAY_MS)
    assert any_store.purge(NOW, keep_days=30) == 3
    left = {found.guid for found in any_store.deliveries.page(9)}
    assert left == {"done-old", "waits", "ignored-new"}


def test_an_unknown_delivery_is_no_error(any_store: Store) -> None:
    any_store.deliveries.queue("gone", ["a"])
    any_store.deliveries.add_tokens("gone", ["a"])
    assert any_store.deliveries.settle("gone", "a", NOW) is False
    any_store.deliveries.fail("gone", "a", "why", NOW)
    assert any_store.deliveries.find("gone") is None


# ---- records


def test_saving_a_record_twice_changes_nothing(any_store: Store) -> None:
    assert any_store.records.save("a/s@main", record()) is True
    assert any_store.records.save("a/s@main", record()) is False
    assert any_store.records.save("a/s@main", record(size=4)) is True
    assert any_store.records.of_site("a/s@main") == [record(size=4)]


def test_records_by_site_and_release_in_a_fixed_order(any_store: Store) -> None:
    for asset_id in (3, 1, 2):
        any_store.records.save("a/s@main", record(asset_id, release_id=asset_id % 2))
    any_store.records.save("b/s@main", record(8))
    assert [found.asset_id for found in any_store.records.of_site("a/s@main")] == [1, 2, 3]
    assert [found.asset_id for found in any_store.records.of_release("a/s@main", 5, 1)] == [1, 3]
    assert any_store.records.of_release("a/s@main", 6, 1) == []


def test_records_of_one_repository_of_a_site(any_store: Store) -> None:
    for repository, asset in ((5, 2), (5, 1), (50, 3), (6, 4)):
        of = record(asset).model_copy(update={"repository_id": repository})
        any_store.records.save("a/s@main", of)
        any_store.records.save("a/s@main2", of)
    found = any_store.records.of_repository("a/s@main", 5)
    assert [(one.repository_id, one.asset_id) for one in found] == [(5, 1), (5, 2)]
    assert any_store.records.of_repository("a/s@main", 7) == []


def test_a_removed_record_stays_removed_until_it_is_saved_again(any_store: Store) -> None:
    any_store.records.save("a/s@main", record(1))
    any_store.records.remove("a/s@main", 5, [1, 2])
    any_store.records.import_lock("a/s@main", "sha-1", [record(1), record(2), record(3)])
    assert [found.asset_id for found in any_store.records.of_site("a/s@main")] == [3]
    assert any_store.records.save("a/s@main", record(1)) is True
    assert [found.asset_id for found in any_store.records.of_site("a/s@main")] == [1, 3]


def test_a_tombstone_goes_long_after_the_commit_that_took_it_in(any_store: Store) -> None:
    now = [NOW / 1000]
    records = Records(any_store.database, clock=lambda: now[0])
    for number in (1, 2, 3):
        records.save("a/s@main", record(number))
    records.set_published(records.unpublished("a/s@main"))
    records.remove("a/s@main", 5, [1, 2])
    taken = records.unpublished("a/s@main")
    records.remove("a/s@main", 5, [3])  # while the publish runs
    records.set_published(taken)
    records.save("a/s@main", record(2))  # it is back
    assert records.purge(NOW) == 0, "a lock of before may still be read"
    assert records.purge(NOW + 1) == 1
    records.import_lock("a/s@main", "sha-1", [record(1, size=9), record(2, size=9), record(3, size=9)])
    assert [(found.asset_id, found.size) for found in records.of_site("a/s@main")] == [(1, 9), (2, 3)]
    assert records.purge(10**15) == 0, "nobody has published that the third is gone"


def test_what_a_change_is_for_is_kept_until_it_is_published(any_store: Store) -> None:
    records = any_store.records
    first = Cause(kind=CauseKind.RELEASE, delivery="1", repository="acme/app", tag="v1")
    second = Cause(kind=CauseKind.SWEEP, origin="sweep-1")
    records.save("a/s@main", record(1), cause=first)
    assert records.save("a/s@main", record(1), cause=second) is False, "that changed nothing"
    records.save("a/s@main", record(1, size=4), cause=second)
    records.save("a/s@main", record(2))
    records.remove("a/s@main", 5, [1], cause=first)
    found = {key[-1]: change.causes for key, change in records.unpublished("a/s@main").items()}
    assert found == {"1": (first, second), "2": ()}
    records.set_published(records.unpublished("a/s@main"))
    records.save("a/s@main", record(1), cause=second)
    [change] = records.unpublished("a/s@main").values()
    assert change.causes == (second,)


def test_changes_are_unpublished_until_a_publish_has_taken_them_in(any_store: Store) -> None:
    records = any_store.records
    records.import_lock("a/s@main", "sha-1", [record(1), record(2)])
    assert records.is_published("a/s@main"), "the lock is what is published"
    records.save("a/s@main", record(1, size=4))
    records.save("a/s@main", record(3))
    records.remove("a/s@main", 5, [2])
    records.save("b/s@main", record(1))
    seen = records.unpublished("a/s@main")
    assert len(seen) == 3
    records.save("a/s@main", record(3, size=5))  # while the publish runs
    records.set_published(seen)
    assert list(records.unpublished("a/s@main")) == ["a/s@main|5:3"]
    records.set_published(records.unpublished("a/s@main"))
    assert records.is_published("a/s@main")
    assert records.save("a/s@main", record(3, size=5)) is False
    assert records.is_published("a/s@main")
    assert not records.is_published("b/s@main")


def test_a_publish_amends_only_what_it_has_seen(any_store: Store) -> None:
    rejected = Verdict(accepted=False, code="bundle_id_mismatch", reason="No.")
    any_store.records.import_lock("a/s@main", "sha-1", [record(1), record(2), record(3)])
    any_store.records.save("a/s@main", record(2, size=9))
    any_store.records.remove("a/s@main", 5, [3])
    for number in (1, 2, 3):
        after = record(number, verdict=rejected)
        assert any_store.records.amend("a/s@main", record(number), after) is (number == 1)
    found = any_store.records.of_site("a/s@main")
    assert found == [record(1, verdict=rejected), record(2, size=9)]


def test_a_lock_is_taken_over_once_and_never_over_newer_facts(any_store: Store) -> None:
    any_store.records.save("a/s@main", record(1, size=99))
    any_store.records.import_lock("a/s@main", "sha-1", [record(1), record(2)])
    any_store.records.import_lock("a/s@main", "sha-1", [record(7)])
    assert [(found.asset_id, found.size) for found in any_store.records.of_site("a/s@main")] == [
        (1, 99),
        (2, 3),
    ]
    any_store.records.import_lock("a/s@main", "sha-2", [record(7)])
    assert [found.asset_id for found in any_store.records.of_site("a/s@main")] == [1, 2, 7]


def test_facts_of_the_same_file_are_found_in_any_site(any_store: Store) -> None:
    unread = record(facts=None, verdict=Verdict(accepted=False, code="bad_ipa", reason="No."))
    any_store.records.save("a/s@main", unread, read=True)
    any_store.records.import_lock("c/s@main", "sha-1", [record()])
    any_store.records.save("c/s@main", record(notes="Edited."))
    assert any_store.records.find_facts(5, 1, unread.updated_at) is None, "what a lock claims was not read"
    any_store.records.save("b/s@main", record(), read=True)
    any_store.records.save("b/s@main", record())
    assert any_store.records.find_facts(5, 1, unread.updated_at) == record()
    assert any_store.records.find_facts(5, 1, "2027-01-01T00:00:00Z") is None


# ---- sites


def save_site(store: Store, site: Site = SITE, catalog: str | None = "name: Acme\n") -> None:
    store.sites.save(
        site,
        REPOSITORY,
        head="abc",
        catalog_sha="def",
        catalog=catalog,
        problems=["line 1: ü"],
        apps=["acme/app"],
    )


def test_saving_a_site_keeps_its_triggers(any_store: Store) -> None:
    save_site(any_store)
    assert any_store.sites.trigger(SITE.key, PUSH) == 1
    save_site(any_store, catalog=None)
    found = any_store.sites.find(SITE.key)
    assert found is not None
    assert (found.site, found.repository, found.head, found.catalog) == (SITE, REPOSITORY, "abc", None)
    assert (found.problems, found.apps) == (("line 1: ü",), ("acme/app",))
    assert (found.generation, found.published_generation, found.causes) == (1, 0, (PUSH,))


def test_all_sites_by_key_and_removal(any_store: Store) -> None:
    other = Site(repository="b/source", branch="apps")
    save_site(any_store, other)
    save_site(any_store)
    assert [state.site.key for state in any_store.sites.all()] == ["acme/source@main", "b/source@apps"]
    any_store.sites.remove(other.key)
    assert [state.site.key for state in any_store.sites.all()] == ["acme/source@main"]
    assert any_store.sites.find(other.key) is None


def test_noting_a_head_brings_no_site_back(any_store: Store) -> None:
    any_store.sites.note_head(SITE.key, "c0ffee")
    assert any_store.sites.all() == []


def test_triggers_at_once_are_all_counted(any_store: Store) -> None:
    save_site(any_store)
    at_once(8, lambda: any_store.sites.trigger(SITE.key, PUSH))
    assert any_store.sites.take(SITE.key) == (8, (PUSH,) * 8)


def test_a_trigger_during_a_publish_is_kept(any_store: Store) -> None:
    save_site(any_store)
    first, later = PUSH, Cause(kind=CauseKind.SWEEP)
    any_store.sites.trigger(SITE.key, first)
    generation, causes = any_store.sites.take(SITE.key)
    any_store.sites.trigger(SITE.key, later)
    for _ in range(2):  # told twice, by a job that was done again
        any_store.sites.published(SITE.key, generation, causes, NOW)
    found = any_store.sites.find(SITE.key)
    assert found is not None
    assert (found.generation, found.published_generation, found.causes) == (2, 1, (later,))
    assert found.last_publish_ms == NOW


def test_publishing_and_triggers_at_once_lose_nothing(any_store: Store) -> None:
    save_site(any_store)
    any_store.sites.trigger(SITE.key, PUSH)
    steps = iter([lambda: any_store.sites.published(SITE.key, 1, (PUSH,), NOW)] + [
        lambda: any_store.sites.trigger(SITE.key, Cause(kind=CauseKind.SWEEP)) for _ in range(7)
    ])  # fmt: skip
    at_once(8, lambda: next(steps)())  # noqa: PLW0108 - each thread takes its own step
    assert any_store.sites.take(SITE.key) == (8, (Cause(kind=CauseKind.SWEEP),) * 7)


def test_a_publish_takes_nothing_from_a_site_that_came_back_meanwhile(any_store: Store) -> None:
    save_site(any_store)
    any_store.sites.trigger(SITE.key, PUSH)
    generation, causes = any_store.sites.take(SITE.key)
    any_store.sites.remove(SITE.key)
    save_site(any_store)
    later = Cause(kind=CauseKind.SWEEP)
    any_store.sites.trigger(SITE.key, later)
    any_store.sites.published(SITE.key, generation, causes, NOW)
    found = any_store.sites.find(SITE.key)
    assert found is not None
    assert (found.generation, found.published_generation, found.causes) == (1, 0, (later,))


def test_the_causes_of_a_stuck_site_are_bounded(any_store: Store) -> None:
    save_site(any_store)
    for _ in range(3):
        any_store.sites._rows.update_one({"_id": SITE.key}, {"$set": {"causes": ['{"kind":"sweep"}'] * 499}})
        any_store.sites.trigger(SITE.key, PUSH)
        any_store.sites.trigger(SITE.key, PUSH)
    generation, causes = any_store.sites.take(SITE.key)
    assert (generation, len(causes), causes[-1]) == (6, 500, PUSH)


def test_an_unknown_site_is_not_triggered(any_store: Store) -> None:
    assert any_store.sites.trigger("x/y@main", PUSH) == 0
    assert any_store.sites.take("x/y@main") == (0, ())
    any_store.sites.published("x/y@main", 1, (PUSH,), NOW)
    assert any_store.sites.all() == []


def test_the_head_cache(any_store: Store) -> None:
    assert any_store.sites.load_head(SITE.key) is None
    for commit in ("one", "two"):
        head = HeadCache(commit=commit, tree="t", blobs={"icons/a.b$c.png": "sha", "ü.json": "sha2"})
        any_store.sites.save_head(SITE.key, head)
        assert any_store.sites.load_head(SITE.key) == head


# ---- publications, blobs, repositories, notices


def publication(commit: str, at_ms: int, *guids: str, site: str = "acme/source@main") -> Publication:
    causes = tuple(Cause(kind=CauseKind.RELEASE, delivery=guid) for guid in guids)
    return Publication(
        site=site,
        commit=commit,
        parent="p",
        subject="Add",
        causes=causes,
        changes=("Acmé 1.0 added",),
        at_ms=at_ms,
    )


def test_publications_by_time_site_and_delivery(any_store: Store) -> None:
    one, two = publication("1", NOW, "g1", "g2", "g1"), publication("2", NOW + 1, "g2")
    other = publication("3", NOW + 2, site="acme/source@main2")
    for item in (one, two, other, one):
        any_store.publications.add(item)
    assert any_store.publications.page(9) == [other, two, one]
    assert any_store.publications.page(1, before_ms=NOW + 2) == [two]
    assert any_store.publications.page(9, "acme/source@main") == [two, one]
    assert any_store.publications.page(9, "acme/source@main", NOW + 1) == [one]
    assert any_store.publications.latest("acme/source@main") == two
    assert any_store.publications.latest("nobody/source@main") is None
    assert any_store.publications.of_delivery("g2") == [one, two]
    assert any_store.publications.of_delivery("g9") == []


def test_old_publications_are_forgotten_but_for_the_newest_of_each_site(any_store: Store) -> None:
    old = [publication(str(n), NOW + n, "g1") for n in range(3)]
    quiet = publication("9", NOW, "g1", site="b/source@main")
    for item in (*old, quiet):
        any_store.publications.add(item)
    any_store.purge(NOW + 400 * DAY_MS, 30)
    assert any_store.publications.page(9) == [old[2], quiet]
    assert any_store.publications.of_delivery("g1") == [quiet, old[2]]
    assert any_store.publications._causes.count_documents({}) == 2


@pytest.mark.parametrize("size", [0, 1000, 2 * CHUNK_BYTES + 5])
def test_blobs_of_any_size(any_store: Store, size: int) -> None:
    data = os.urandom(size)
    for _ in range(2):
        any_store.blobs.put("a" * 40, data)
        any_store.blobs.put("sha256:" + "b" * 64, data)
    assert any_store.blobs.get("a" * 40) == data
    any_store.blobs.purge(10**15)
    assert any_store.blobs.get("a" * 40) is None
    assert any_store.blobs.get("sha256:" + "b" * 64) == data


def test_repositories_by_name_in_any_case(any_store: Store) -> None:
    assert any_store.repositories.find("acme/source") is None
    any_store.repositories.save(REPOSITORY, NOW)
    any_store.repositories.save(REPOSITORY, NOW + 1)
    assert any_store.repositories.find("ACME/source") == (REPOSITORY, NOW + 1)


def test_a_renamed_repository_is_found_by_both_names(any_store: Store) -> None:
    any_store.repositories.save(REPOSITORY, NOW, asked="acme/former")
    assert any_store.repositories.find("Acme/Former") == (REPOSITORY, NOW)
    any_store.repositories.forget("acme/former")
    assert any_store.repositories.find("acme/former") is None
    assert any_store.repositories.find("acme/source") == (REPOSITORY, NOW)


def test_a_missing_repository_is_missing_since_the_first_look(any_store: Store) -> None:
    repositories = any_store.repositories
    assert repositories.note_missing("Acme/Source", NOW) is None
    assert repositories.find("acme/source") is None
    assert repositories.note_missing("acme/source", NOW + 5) == NOW
    repositories.save(REPOSITORY, NOW + 9)
    assert repositories.note_missing("acme/source", NOW + 10) is None, "it was seen in between"
    assert repositories.find("acme/source") == (REPOSITORY, NOW + 9), "what it was is still known"


def test_a_site_knows_what_its_repositories_are_called_today(any_store: Store) -> None:
    any_store.sites.save(SITE, REPOSITORY, head=None, catalog_sha=None, catalog=None, apps=["acme/app"])
    any_store.sites.note_renamed(SITE.key, {"acme/app": "Acme/Ünï.App"})
    any_store.sites.save(SITE, REPOSITORY, head="1" * 40, catalog_sha=None, catalog=None, apps=["acme/app"])
    state = any_store.sites.find(SITE.key)
    assert state is not None
    assert state.renamed == {"acme/app": "Acme/Ünï.App"}
    assert state.feeds("ACME/APP")
    assert state.feeds("acme/ünï.app")
    assert not state.feeds("acme/else")


def test_a_notice_is_claimed_exactly_once(any_store: Store) -> None:
    answers = at_once(8, lambda: any_store.notices.claim("bad_ipa:5:1", NOW))
    assert answers.count(True) == 1
    assert any_store.notices.claim("bad_ipa:5:2", NOW) is True


def test_the_newest_word_on_a_release_stays(any_store: Store) -> None:
    ready, site = any_store.ready, "acme/source@main"
    assert ready.find(site, 5, "v1.0") is None
    for told_ms in (NOW, NOW + 1000, NOW + 500):
        ready.note(site, 5, "v1.0", told_ms)
    assert ready.find(site, 5, "v1.0") == NOW + 1000
    assert [
        ready.find(*key) for key in ((site, 5, "v1.1"), (site, 6, "v1.0"), ("acme/b@main", 5, "v1.0"))
    ] == [None] * 3
    ready.note(site, 5, "v2.0", NOW + 2000)
    ready.purge(NOW + 1500)
    assert ready.find(site, 5, "v1.0") is None
    assert ready.find(site, 5, "v2.0") == NOW + 2000


# ---- the connection


def test_indexes_can_be_made_again(any_store: Store) -> None:
    any_store.ensure_indexes()
    any_store.ping()


def test_a_server_that_is_gone_is_unavailable() -> None:
    with connect("mongodb://%2Fnowhere%2Fmongo.sock/?directConnection=true", timeout=0.1) as client:
        store = Store(client["x"])
        with pytest.raises(Unavailable) as told:
            store.deliveries.add([delivery()])
        assert "nowhere" not in told.value.public
        with pytest.raises(Unavailable):
            store.ping()


@pytest.mark.parametrize("url", ["http://x", "mongodb://user:secret@", "mongodb://h:x"])
def test_a_wrong_url_is_told_without_showing_it(url: str) -> None:
    with pytest.raises(BadSettings) as told:
        connect(url)
    assert "secret" not in str(told.value)
