"""Metrics of several processes: two web processes, and a worker's child for each job."""

import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis
from redis.exceptions import ConnectionError as NoConnection
from rq import Retry

from bot.context import Context
from bot.enqueue import Queue
from bot.metrics import Flusher, Meter, SharedCounts
from bot.metrics.meter import Budget
from bot.metrics.table import JOBS
from bot.records import Job
from config.settings import Settings
from tests.installation import KEY, Installation, empty_stores, installation
from tests.processes import Process, altpress, free_port, worker_of_tests

__all__ = ["empty_stores", "installation"]
TOKEN = {"Authorization": "Bearer t0ken"}


@pytest.fixture
def settings(redis_client: Redis, redis_url: str, mongo_url: str, database_name: str) -> dict[str, object]:
    del redis_client  # empties it
    return {
        "redis_url": redis_url, "mongo_url": mongo_url, "mongo_database": database_name,
        "webhook_secrets": "a webhook secret", "metrics_token": "t0ken", "sweep_interval": 86_400,
        "github_api_url": "http://127.0.0.1:9/api/v3", "github_token": "unused-token", "sites": "acme/source",
    }  # fmt: skip


@pytest.fixture
def ports(settings: dict[str, object], tmp_path: Path) -> Iterator[list[int]]:
    """Of two web processes."""
    with ExitStack() as stack:
        found = [free_port(), free_port()]
        for port in found:
            log = tmp_path / f"web-{port}.log"
            web = stack.enter_context(altpress("web", output=log, **settings, port=port))
            web.wait_for(lambda port=port: answers(port))  # type: ignore[misc]  # bound now
        yield found


def answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/health/live", timeout=2).ok
    except requests.RequestException:
        return False


def scrape(port: int) -> dict[str, float]:
    text = requests.get(f"http://127.0.0.1:{port}/metrics", headers=TOKEN, timeout=60).text
    families = text_string_to_metric_families(text)
    return {
        key_of(sample.name, sample.labels): sample.value for family in families for sample in family.samples
    }


def scrape_whole(port: int) -> dict[str, float]:
    """With every part: none is waited for long."""
    deadline = time.monotonic() + 60
    while not {"queue_jobs failed", "dependency_up workers"} <= (found := scrape(port)).keys():
        assert time.monotonic() < deadline, found
    return found


def key_of(name: str, labels: dict[str, str]) -> str:
    """The name without its prefix, and the labels' values: `jobs_total scan done`."""
    return " ".join([name.removeprefix("altpress_"), *labels.values()])


def test_two_web_processes_and_a_forked_job_add_up(
    settings: dict[str, object], ports: list[int], redis_client: Redis, tmp_path: Path
) -> None:
    before = scrape_whole(ports[0])
    for port in (*ports, *ports, ports[1]):
        assert requests.get(f"http://127.0.0.1:{port}/nowhere", timeout=60).status_code == 404
        answer = requests.post(f"http://127.0.0.1:{port}/webhooks/github", json={}, timeout=60)
        assert answer.status_code == 401
    queue = Queue(redis_client, publish_interval=1)
    with worker_of_tests(output=tmp_path / "worker.log", **settings) as worker:
        for function in ("mark", "mark", "crash"):
            name = f"tests.worker_jobs.{function}"
            queue.rq.enqueue(name, uuid.uuid4().hex, retry=Retry(max=3), result_ttl=0)
        wait_for_jobs(worker, ports[0])
    found = until_told(ports[0])
    assert 0 < found["job_seconds_sum mark"] < 30
    assert (before["queue_jobs failed"], before["dependency_up workers"]) == (0, 0)
    until_told(ports[1])
    assert sorted(key for key in redis_client.keys("altpress:metrics:*")) == sorted(
        f"altpress:metrics:{name}".encode()
        for name in (
            "deliveries",
            "http_requests",
            "http_request_seconds",
            "jobs",
            "job_seconds",
            "processes",
        )
    )


def wait_for_jobs(worker: Process, port: int) -> None:
    def done() -> bool:
        found = scrape(port)
        return found.get("jobs_total mark done") == 2 and found.get("jobs_total bug crashed") == 1

    worker.wait_for(done)


COUNTED = {
    "http_requests_total GET unmatched 404": 5, "http_request_seconds_count GET unmatched": 5,
    "deliveries_total other unsigned": 5, "jobs_total mark done": 2, "jobs_total bug crashed": 1,
    "job_seconds_count mark": 2, "queue_jobs failed": 1, "dependency_up mongodb": 1, "dependency_up redis": 1,
}  # fmt: skip


def until_told(port: int) -> dict[str, float]:
    """By this process, in which the other one's counts are within a second or so, each in its time."""
    deadline = time.monotonic() + 60
    while not COUNTED.items() <= (found := scrape(port)).items():
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


def test_redis_that_is_away_breaks_nothing_and_loses_nothing(redis_client: Redis, tmp_path: Path) -> None:
    meter, away = Meter(), Redis(unix_socket_path=str(tmp_path / "none.sock"), retry=None)
    meter.count(JOBS, "scan", "done")
    meter.note(Budget("core", "7", 4999, 5000, int(time.time()) + 60))
    assert SharedCounts(away).flush(meter) is False
    meter.count(JOBS, "scan", "done")
    with pytest.raises(NoConnection):
        SharedCounts(away).load()
    shared = SharedCounts(redis_client)
    assert shared.flush(meter) is True
    loaded = shared.load()
    assert loaded.added["jobs"] == {'["scan", "done"]': 2}
    assert [budget.remaining for budget in loaded.budgets] == [4999]
    away.close()


def test_end_of_a_process_saves_what_it_counted_last(redis_client: Redis, redis_url: str) -> None:
    context = Context(Settings(redis_url=redis_url))
    flusher = Flusher(context.flush_meter, every=0.05)
    flusher.start()
    context.meter.count(JOBS, "sync", "done")
    flusher.close()
    flusher.close()
    assert SharedCounts(redis_client).load().added["jobs"] == {'["sync", "done"]': 1}
    context.close()


def test_release_that_is_published_is_counted(installation: Installation) -> None:
    installation.context.queue.enqueue(Job(name="sweep"))
    installation.drain(expect=lambda: bool(installation.store.sites.all()))
    installation.hub.release("v1.0")
    installation.drain(expect=lambda: installation.store.publications.latest(KEY) is not None)
    loaded = SharedCounts(installation.context.queue.connection).load()
    added, budgets = loaded.added, loaded.budgets
    assert added["publications"][f'["{KEY}"]'] >= 1
    assert added["jobs"]['["ingest", "done"]'] >= 1
    assert added["source_build_seconds"]['["sum"]'] > 0
    assert added["ingest_seconds"]['["read", "sum"]'] > 0
    size, transferred = (added["ingest_bytes"][f'["{kind}"]'] for kind in ("size", "transferred"))
    assert 0 < transferred <= size
    waited = {slot: value for slot, value in added["release_commit_seconds"].items() if "sum" not in slot}
    assert sum(waited.values()) == 1
    assert 0 < added["release_commit_seconds"]['["sum"]'] < 60
    state = installation.store.sites.find(KEY)
    assert state is not None
    assert state.success_ms is not None
    assert loaded.newest["sweep_last_success_timestamp_seconds"]["[]"] > 1.7e9
    assert {'["api"]', '["token"]', '["asset"]'} <= set(added["github_requests"])
    installed = [budget for budget in budgets if budget.installation.isdigit()]
    assert [budget.resource for budget in installed] == ["core"]
    assert 0 < installed[0].remaining < installed[0].limit
