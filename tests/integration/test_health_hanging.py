"""A MongoDB or a Redis that accepts connections and never answers: what the web process says, and how soon.

The bounds here are generous, since other tests run beside; the figures are printed (`pytest -s`), and those
of a quiet machine stand in docs/health.md.
"""

import hashlib
import hmac
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import requests
from argon2 import PasswordHasher

from bot.embedded.urls import mongo_socket, redis_socket
from bot.migrate import Migrator
from bot.store import Store
from tests.fake_store import site_state
from tests.hanging import Gate, gate_to
from tests.processes import Process, altpress, free_port

SECRET = "a webhook secret"
BODY = (Path(__file__).resolve().parents[1] / "data" / "events" / "release.published.json").read_bytes()
PASSWORD = "correct horse"
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
TOKEN = {"Authorization": "Bearer t0ken"}
LIVE = "/health/live"
READY = "/health/ready"
HELD = 10.0  # seconds that GitHub waits; a store that hangs does so for ever
NOT_HELD = 1.0  # less than any wait for a store


class Web:
    """A web process whose stores are behind gates."""

    def __init__(self, process: Process, port: int) -> None:
        self.process = process
        self._base = f"http://127.0.0.1:{port}"

    def get(self, path: str) -> requests.Response:
        return requests.get(self._base + path, headers=TOKEN, timeout=60)

    def alive(self) -> bool:
        try:
            return self.get(LIVE).ok
        except requests.RequestException:
            return False

    def post(self) -> requests.Response:
        signature = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()
        headers = {
            "X-GitHub-Event": "release", "X-GitHub-Delivery": str(uuid.uuid4()),
            "Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signature}",
        }  # fmt: skip
        return requests.post(f"{self._base}/webhooks/github", data=BODY, headers=headers, timeout=60)

    def try_to_sign_in(self, visitor: requests.Session) -> requests.Response:
        form = visitor.get(f"{self._base}/login", timeout=60).text
        token = form.partition('name="csrf_token" value="')[2].partition('"')[0]
        fields, origin = {"csrf_token": token, "password": PASSWORD}, {"Origin": self._base}
        return visitor.post(f"{self._base}/login", data=fields, headers=origin, timeout=60)

    def sign_in(self) -> requests.Session:
        """Somebody at the dashboard."""
        visitor = requests.Session()
        answer = self.try_to_sign_in(visitor)
        assert answer.status_code == 200, answer.text
        return visitor

    def page(self, visitor: requests.Session, path: str) -> requests.Response:
        return visitor.get(self._base + path, timeout=60)

    def well(self) -> dict[str, bool]:
        parts = self.get("/health").json()["parts"]
        return {name: parts[name]["ok"] for name in ("mongodb", "redis", "workers")}

    def threads(self) -> int:
        """Of the process that serves: the child of the one that was started."""
        pid = self.process.popen.pid
        [child] = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return sum(1 for _ in Path(f"/proc/{child}/task").iterdir())


@pytest.fixture
def mongo(stores_dir: Path, mongo_url: str) -> Iterator[Gate]:
    del mongo_url  # it runs
    with gate_to(str(mongo_socket(stores_dir))) as gate:
        yield gate


@pytest.fixture
def redis(stores_dir: Path, embedded_redis_url: str) -> Iterator[Gate]:
    del embedded_redis_url  # it runs
    with gate_to(str(redis_socket(stores_dir))) as gate:
        yield gate


@pytest.fixture
def web(mongo: Gate, redis: Gate, store: Store, database_name: str, tmp_path: Path) -> Iterator[Web]:
    """It knows one site."""
    Migrator(store.database).stamp_new()
    state = site_state()
    store.sites.save(state.site, state.repository, head=None, catalog_sha=None, catalog=None, apps=state.apps)
    with web_behind(mongo, redis, database_name, tmp_path / "web.log") as running:
        yield running


@pytest.fixture
def worker(
    mongo_url: str, embedded_redis_url: str, database_name: str, tmp_path: Path, web: Web
) -> Iterator[None]:
    """One that does not hang with them, so that the installation is ready before."""
    settings = {
        "mongo_url": mongo_url, "redis_url": embedded_redis_url, "mongo_database": database_name,
        "github_token": "unused-token", "sites": "acme/source", "github_api_url": "http://127.0.0.1:9/api/v3",
    }  # fmt: skip
    with altpress("worker", output=tmp_path / "worker.log", **settings) as process:
        process.wait_for(lambda: web.get(READY).ok, timeout=90)
        yield


