"""A MongoDB or a Redis that accepts connections and never answers: what the web process says, and how soon.

The bounds here are generous, since other tests run beside; the figures are printed (`pytest -s`), and those
of a quiet machine stand in docs/performance.md.
"""

import hashlib
import hmac
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import requests
from argon2 import PasswordHasher

from bot.embedded.urls import mongo_socket, redis_socket
from tests.hanging import Gate, gate_to
from tests.processes import Process, altpress, free_port

SECRET = "a webhook secret"
BODY = (Path(__file__).resolve().parents[1] / "data" / "events" / "release.published.json").read_bytes()
PASSWORD = "correct horse"
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
TOKEN = {"Authorization": "Bearer t0ken"}


class Web:
    """A web process whose stores are behind gates."""

    def __init__(self, process: Process, port: int) -> None:
        self.process = process
        self._base = f"http://127.0.0.1:{port}"

    def get(self, path: str) -> requests.Response:
        return requests.get(self._base + path, headers=TOKEN, timeout=15)

    def alive(self) -> bool:
        try:
            return self.get("/health/live").ok
        except requests.ConnectionError:
            return False

    def post(self) -> requests.Response:
        signature = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()
        headers = {
            "X-GitHub-Event": "release", "X-GitHub-Delivery": str(uuid.uuid4()),
            "Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signature}",
        }  # fmt: skip
        return requests.post(f"{self._base}/webhooks/github", data=BODY, headers=headers, timeout=15)

    def sign_in(self) -> requests.Session:
        """Somebody at the dashboard."""
        visitor = requests.Session()
        form = visitor.get(f"{self._base}/login", timeout=15).text
        token = form.partition('name="csrf_token" value="')[2].partition('"')[0]
        fields, origin = {"csrf_token": token, "password": PASSWORD}, {"Origin": self._base}
        answer = visitor.post(f"{self._base}/login", data=fields, headers=origin, timeout=15)
        assert answer.status_code == 200, answer.text
        return visitor

    def page(self, visitor: requests.Session, path: str) -> requests.Response:
        return visitor.get(self._base + path, timeout=15)

    def parts(self) -> dict[str, bool]:
        return {name: part["ok"] for name, part in self.get("/health").json()["parts"].items()}


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
        process.wait_for(web.alive, timeout=30)
        yield web


def timed(call: Callable[[], requests.Response], status: int) -> float:
    """Seconds until the answer, which has this status."""
    began = time.perf_counter()
    answer = call()
    seconds = time.perf_counter() - began
    assert answer.status_code == status, answer.text
    return seconds


def tell(what: str, seconds: list[float]) -> None:
    sys.stdout.write(
        f"| {what} | {statistics.median(seconds) * 1000:.0f} ms | {max(seconds) * 1000:.0f} ms |\n"
    )


@pytest.mark.long
def test_mongodb_that_hangs(mongo: Gate, redis: Gate, database_name: str, tmp_path: Path) -> None:
    with web_behind(mongo, redis, database_name, tmp_path / "web.log") as web:
        assert web.post().status_code in {202, 204}
        assert web.parts() == {"mongodb": True, "redis": True, "workers": False}
        visitor = web.sign_in()
        mongo.hang()
        page = [timed(lambda: web.page(visitor, "/"), 503)]
        first = timed(web.post, 503)
        live = [timed(lambda: web.get("/health/live"), 200) for _ in range(20)]
        ready = [timed(lambda: web.get("/health/ready"), 503) for _ in range(3)]
        with ThreadPoolExecutor(24) as pool:
            burst = [pool.submit(timed, web.post, 503) for _ in range(24)]
            live_beside = [timed(lambda: web.get("/health/live"), 200) for _ in range(20)]
            posts = [first, *(future.result() for future in burst)]
        paths = ("/", "/deliveries", "/publications")
        pages = [timed(partial(web.page, visitor, path), 503) for path in paths]
        scrape = [timed(lambda: web.get("/metrics"), 200)]
        text = web.get("/metrics").text
        assert web.parts() == {"mongodb": False, "redis": True, "workers": False}
        for what, seconds in (
            ("`/health/live`", live), ("`/health/live` beside 24 webhooks at once", live_beside),
            ("`/health/ready`: 503", ready), ("webhook, the first: 503", [first]),
            ("webhook, 24 at once: 503", posts[1:]), ("dashboard, the first page: 503", page),
            ("dashboard, later pages: 503", pages), ("`/metrics`, without MongoDB's part", scrape),
        ):  # fmt: skip
            tell(what, seconds)
        assert statistics.median(live) < 0.05
        assert statistics.median(live_beside) < 0.5
        assert max(ready) < 3
        assert max(posts) < 4
        assert max(page + pages) < 5
        assert 'altpress_dependency_up{dependency="mongodb"} 0.0' in text
        assert 'outcome="unavailable"' in text
        assert "altpress_ledger_deliveries" not in text
        mongo.go_on()
        web.process.wait_for(lambda: web.post().status_code in {202, 204})
        web.process.wait_for(lambda: web.parts()["mongodb"])
        assert web.page(visitor, "/").status_code == 200


def test_redis_that_hangs_holds_no_webhook(
    mongo: Gate, redis: Gate, database_name: str, tmp_path: Path
) -> None:
    with web_behind(mongo, redis, database_name, tmp_path / "web.log") as web:
        redis.hang()
        posts = [timed(web.post, web.post().status_code) for _ in range(3)]
        ready = timed(lambda: web.get("/health/ready"), 503)
        assert web.parts() == {"mongodb": True, "redis": False, "workers": False}
        text = web.get("/metrics").text
        assert 'altpress_dependency_up{dependency="redis"} 0.0' in text
        assert "altpress_ledger_deliveries" in text
        assert max(posts) < 1
        assert ready < 3
        redis.go_on()
        web.process.wait_for(lambda: web.parts()["redis"], timeout=40)


def test_web_process_starts_without_its_stores(
    mongo: Gate, redis: Gate, database_name: str, tmp_path: Path
) -> None:
    mongo.hang()
    redis.hang()
    with web_behind(mongo, redis, database_name, tmp_path / "web.log") as web:
        assert [line["level"] for line in web.process.lines("stores_away")] == ["warning"]
        assert timed(web.post, 503) < 4
        assert timed(lambda: web.get("/health/ready"), 503) < 3
        mongo.go_on()
        redis.go_on()
        web.process.wait_for(lambda: web.parts()["mongodb"] and web.parts()["redis"], timeout=40)
        assert web.post().status_code in {202, 204}
