"""The receiver under gunicorn, on the real ledger."""

import hashlib
import hmac
import json
import signal
import socket
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from redis import Redis

from bot.enqueue import JobState, Queue
from bot.records import DeliveryState
from bot.store import Store
from tests.fake_store import site_state
from tests.processes import Process, altpress, free_port
from tests.stores import mongo_server, opened_store, short_dir, url_of_mongo

SECRET = "a webhook secret"
GITHUB_WAITS = 10  # seconds
BODY = (Path(__file__).resolve().parents[1] / "data" / "events" / "release.published.json").read_bytes()


@pytest.fixture(scope="module")
def settings(redis_url: str, mongo_url: str) -> dict[str, object]:
    return {
        "redis_url": redis_url, "mongo_url": mongo_url, "mongo_database": f"test-{uuid.uuid4().hex[:12]}",
        "webhook_secrets": SECRET, "metrics_token": "t0ken", "port": free_port(), "sweep_interval": 86_400,
        "github_api_url": "http://127.0.0.1:9/api/v3", "github_token": "unused-token", "sites": "acme/source",
    }  # fmt: skip


@pytest.fixture(scope="module")
def known(settings: dict[str, object]) -> Iterator[Store]:
    """The ledger that the receiver writes to; one site is known."""
    state = site_state()
    with opened_store(str(settings["mongo_url"]), str(settings["mongo_database"])) as store:
        store.sites.save(
            state.site, state.repository, head=None, catalog_sha=None, catalog=None, apps=state.apps
        )
        yield store


@pytest.fixture(scope="module")
def web(
    settings: dict[str, object], known: Store, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Process]:
    """One receiver for all tests here: each sends deliveries of its own."""
    with altpress("web", output=tmp_path_factory.mktemp("web") / "web.log", **settings) as process:
        process.wait_for(lambda: answers(settings))
        yield process


def answers(settings: dict[str, object]) -> bool:
    try:
        return requests.get(address(settings, "/health/live"), timeout=2).ok
    except requests.RequestException:
        return False


def address(settings: dict[str, object], path: str = "/webhooks/github") -> str:
    return f"http://127.0.0.1:{settings['port']}{path}"


def signed(body: bytes, guid: str, event: str = "release") -> dict[str, str]:
    return {
        "X-GitHub-Event": event, "X-GitHub-Delivery": guid, "Content-Type": "application/json",
        "X-Hub-Signature-256": "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(),
    }  # fmt: skip


def post(settings: dict[str, object], guid: str, body: bytes = BODY) -> requests.Response:
    return requests.post(address(settings), data=body, headers=signed(body, guid), timeout=60)


def post_until_taken(settings: dict[str, object], guid: str) -> int:
    """Not now, it says where the disk of a busy machine is slow, and may have stored it all the same."""
    while (status := post(settings, guid).status_code) == 503:
        time.sleep(0.1)
    return status


def test_many_at_once_are_each_stored_once(settings: dict[str, object], web: Process, known: Store) -> None:
    guids = [str(uuid.uuid4()) for _ in range(30)]
    with ThreadPoolExecutor(12) as pool:
        first = dict(zip(guids, pool.map(lambda guid: post_until_taken(settings, guid), guids), strict=True))
        again = list(pool.map(lambda guid: post_until_taken(settings, guid), guids))
    assert (set(first.values()) <= {202, 200}, set(again)) == (True, {200})
    stored = known.deliveries.page(1000, state=DeliveryState.PENDING)
    assert sorted(d.guid for d in stored if d.guid in guids) == sorted(guids)
    new = [guid for guid, status in first.items() if status == 202]
    lines = [
        line for line in web.lines("webhook_stored") if line["delivery"] in new and line["status"] == 202
    ]
    assert sorted(line["delivery"] for line in lines) == sorted(new)
    assert SECRET not in web.text


def test_body_in_chunks_is_read(settings: dict[str, object], web: Process) -> None:
    guid = str(uuid.uuid4())
    parts = iter([BODY[:100], BODY[100:]])
    answer = requests.post(address(settings), data=parts, headers=signed(BODY, guid), timeout=60)
    assert answer.status_code == 202


