"""Real stores for tests: the embedded MongoDB and a Redis, on unix sockets, one of each per test process.

`ALTPRESS_TEST_MONGO_URL` adds a real MongoDB to the tests that take `any_store`. `ALTPRESS_TEST_REDIS_URL`,
without a database in it, takes the place of the embedded Redis: a database for each test process, emptied.
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from redis import Redis
from redis.exceptions import RedisError

from bot.embedded.redis import find_server, render_config
from bot.embedded.urls import mongo_socket, redis_socket
from bot.embedded.urls import mongo_url as url_of_mongo
from bot.embedded.urls import redis_url as url_of_redis
from bot.errors import Unavailable
from bot.store import Store, connect

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def mongo_server(data_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The embedded MongoDB on a directory, until the end of the block; it answers when the block begins."""
    (data_dir / "mongo").mkdir(exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "bot.embedded.mongo",
        str(mongo_socket(data_dir)),
        str(data_dir / "mongo"),
    ]
    with _running(command, data_dir / "mongo.log", lambda: _mongo_answers(url_of_mongo(data_dir))) as process:
        yield process


@contextmanager
def redis_server(data_dir: Path, *lines: str) -> Iterator[subprocess.Popen[bytes]]:
    """The embedded Redis on a directory, until the end of the block; it answers when the block begins.

    `lines` are added to its configuration, and win.
    """
    (data_dir / "redis").mkdir(exist_ok=True)
    config = data_dir / "redis.conf"
    config.write_text(
        render_config(redis_socket(data_dir), data_dir / "redis") + "".join(f"{line}\n" for line in lines)
    )
    command = [str(find_server()), str(config)]
    with _running(command, data_dir / "redis.log", lambda: _redis_answers(url_of_redis(data_dir))) as process:
        yield process


@contextmanager
def short_dir() -> Iterator[Path]:
    """A new directory with a short path: pytest's own are too long for a unix socket on some machines."""
    path = Path(tempfile.mkdtemp(prefix="ap-", dir="/tmp"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def stores_dir() -> Iterator[Path]:
    """The data directory of this test process's stores."""
    with short_dir() as path:
        yield path


@pytest.fixture(scope="session")
def mongo_url(stores_dir: Path) -> Iterator[str]:
    """URL of the embedded MongoDB. Take a database of your own (`store` does)."""
    with mongo_server(stores_dir):
        yield url_of_mongo(stores_dir)


@pytest.fixture(scope="session")
def embedded_redis_url(stores_dir: Path) -> Iterator[str]:
    """URL of the embedded Redis."""
    with redis_server(stores_dir):
        yield url_of_redis(stores_dir)


@pytest.fixture(scope="session")
def redis_url(request: pytest.FixtureRequest) -> str:
    """URL of a Redis for this test process: the embedded one, or a real one. `redis_client` empties it."""
    if real := os.environ.get("ALTPRESS_TEST_REDIS_URL"):
        number = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
        return f"{real.rstrip('/')}/{number}"
    return str(request.getfixturevalue("embedded_redis_url"))


@pytest.fixture
def database_name() -> str:
    """The name of a database that nobody else uses; it is dropped after the test."""
    return f"test-{secrets.token_hex(6)}"


@pytest.fixture
def store(mongo_url: str, database_name: str) -> Iterator[Store]:
    """An empty store on the embedded MongoDB."""
    with opened_store(mongo_url, database_name) as opened:
        yield opened


@pytest.fixture(
    params=[
        "embedded",
        pytest.param(
            "mongodb",
            marks=pytest.mark.skipif(
                "ALTPRESS_TEST_MONGO_URL" not in os.environ,
                reason="no real MongoDB: set ALTPRESS_TEST_MONGO_URL",
            ),
        ),
    ]
)
def any_store(request: pytest.FixtureRequest, database_name: str) -> Iterator[Store]:
    """An empty store on each engine that is there."""
    embedded = request.param == "embedded"
    url = request.getfixturevalue("mongo_url") if embedded else os.environ["ALTPRESS_TEST_MONGO_URL"]
    with opened_store(url, database_name) as opened:
        yield opened


@pytest.fixture
def redis_client(redis_url: str) -> Iterator[Redis]:
    """A client of an empty Redis."""
    with Redis.from_url(redis_url) as client:
        client.flushdb()
        yield client


@contextmanager
def opened_store(url: str, database: str) -> Iterator[Store]:
    """A store with its indexes; the database is dropped at the end."""
    with connect(url) as client:
        opened = Store(client[database])
        opened.ensure_indexes()
        try:
            yield opened
        finally:
            client.drop_database(database)


@contextmanager
def _running(command: list[str], log: Path, answers: Callable[[], bool]) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 90
        while not answers():
            assert process.poll() is None, f"{command[0]} ended:\n{log.read_text()}"
            assert time.monotonic() < deadline, f"{command[0]} does not answer:\n{log.read_text()}"
            time.sleep(0.02)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _mongo_answers(url: str) -> bool:
    client: MongoClient[dict[str, Any]]
    with connect(url, timeout=0.5) as client:
        try:
            Store(client["admin"]).ping()
        except Unavailable:
            return False
        return True


def _redis_answers(url: str) -> bool:
    with Redis.from_url(url) as client:
        try:
            return bool(client.ping())
        except RedisError:
            return False
