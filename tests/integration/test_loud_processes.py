"""The processes at their loudest, with every secret set: what they write is searched at the test's end."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from argon2 import PasswordHasher
from redis import Redis

from bot.embedded.urls import redis_socket
from bot.enqueue import Queue
from bot.records import Job
from tests.leaks_plugin import Leaks
from tests.processes import altpress, free_port
from tests.sandboxes import run_sandbox
from tests.stores import redis_server, short_dir

HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("a password of people")
BEARER = {"Authorization": "Bearer metrics-token-0123456789"}
REDIS = "redis-password-0123456789"


@pytest.fixture
def guarded_redis() -> Iterator[Path]:
    with short_dir() as folder, redis_server(folder):
        place = redis_socket(folder)
        with Redis(unix_socket_path=str(place)) as admin:
            admin.config_set("requirepass", REDIS)
        yield place


@pytest.mark.long
def test_nothing_leaks_when_everything_is_logged(
    mongo_url: str, database_name: str, guarded_redis: Path, tmp_path: Path, leaks: Leaks
) -> None:
    port = free_port()
    web_url = f"http://127.0.0.1:{port}"
    with run_sandbox(tmp_path / "sandbox", bot_url=web_url) as sandbox:
        settings = {
            "mongo_url": mongo_url, "mongo_database": database_name, "log_level": "DEBUG",
            "redis_url": f"unix://:{REDIS}@{guarded_redis}", "port": port, "data_dir": tmp_path / "data",
            "github_api_url": sandbox.api, "github_app_id": sandbox.keys.app_id,
            "github_app_private_key_file": sandbox.keys.private_key_file,
            "webhook_secrets_file": sandbox.keys.webhook_secret_file, "asset_hosts": "127.0.0.1",
            "session_key": "session-key-0123456789, session-key-old-0123", "stop_delay": 0,
            "metrics_token": "metrics-token-0123456789", "quiet_period": 0, "publish_interval": 0,
            "dashboard_password_hash": HASH,
        }  # fmt: skip
        with altpress("web", output=tmp_path / "web.log", **settings) as web:
            web.wait_for(lambda: answers(f"{web_url}/health/live"), 40)
            for path in ("/metrics", "/health", "/nowhere?token=metrics-token-0123456789"):
                requests.get(web_url + path, headers=BEARER, timeout=9)
            forged = {"X-Hub-Signature-256": "sha256=0", "X-GitHub-Delivery": str(uuid.uuid4())}
            assert requests.post(f"{web_url}/webhooks/github", b"{}", headers=forged, timeout=9).status_code
            assert web.lines("http_request") != []
        with Redis(unix_socket_path=str(guarded_redis), password=REDIS) as client:
            Queue(client, publish_interval=0).enqueue(Job(name="sweep"))
        with altpress("worker", "--burst", output=tmp_path / "worker.log", **settings) as worker:
            assert worker.popen.wait(60) == 0
            assert worker.lines("swept") != []
            assert worker.lines("job_ended")[0]["level"] == "debug"
    assert len(leaks.secrets) > 40


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False
