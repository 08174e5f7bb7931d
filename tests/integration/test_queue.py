"""The queue on a real Redis: ids, merging, windows, delays."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq.job import Job as RqJob
from rq.serializers import JSONSerializer

from bot.enqueue import JOBS, Lease, Queue
from bot.errors import Unavailable
from bot.records import Job

SITE = "acme/source@main"
NOW = 1_800_000_000.25


@pytest.fixture
def queue(redis_client: Redis) -> Queue:
    return Queue(redis_client, publish_interval=15)


def ingest(delivery: str | None = "d1", release: int = 7) -> Job:
    args = (SITE, "acme/app", release, delivery)
    return Job(name="ingest", args=args, site=SITE, delivery=delivery)


def fetch(redis_client: Redis, job_id: str) -> RqJob:
    return RqJob.fetch(job_id, connection=redis_client, serializer=JSONSerializer)


def due(queue: Queue) -> list[tuple[str, datetime]]:
    registry = queue.rq.scheduled_job_registry
    return [(i, registry.get_scheduled_time(i)) for i in registry.get_job_ids()]


def test_job_carries_what_the_runner_needs(queue: Queue, redis_client: Redis) -> None:
    job = fetch(redis_client, queue.enqueue(ingest()))
    assert job.func_name == JOBS["ingest"]
    assert tuple(job.args) == (SITE, "acme/app", 7, "d1")
    assert job.meta == {"token": ingest().token, "delivery": "d1", "site": SITE}
    assert (job.retries_left, job.result_ttl, job.failure_ttl) == (3, 0, 7 * 86_400)


def test_same_delivery_and_work_has_the_same_id(queue: Queue) -> None:
    assert queue.enqueue(ingest("d1")) == queue.enqueue(ingest("d1"))
    assert queue.enqueue(ingest("d1")) != queue.enqueue(ingest("d2"))
    assert queue.enqueue(ingest("d1")) != queue.enqueue(ingest("d1", release=8))


def test_work_of_no_delivery_is_merged_while_it_waits(queue: Queue) -> None:
    first = queue.enqueue(ingest(None))
    assert queue.enqueue(ingest(None)) == first
    assert queue.depth().queued == 1


def test_work_of_no_delivery_is_kept_once_while_it_runs(queue: Queue, redis_client: Redis) -> None:
    first = queue.enqueue(ingest(None))
    redis_client.hset(RqJob.key_for(first), "status", "started")
    second = queue.enqueue(ingest(None))
    assert second != first
    assert queue.enqueue(ingest(None)) == second
    assert (queue.depth().queued, queue.depth().held) == (1, 1)


def test_one_release_is_read_by_one_job_at_a_time(queue: Queue, redis_client: Redis) -> None:
    first, second = queue.enqueue(ingest("d1")), queue.enqueue(ingest("d2"))
    other = queue.enqueue(ingest("d2", release=8))
    assert queue.rq.get_job_ids() == [first, other], "another release need not wait"
    assert queue.depth().held == 1
    finish(queue, redis_client, first)
    assert queue.rq.get_job_ids() == [other, second]


def test_people_come_first(queue: Queue) -> None:
    slow = queue.enqueue(ingest())
    asked = queue.enqueue(Job(name="command", args=("acme/app", 1, 2, "d3"), delivery="d3"))
    assert queue.rq.get_job_ids() == [asked, slow]


def test_delay_is_never_shorter_than_asked(queue: Queue) -> None:
    before = datetime.now(UTC)
    job_id = queue.enqueue(ingest(), delay=3.2)
    after = datetime.now(UTC)
    [(scheduled, at)] = due(queue)
    assert scheduled == job_id
    assert before + timedelta(seconds=3.2) <= at <= after + timedelta(seconds=4.2), "up to a whole second"


def test_first_publish_at_once_the_next_at_the_end_of_the_interval(queue: Queue) -> None:
    first = queue.enqueue_publish(SITE, now=NOW)
    assert queue.rq.get_job_ids() == [first]
    merged = {queue.enqueue_publish(SITE, now=NOW + second) for second in (0.1, 3, 9, 14.9)}
    assert len(merged) == 1
    assert merged != {first}
    [(scheduled, at)] = due(queue)
    assert {scheduled} == merged
    assert at == datetime.fromtimestamp(1_800_000_016, UTC)  # 15 s later, up to a whole second


def test_a_publish_without_a_commit_makes_the_next_one_not_wait(queue: Queue, redis_client: Redis) -> None:
    _, _, window = queue.enqueue_publish(SITE, now=NOW).rpartition("-")
    queue.rq.empty()
    queue.close_window(SITE, window)
    queue.enqueue_publish(SITE, now=NOW + 1)
    assert due(queue) == []


def test_a_window_that_has_a_job_is_not_closed_by_the_one_before(queue: Queue) -> None:
    _, _, window = queue.enqueue_publish(SITE, now=NOW).rpartition("-")
    later = queue.enqueue_publish(SITE, now=NOW + 1)
    queue.close_window(SITE, window)
    assert queue.enqueue_publish(SITE, now=NOW + 2) == later


def test_window_is_open_again_after_a_quiet_interval(queue: Queue, redis_client: Redis) -> None:
    first = queue.enqueue_publish(SITE, now=NOW)
    finish(queue, redis_client, first)
    later = queue.enqueue_publish(SITE, now=NOW + 60)
    assert queue.rq.get_job_ids() == [later]


def test_trigger_while_the_merged_publish_runs_gets_one_of_its_own(queue: Queue) -> None:
    queue.enqueue_publish(SITE, now=NOW)
    merged = queue.enqueue_publish(SITE, now=NOW + 1)
    own = queue.enqueue_publish(SITE, now=NOW + 16)  # its window began at NOW + 15.75
    assert own != merged
    assert [at for _, at in due(queue)] == [
        datetime.fromtimestamp(1_800_000_016, UTC),
        datetime.fromtimestamp(1_800_000_031, UTC),
    ]


def test_publishes_of_one_site_run_one_at_a_time(redis_client: Redis) -> None:
    queue = Queue(redis_client, publish_interval=0)
    first = queue.enqueue_publish(SITE, now=NOW)
    second = queue.enqueue_publish(SITE, now=NOW + 1)
    other = queue.enqueue_publish("acme/other@main", now=NOW + 1)
    assert set(queue.rq.get_job_ids()) == {first, other}
    assert queue.depth().held == 1
    assert queue.enqueue_publish(SITE, now=NOW + 2) == second  # that one has not begun: it sees the trigger


def test_the_public_addresses_of_one_owner_are_looked_at_by_one_worker(queue: Queue) -> None:
    """They are the maintainer's to choose: a host of his may take minutes for each look."""
    jobs = [
        Job(name="live", args=(key, commit), site=key)
        for key, commit in [(SITE, "1"), (SITE, "2"), ("Acme/other@main", "3"), ("wolf/source@main", "4")]
    ]
    ids = [queue.enqueue(job) for job in jobs]
    assert queue.rq.get_job_ids() == [ids[0], ids[3]]
    assert queue.depth().held == 2


