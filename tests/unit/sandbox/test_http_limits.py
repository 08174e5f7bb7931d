"""The limit of requests, in the whole application."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from bot.sandbox.http import RateLimits
from bot.sandbox.seed import seed
from bot.sandbox.server import create_app
from bot.sandbox.world import open_state, open_world

ROOT = "http://127.0.0.1:7001"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    with open_state(tmp_path) as state:
        world = open_world(tmp_path, state, root=ROOT, asset_root=ROOT, outbox=None)
        seed(state, world.git, public_key="")
        client = create_app(world, limits=RateLimits(2)).test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"token {world.auth.issue_user_token('visitor')}"
        yield client


def test_above_the_limit_a_user_is_sent_away_until_the_reset(client: FlaskClient) -> None:
    answers = [client.get("/api/v3/repos/acme/app") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 403]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[2].get_json()["message"].startswith("API rate limit exceeded")
    assert int(answers[2].headers["X-RateLimit-Reset"]) > 0
    assert client.get("/api/v3/rate_limit").get_json()["rate"]["remaining"] == 0


def test_who_has_no_token_may_always_read(client: FlaskClient) -> None:
    del client.environ_base["HTTP_AUTHORIZATION"]
    assert [client.get("/api/v3/repos/acme/app").status_code for _ in range(4)] == [200] * 4


def test_raw_files_and_clones_count_against_nothing(client: FlaskClient) -> None:
    for _ in range(3):
        assert client.get("/raw/acme/source/main/altpress.yml").status_code == 200
    assert client.get("/api/v3/rate_limit").get_json()["rate"]["used"] == 0
