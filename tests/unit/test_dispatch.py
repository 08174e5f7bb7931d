"""From the ledger to the queue: nothing is lost, whatever stops in between."""

import threading
import time
from pathlib import Path

import pytest

from bot.dispatch import dispatch_once, run_dispatcher
from bot.errors import Unavailable
from bot.records import DeliveryState, Job
from bot.store import NewDelivery
from tests.fake_store import FakeDeliveries, FakeSites, FakeStore, site_state

DATA = Path(__file__).resolve().parents[1] / "data" / "events"


class FakeQueue:
    """Jobs by the work they are; `breaks` says when it stops answering."""

    def __init__(self) -> None:
        self.jobs: dict[tuple[str | None, str], Job] = {}
        self.down = False
        self.run_at_once: FakeStore | None = None

    def enqueue(self, job: Job) -> str:
        if self.down:
            raise Unavailable("The queue does not answer.")
        self.jobs[job.delivery, job.token] = job
        if self.run_at_once is not None and job.delivery is not None:
            self.run_at_once.deliveries.settle(job.delivery, job.token, 1)
        return job.token


@pytest.fixture
def store() -> FakeStore:
    made = FakeStore()
    made.sites.states = [site_state(), site_state("other/store", repository_id=9)]
    return made


def arrive(store: FakeStore, guid: str, case: str = "release.published", body: bytes | None = None) -> None:
    headers = {"x-github-event": case.partition(".")[0], "content-type": "application/json"}
    data = (DATA / f"{case}.json").read_bytes() if body is None else body
    store.deliveries.add([NewDelivery(guid, headers["x-github-event"], None, None, headers, data, 1)])


def state(store: FakeStore, guid: str) -> DeliveryState:
    return store.deliveries.entries[guid].state


def test_delivery_becomes_its_jobs_and_waits_for_them(store: FakeStore) -> None:
    arrive(store, "d1")
    queue = FakeQueue()
    assert dispatch_once(store, queue) == 1
    assert {job.args for job in queue.jobs.values()} == {
        ("acme/source@main", "acme/app", 31001, "d1"),
        ("other/store@main", "acme/app", 31001, "d1"),
    }
    assert state(store, "d1") is DeliveryState.QUEUED
    assert set(store.deliveries.entries["d1"].open) == {job.token for job in queue.jobs.values()}
    assert dispatch_once(store, queue) == 0


def test_jobs_that_are_quicker_than_the_bookkeeping_are_not_waited_for(store: FakeStore) -> None:
    arrive(store, "d1")
    queue = FakeQueue()
    queue.run_at_once = store
    dispatch_once(store, queue)
    assert state(store, "d1") is DeliveryState.DONE


def test_delivery_of_no_concern_any_more_is_ignored_with_a_reason(store: FakeStore) -> None:
    arrive(store, "d1")
    store.sites.states = []
    dispatch_once(store, FakeQueue())
    entry = store.deliveries.entries["d1"]
    assert (entry.state, entry.reason) == (DeliveryState.IGNORED, "none of our sites is concerned")


def test_delivery_that_cannot_be_read_any_more_fails(store: FakeStore) -> None:
    arrive(store, "d1", body=b"{")
    arrive(store, "d2")
    dispatch_once(store, FakeQueue())
    assert state(store, "d1") is DeliveryState.FAILED
    assert state(store, "d2") is DeliveryState.QUEUED


def test_bug_in_one_delivery_does_not_hold_up_the_next(store: FakeStore) -> None:
    arrive(store, "d1")
    arrive(store, "d2", "push.branch")

    class Breaks(FakeQueue):
        def enqueue(self, job: Job) -> str:
            if job.delivery == "d1":
                raise ZeroDivisionError
            return super().enqueue(job)

    dispatch_once(store, Breaks())
    assert (state(store, "d1"), state(store, "d2")) == (DeliveryState.FAILED, DeliveryState.QUEUED)


def test_nothing_is_lost_while_the_queue_is_away(store: FakeStore) -> None:
    queue = FakeQueue()
    queue.down = True
    arrive(store, "d1")
    with pytest.raises(Unavailable):
        dispatch_once(store, queue)
    assert state(store, "d1") is DeliveryState.PENDING
    queue.down = False
    dispatch_once(store, queue)
    assert len(queue.jobs) == 2


def test_killed_between_queue_and_ledger_the_same_jobs_are_enqueued_again(store: FakeStore) -> None:
    arrive(store, "d1")
    queue = FakeQueue()
    dispatch_once(store, queue)
    before = dict(queue.jobs)
    store.deliveries.entries.clear()
    arrive(store, "d1")  # as if the mark had never been written
    dispatch_once(store, queue)
    assert queue.jobs == before


def test_at_most_the_limit_is_taken_oldest_first(store: FakeStore) -> None:
    for number in range(5):
        arrive(store, f"d{number}")
    queue = FakeQueue()
    assert dispatch_once(store, queue, limit=2) == 2
    assert {job.delivery for job in queue.jobs.values()} == {"d0", "d1"}


def test_loop_goes_on_after_an_outage_and_ends_when_told(store: FakeStore) -> None:
    stop, queue = threading.Event(), FakeQueue()
    store.deliveries.down = True
    tried = threading.Event()
    store.deliveries.on_write = tried.set
    loop = threading.Thread(target=run_dispatcher, args=(store, queue, stop), kwargs={"poll": 0.005})
    loop.start()
    try:
        assert tried.wait(60)
        store.deliveries.down = False
        arrive(store, "d1")
        deadline = time.monotonic() + 60
        while state(store, "d1") is not DeliveryState.QUEUED and time.monotonic() < deadline:
            time.sleep(0.005)
    finally:
        stop.set()
        loop.join(60)
    assert not loop.is_alive()
    assert len(queue.jobs) == 2


def test_loop_goes_on_after_a_bug(store: FakeStore) -> None:
    arrive(store, "d1")
    stop, queue, readings = threading.Event(), FakeQueue(), iter([ValueError("a broken row"), None])

    class Breaks:
        deliveries: FakeDeliveries = store.deliveries

        @property
        def sites(self) -> FakeSites:
            if (error := next(readings, None)) is not None:
                raise error
            stop.set()
            return store.sites

    run_dispatcher(Breaks(), queue, stop, poll=0.001)
    assert state(store, "d1") is DeliveryState.QUEUED


def test_only_the_leader_dispatches(store: FakeStore) -> None:
    arrive(store, "d1")
    asked, stop, queue = threading.Semaphore(0), threading.Event(), FakeQueue()

    def leads() -> bool:
        asked.release()
        return False

    loop = threading.Thread(
        target=run_dispatcher, args=(store, queue, stop), kwargs={"poll": 0.001, "leads": leads}
    )
    loop.start()
    for _ in range(3):
        assert asked.acquire(timeout=60)
    stop.set()
    loop.join(60)
    assert queue.jobs == {}
    assert state(store, "d1") is DeliveryState.PENDING