@contextmanager
def web_behind(mongo: Gate, redis: Gate, database: str, log: Path) -> Iterator[Web]:
    port = free_port()
    settings = {
        "mongo_url": f"mongodb://127.0.0.1:{mongo.port}/?directConnection=true", "mongo_database": database,
        "redis_url": f"redis://127.0.0.1:{redis.port}/0", "webhook_secrets": SECRET, "metrics_token": "t0ken",
        "port": port, "dashboard_password_hash": HASH,
    }  # fmt: skip
    with altpress("web", output=log, **settings) as process:
        web = Web(process, port)
        process.wait_for(web.alive, timeout=90)
        yield web


def timed(call: Callable[[], requests.Response], status: int) -> float:
    """Seconds until the answer, which has this status."""
    began = time.perf_counter()
    answer = call()
    seconds = time.perf_counter() - began
    assert answer.status_code == status, answer.text
    return seconds


@contextmanager
def beside(count: int, call: Callable[[], requests.Response], status: int) -> Iterator[list[float]]:
    """So many at once, while the block runs; their times are there when it ends."""
    times: list[float] = []
    with ThreadPoolExecutor(count) as pool:
        under_way: list[Future[float]] = [pool.submit(timed, call, status) for _ in range(count)]
        yield times
        times += [future.result() for future in under_way]


def tell(figures: Sequence[tuple[str, list[float]]]) -> None:
    for what, seconds in figures:
        middle, most = statistics.median(seconds) * 1000, max(seconds) * 1000
        sys.stdout.write(f"| {what} | {middle:.0f} ms | {most:.0f} ms |\n")


def until_not_ready(ready: Callable[[], requests.Response]) -> float:
    """Seconds, for who asks ten times a second."""
    began = time.perf_counter()
    while ready().ok:
        time.sleep(0.1)
    return time.perf_counter() - began


@pytest.mark.long
@pytest.mark.usefixtures("worker")
def test_mongodb_that_hangs(web: Web, mongo: Gate) -> None:
    live, ready = partial(web.get, LIVE), partial(web.get, READY)
    assert web.post().status_code == 202
    assert web.well() == {"mongodb": True, "redis": True, "workers": True}
    visitor, before = web.sign_in(), web.threads()
    mongo.hang()
    until = until_not_ready(ready)
    page = [timed(partial(web.page, visitor, "/"), 503)]
    first = timed(web.post, 503)
    alone = [timed(live, 200) for _ in range(20)]
    later_ready = [timed(ready, 503) for _ in range(5)]
    with beside(24, web.post, 503) as posts:
        beside_posts = [timed(live, 200) for _ in range(20)]
    with beside(100, ready, 503) as probes:
        beside_probes = [timed(live, 200) for _ in range(20)]
    pages = [timed(partial(web.page, visitor, path), 503) for path in ("/", "/deliveries", "/publications")]
    scrape = [timed(lambda: web.get("/metrics"), 200)]
    text, threads = web.get("/metrics").text, web.threads() - before
    assert web.well() == {"mongodb": False, "redis": True, "workers": True}
    tell([
        ("`/health/live`: 200", alone), ("`/health/live` beside 24 webhooks at once", beside_posts),
        ("`/health/live` beside 100 `/health/ready` at once", beside_probes),
        ("from the hang to `/health/ready`: 503", [until]), ("`/health/ready`, later: 503", later_ready),
        ("`/health/ready`, 100 at once: 503", probes), ("webhook, the first: 503", [first]),
        ("webhook, 24 at once: 503", posts), ("dashboard, the first page: 503", page),
        ("dashboard, later pages: 503", pages), ("`/metrics`, without MongoDB's part", scrape),
    ])  # fmt: skip
    sys.stdout.write(f"threads more than before: {threads}\n")
    assert max(statistics.median(alone), statistics.median(beside_posts)) < NOT_HELD
    assert max(until, first, *later_ready, *posts, *page, *pages) < HELD
    assert threads < 30, "the threads for requests, and a few for looks, however many ask"
    assert 'altpress_dependency_up{dependency="mongodb"} 0.0' in text
    assert 'outcome="unavailable"' in text
    assert "altpress_ledger_deliveries{" not in text
    mongo.go_on()
    web.process.wait_for(lambda: web.post().status_code == 202)
    web.process.wait_for(lambda: web.well()["mongodb"])
    assert web.page(visitor, "/").status_code == 200