def test_publish_that_is_put_off_takes_in_what_comes_before_its_time(queue: Queue) -> None:
    queue.enqueue_publish(SITE, now=NOW)
    later = queue.put_off_publish(SITE, seconds=600, now=NOW + 1)
    merged = {queue.enqueue_publish(SITE, now=NOW + second) for second in (2, 20, 300, 600)}
    assert merged == {later}
    assert due(queue) == [(later, datetime.fromtimestamp(1_800_000_602, UTC))]
    own = queue.enqueue_publish(SITE, now=NOW + 603)
    assert own != later, "the interval begins anew"


def test_publish_of_an_earlier_window_leaves_it_to_the_one_that_was_put_off(queue: Queue) -> None:
    first, waiting = (queue.enqueue_publish(SITE, now=NOW + second).rpartition("-")[2] for second in (0, 1))
    assert not queue.is_passed_over(SITE, first, now=NOW + 2), "only because of a later window"
    later = queue.put_off_publish(SITE, seconds=600, now=NOW + 2).rpartition("-")[2]
    assert queue.is_passed_over(SITE, waiting, now=NOW + 16)
    assert not queue.is_passed_over(SITE, later, now=NOW + 16)
    assert not queue.is_passed_over(SITE, later, now=NOW + 603)
    assert not queue.is_passed_over(SITE, waiting, now=NOW + 603), "its time has come: whoever is first"