def test_largest_payload_is_stored_and_a_larger_one_is_413(
    settings: dict[str, object], web: Process, known: Store
) -> None:
    release = json.loads(BODY)
    release["release"]["body"] = uuid.uuid4().hex * (24 * 1024 * 1024 // 32)
    large, guid = json.dumps(release).encode(), str(uuid.uuid4())
    assert post(settings, guid, large).status_code == 202
    [stored] = [d for d in known.deliveries.pending(100) if d.guid == guid]
    assert stored.body == large
    too_large = requests.post(
        address(settings), data=b" " * (25 * 1024 * 1024 + 1), headers=signed(b"", guid), timeout=10
    )
    assert too_large.status_code == 413


HEAD = b"POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "request_bytes",
    [
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"Content-Length: 100\r\n\r\n{",
        HEAD + b"Content-Length: -5\r\n\r\n{}",
        b"\x16\x03\x01\x00\xa5\x01\x00",
    ],
    ids=["broken chunk", "ends early", "negative length", "no HTTP"],
)
def test_broken_requests_do_no_harm(settings: dict[str, object], web: Process, request_bytes: bytes) -> None:
    port = settings["port"]
    assert isinstance(port, int)
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(request_bytes)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(65536)
    assert b" 500 " not in answer.partition(b"\r\n")[0]
    assert answers(settings)
    assert web.lines("request_crashed") == []


def test_health_tells_what_is_missing(settings: dict[str, object], web: Process) -> None:
    def well() -> set[str]:
        parts = requests.get(address(settings, "/health"), timeout=60).json()["parts"]
        return {name for name, part in parts.items() if part["ok"]}

    web.wait_for(lambda: well() == {"mongodb", "migrations", "redis"})  # none is waited for long
    answer = requests.get(address(settings, "/health"), timeout=60)
    assert answer.status_code == 503
    assert "gunicorn/" not in answer.headers.get("Server", "")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_metrics_count_what_is_there(settings: dict[str, object], web: Process) -> None:
    post(settings, str(uuid.uuid4()))
    headers = {"Authorization": "Bearer t0ken"}
    names = ('altpress_ledger_deliveries{state="pending"}', 'altpress_queue_jobs{state="running"}')
    values: dict[str, str] = {}

    def there() -> bool:
        lines = requests.get(address(settings, "/metrics"), headers=headers, timeout=60).text.splitlines()
        values.update(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return values.keys() >= {*names, "altpress_workers"}

    web.wait_for(there)  # no part is waited for long
    assert float(values['altpress_ledger_deliveries{state="pending"}']) >= 1
    assert float(values['altpress_queue_jobs{state="running"}']) == 0
    assert float(values["altpress_workers"]) == 0


def test_from_the_webhook_to_the_queue(
    settings: dict[str, object], web: Process, known: Store, redis_client: Redis, tmp_path: Path
) -> None:
    queue, guid = Queue(redis_client, publish_interval=15), str(uuid.uuid4())
    assert post(settings, guid).status_code == 202  # nobody dispatches yet: the ledger keeps it
    with altpress("scheduler", output=tmp_path / "scheduler.log", **settings) as scheduler:
        scheduler.wait_for(lambda: guid in {line["delivery"] for line in scheduler.lines("delivery_routed")})
        delivery = known.deliveries.find(guid)
        assert delivery is not None
        assert delivery.state is DeliveryState.QUEUED
        assert delivery.open == (f"ingest:acme/source@main:acme/app:31001:{guid}",)
        second, began = str(uuid.uuid4()), time.monotonic()
        assert post(settings, second).status_code == 202
        token = f"ingest:acme/source@main:acme/app:31001:{second}"
        while queue.state_of(token, second) is not JobState.ALIVE:
            assert time.monotonic() - began < 60
            time.sleep(0.005)
        scheduler.wait_for(lambda: "jobs.sweep.sweep" in [job.func_name for job in queue.rq.jobs])
        assert scheduler.stop() == 0
    ready = [job.func_name for job in queue.rq.jobs]
    assert ready.count("jobs.ingest.ingest_release") == 1, "the others of the same release wait their turn"
    assert queue.state_of(delivery.open[0], guid) is JobState.ALIVE
    assert ready.count("jobs.sweep.sweep") == 1


def test_database_that_hangs_is_503_in_time_and_comes_back(
    settings: dict[str, object], tmp_path: Path
) -> None:
    with short_dir() as data, mongo_server(data) as mongo:
        settings = {**settings, "mongo_url": url_of_mongo(data), "port": free_port()}
        with altpress("web", output=tmp_path / "web.log", **settings) as web:
            web.wait_for(lambda: answers(settings))
            mongo.send_signal(signal.SIGSTOP)
            try:
                began = time.monotonic()
                answer = post(settings, str(uuid.uuid4()))
                assert (answer.status_code, time.monotonic() - began < GITHUB_WAITS) == (503, True)
                assert int(answer.headers["Retry-After"]) > 0
                for path, ok in (("/health/live", True), ("/health/ready", False)):
                    assert requests.get(address(settings, path), timeout=GITHUB_WAITS).ok is ok
            finally:
                mongo.send_signal(signal.SIGCONT)
            web.wait_for(lambda: post(settings, str(uuid.uuid4())).status_code == 204)
            assert web.stop() == 0
            assert all({"time", "level", "event", "logger"} <= set(line) for line in web.lines())