@pytest.mark.long
@pytest.mark.usefixtures("worker")
def test_redis_that_hangs_holds_no_webhook(web: Web, redis: Gate) -> None:
    live, ready = partial(web.get, LIVE), partial(web.get, READY)
    visitor = web.sign_in()
    redis.hang()
    until = until_not_ready(ready)
    with beside(24, lambda: web.try_to_sign_in(requests.Session()), 503) as signing_in:
        first_posts = [timed(web.post, 202) for _ in range(5)]
    posts = [timed(web.post, 202) for _ in range(20)]
    alone = [timed(live, 200) for _ in range(20)]
    later_ready = [timed(ready, 503) for _ in range(5)]
    with beside(24, web.post, 202) as burst:
        beside_posts = [timed(live, 200) for _ in range(20)]
    with beside(100, ready, 503) as probes:
        posts_beside = [timed(web.post, 202) for _ in range(5)]
    pages = [timed(partial(web.page, visitor, "/"), 200) for _ in range(3)]
    assert web.well() == {"mongodb": True, "redis": False, "workers": False}
    assert web.get("/health/receiving").status_code == 200
    text = web.get("/metrics").text
    tell([
        ("`/health/live`: 200", alone), ("`/health/live` beside 24 webhooks at once", beside_posts),
        ("from the hang to `/health/ready`: 503", [until]), ("`/health/ready`, later: 503", later_ready),
        ("`/health/ready`, 100 at once: 503", probes), ("webhook: 202", posts),
        ("webhook, 24 at once: 202", burst), ("webhook beside 100 `/health/ready`: 202", posts_beside),
        ("webhook beside 24 who sign in: 202", first_posts), ("signing in, 24 at once: 503", signing_in),
        ("dashboard's first page, without the queue: 200", pages),
    ])  # fmt: skip
    assert 'altpress_dependency_up{dependency="redis"} 0.0' in text
    assert "altpress_ledger_deliveries{" in text
    assert max(statistics.median(alone), statistics.median(posts)) < NOT_HELD
    assert max(until, *first_posts, *later_ready) < HELD
    redis.go_on()
    web.process.wait_for(lambda: web.well()["redis"], timeout=90)


@pytest.mark.long
@pytest.mark.parametrize("name", ["mongodb", "redis"])
def test_store_that_answers_byte_by_byte(web: Web, mongo: Gate, redis: Gate, name: str) -> None:
    gate = {"mongodb": mongo, "redis": redis}[name]
    assert web.well()[name]
    gate.drip(0.7)
    web.process.wait_for(lambda: not web.well()[name], timeout=90)
    assert timed(partial(web.get, READY), 503) < HELD
    assert timed(partial(web.get, LIVE), 200) < HELD
    gate.go_on()
    web.process.wait_for(lambda: web.well()[name], timeout=60)


def test_web_process_starts_without_its_stores(
    mongo: Gate, redis: Gate, database_name: str, tmp_path: Path
) -> None:
    mongo.hang()
    redis.hang()
    with web_behind(mongo, redis, database_name, tmp_path / "web.log") as web:
        assert [line["level"] for line in web.process.lines("stores_away")] == ["warning"]
        assert timed(web.post, 503) < HELD
        assert timed(partial(web.get, READY), 503) < HELD
        mongo.go_on()
        redis.go_on()
        web.process.wait_for(lambda: web.well()["mongodb"] and web.well()["redis"], timeout=90)
        assert web.post().status_code in {202, 204}


@pytest.mark.long
@pytest.mark.parametrize("setting", ["mongo_url", "redis_url"])
def test_name_that_cannot_be_resolved(setting: str, tmp_path: Path, mongo: Gate, redis: Gate) -> None:
    """`.invalid` has no address anywhere (RFC 2606)."""
    port = free_port()
    stores = {
        "mongo_url": f"mongodb://127.0.0.1:{mongo.port}/?directConnection=true",
        "redis_url": f"redis://127.0.0.1:{redis.port}/0",
    }
    stores[setting] = stores[setting].replace("127.0.0.1", "store.invalid")
    stores |= {"webhook_secrets": SECRET, "metrics_token": "t0ken", "port": str(port)}
    with altpress("web", output=tmp_path / "web.log", **stores) as process:
        web = Web(process, port)
        process.wait_for(web.alive, timeout=90)
        answer = web.get(READY)
        assert answer.status_code == 503
        assert {"mongo_url": "mongodb", "redis_url": "redis"}[setting] in answer.json()["missing"]
        assert "store.invalid" not in web.get("/health").text
