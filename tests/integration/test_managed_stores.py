"""Stores that somebody else runs: over TLS with a CA of their own, and configured as they please."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from bot.embedded.urls import mongo_socket, redis_socket
from bot.embedded.urls import redis_url as url_of_redis
from bot.enqueue import Queue
from bot.enqueue import connect as connect_redis
from bot.errors import Unavailable
from bot.store import Store
from bot.store import connect as connect_mongo
from tests.certificates import Certificates, make_certificates
from tests.hanging import gate_to
from tests.processes import altpress, free_port, wait_until
from tests.stores import redis_server, short_dir

SETTINGS = {
    "github_api_url": "http://127.0.0.1:9/api/v3", "github_token": "unused-token", "sites": "acme/source",
    "webhook_secrets": "a webhook secret", "sweep_interval": 86_400,
}  # fmt: skip
EVICTING = ("maxmemory 100mb", "maxmemory-policy allkeys-lru")
REFUSAL = "altpress: Redis may throw away queued work: maxmemory is set and maxmemory-policy is allkeys-lru."


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Of an authority that nobody here trusts."""
    return make_certificates(tmp_path_factory.mktemp("strangers"))


@pytest.fixture(scope="module")
def evicting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a Redis that forgets what it has no room for."""
    del tmp_path_factory
    with short_dir() as data, redis_server(data, *EVICTING):
        yield url_of_redis(data)


@pytest.mark.parametrize("process", ["web", "worker", "scheduler", "up"])
def test_nothing_starts_on_a_redis_that_evicts(
    process: str, evicting: str, mongo_url: str, database_name: str, tmp_path: Path
) -> None:
    settings = {
        **SETTINGS, "redis_url": evicting, "mongo_url": mongo_url, "mongo_database": database_name,
        "port": free_port(), "data_dir": tmp_path / "data",
    }  # fmt: skip
    with altpress(process, output=tmp_path / "log", **settings) as started:
        assert started.popen.wait(30) == 2
        [line] = started.text.splitlines()
        assert line.startswith(REFUSAL)


def test_worker_starts_on_a_full_redis_that_refuses_and_warns_without_a_file(
    mongo_url: str, database_name: str, tmp_path: Path
) -> None:
    with short_dir() as data, redis_server(data, "maxmemory 100mb", "appendonly no"):
        settings = {
            **SETTINGS, "redis_url": url_of_redis(data), "mongo_url": mongo_url,
            "mongo_database": database_name,
        }  # fmt: skip
        with (
            altpress("worker", output=tmp_path / "log", **settings) as worker,
            Redis.from_url(url_of_redis(data)) as client,
        ):
            worker.wait_for(lambda: client.scard("rq:workers") == 1)
            [warning] = worker.lines("store_at_risk")
            assert (warning["level"], "append-only" in warning["reason"]) == ("warning", True)


def test_redis_over_tls(
    stores_dir: Path, embedded_redis_url: str, certificates: Certificates, strangers: Certificates
) -> None:
    del embedded_redis_url  # it runs
    with gate_to(str(redis_socket(stores_dir)), certificates.server_side()) as gate:
        check_redis_tls(gate.port, certificates, strangers)


def check_redis_tls(port: int, certificates: Certificates, strangers: Certificates) -> None:
    """It works with the right authority, and with no other."""
    for authority in (certificates.authority, strangers.authority, None):
        query = f"?ssl_ca_certs={authority}" if authority else ""
        with connect_redis(f"rediss://127.0.0.1:{port}/0{query}") as client:
            queue = Queue(client, publish_interval=1)
            if authority == certificates.authority:
                queue.ping()
                assert queue.depth().queued == 0
                assert queue.info()["role"] == "master"
            else:
                with pytest.raises(Unavailable, match="certificate is not trusted"):
                    queue.ping()


def test_mongodb_over_tls(
    stores_dir: Path, store: Store, database_name: str, certificates: Certificates, strangers: Certificates
) -> None:
    store.notices.claim("known", 1)
    with gate_to(str(mongo_socket(stores_dir)), certificates.server_side()) as gate:
        url = f"mongodb://127.0.0.1:{gate.port}/?directConnection=true&tls=true"
        with connect_mongo(f"{url}&tlsCAFile={certificates.authority}") as client:
            found = Store(client[database_name])
            found.ping()
            assert found.notices.claim("known", 2) is False
            assert found.notices.claim("new", 2) is True
            assert found.risks() == []
        for query in (f"&tlsCAFile={strangers.authority}", ""):
            with (
                connect_mongo(url + query, timeout=1) as client,
                pytest.raises(Unavailable, match="certificate is not trusted"),
            ):
                Store(client[database_name]).ping()


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="no redis-server on PATH")
def test_redis_server_itself_over_tls(
    certificates: Certificates, strangers: Certificates, tmp_path: Path
) -> None:
    """With TLS of Redis's own, where the one on PATH is built with it."""
    port = free_port()
    command = [
        "redis-server", "--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path),
        "--tls-cert-file", str(certificates.certificate), "--tls-key-file", str(certificates.key),
        "--tls-ca-cert-file", str(certificates.authority), "--tls-auth-clients", "no",
    ]  # fmt: skip
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        try:
            wait_until(
                lambda: b"Ready to accept" in (tmp_path / "log").read_bytes() or server.poll() is not None
            )
            if server.poll() is not None:
                assert b"TLS" in (tmp_path / "log").read_bytes()
                pytest.skip("this redis-server is built without TLS")
            check_redis_tls(port, certificates, strangers)
        finally:
            server.terminate()