def test_put_off_by_nothing_is_a_job_of_its_own(queue: Queue) -> None:
    running = queue.put_off_publish(SITE, seconds=0, now=NOW)
    assert queue.put_off_publish(SITE, seconds=0, now=1_800_000_001.0) != running


def test_clock_that_was_put_back_after_putting_off_does_not_hold_a_site_up(queue: Queue) -> None:
    queue.put_off_publish(SITE, seconds=600, now=NOW + 100_000)
    later = queue.enqueue_publish(SITE, now=NOW)
    assert later in queue.rq.get_job_ids()


def test_clock_that_was_put_back_does_not_hold_a_site_up(queue: Queue) -> None:
    queue.enqueue_publish(SITE, now=NOW + 100_000)
    queue.enqueue_publish(SITE, now=NOW)
    assert due(queue) == []


def test_publish_lost_with_its_redis_entry_is_scheduled_again(queue: Queue, redis_client: Redis) -> None:
    queue.enqueue_publish(SITE, now=NOW)
    merged = queue.enqueue_publish(SITE, now=NOW + 1)
    fetch(redis_client, merged).delete()
    assert queue.enqueue_publish(SITE, now=NOW + 2) == merged
    assert [job_id for job_id, _ in due(queue)] == [merged]


def test_redis_away_is_unavailable() -> None:
    connection = Redis(unix_socket_path="/nonexistent/redis.sock", retry=Retry(NoBackoff(), 0))
    queue = Queue(connection, publish_interval=15)
    for call in (queue.ping, queue.depth, lambda: queue.enqueue(ingest())):
        with pytest.raises(Unavailable):
            call()


def test_lease_is_held_by_one(redis_client: Redis) -> None:
    first, second = (Lease(redis_client, "scheduler", seconds=60) for _ in range(2))
    assert first.hold()
    assert first.held
    assert not second.hold()
    assert not second.held
    assert first.hold()
    first.release()
    assert not first.held
    assert second.hold()


def test_lease_of_the_dead_runs_out(redis_client: Redis) -> None:
    dead, heir = (Lease(redis_client, "scheduler", seconds=seconds) for seconds in (0.2, 60))
    assert dead.hold()
    time.sleep(0.25)
    assert not dead.held
    assert heir.hold()
    assert not dead.hold()


def finish(queue: Queue, redis_client: Redis, job_id: str) -> None:
    """As if a worker had done it."""
    job = fetch(redis_client, job_id)
    queue.rq.remove(job)
    job.delete()


def test_a_job_that_no_list_knows_is_lost(queue: Queue, redis_client: Redis) -> None:
    waiting = ingest("d1")
    job_id = queue.enqueue(waiting)
    assert queue.state_of(waiting.token, "d1") == "alive"
    redis_client.lrem(queue.rq.key, 0, job_id)
    assert queue.state_of(waiting.token, "d1") is None
    later = ingest("d2")
    later_id = queue.enqueue(later, delay=600)
    assert queue.state_of(later.token, "d2") == "alive"
    redis_client.zrem(queue.rq.scheduled_job_registry.key, later_id)
    assert queue.state_of(later.token, "d2") is None


def test_nothing_is_merged_with_a_job_that_is_lost(queue: Queue, redis_client: Redis) -> None:
    sync = Job(name="sync", args=(SITE, None))
    job_id = queue.enqueue(sync)
    redis_client.lrem(queue.rq.key, 0, job_id)
    assert queue.enqueue(sync) == job_id
    assert queue.depth().queued == 1


def test_sweeps_run_one_at_a_time(queue: Queue) -> None:
    queue.enqueue(Job(name="sweep"))
    queue.enqueue(Job(name="sweep", delivery="d1"))
    assert queue.depth() == (1, 0, 0, 1, 0)
