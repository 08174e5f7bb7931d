"""What a container's health check says of each process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from redis import Redis

from bot.metrics.shared import PROCESSES
from tests.processes import ROOT, altpress, free_port

pytestmark = pytest.mark.long

SETTINGS = {
    "github_api_url": "http://127.0.0.1:9/api/v3", "github_token": "unused-token", "sites": "acme/source",
    "webhook_secrets": "a webhook secret", "sweep_interval": 86_400,
}  # fmt: skip


@pytest.fixture
def stores(redis_client: Redis, redis_url: str, mongo_url: str, database_name: str) -> dict[str, object]:
    del redis_client  # empties it
    return {"redis_url": redis_url, "mongo_url": mongo_url, "mongo_database": database_name}


def shows_itself(client: Redis, kind: str) -> bool:
    """Among the processes that every scrape shows."""
    return any(json.loads(row)[0] == kind for row in client.hvals(PROCESSES))


@pytest.mark.parametrize("kind", ["web", "worker", "scheduler"])
def test_alive_while_it_runs(
    kind: str, stores: dict[str, object], redis_client: Redis, tmp_path: Path
) -> None:
    host = "0.0.0.0" if kind == "web" else "127.0.0.1"
    settings = {**SETTINGS, **stores, "port": free_port(), "host": host}
    environment = {**os.environ, **{f"ALTPRESS_{name.upper()}": str(v) for name, v in settings.items()}}

    def alive() -> bool:
        command = [sys.executable, "-m", "bot.cli.alive", kind]
        check = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert check.returncode == 0 or f"no sign of life of the {kind}" in check.stderr, check.stderr
        return check.returncode == 0

    assert not alive()
    with altpress(kind, output=tmp_path / "log", **settings) as process:
        process.wait_for(alive)
        process.wait_for(lambda: shows_itself(redis_client, kind))
        assert process.stop() == 0
    for key in redis_client.scan_iter("altpress:alive:*"):
        redis_client.delete(key)  # as half a minute would
    assert not alive()
