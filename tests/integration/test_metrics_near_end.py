"""What ends one day: the token, as GitHub's answers say, and the certificate at altpress's own address."""

import math
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from redis import Redis

from bot.context import Context
from bot.metrics.table import BACKUP_AGE, CERTIFICATE_ENDS, TOKEN_ENDS
from bot.sandbox.auth import Auth
from bot.sandbox.state import iso
from bot.sandbox.world import open_state
from bot.web import readings, scrape
from bot.web.health import Health
from bot.web.parts import needed
from bot.web.scrape import make_scrape
from config.settings import Settings
from tests.sandboxes import Sandbox, make_template, run_sandbox

ENDS = 86_400 * (int(time.time()) // 86_400 + 400)  # in a year or so


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that takes two seconds is left out of a scrape; here, on a busy machine, it is waited for."""
    for module in (readings, scrape):
        monkeypatch.setattr(module, "LONGEST", 60.0)


@pytest.fixture
def ending(tmp_path: Path) -> Iterator[tuple[Sandbox, str]]:
    """A sandbox, and a token of the maintainer's that ends."""
    data = tmp_path / "sandbox"
    shutil.copytree(make_template(), data, symlinks=True)
    with open_state(data) as state:
        token = Auth(state).issue_user_token("maintainer", expires_at=iso(ENDS))
    with run_sandbox(data) as sandbox:
        yield sandbox, token


def test_end_of_the_token_is_shown_until_another_one_is_used(
    ending: tuple[Sandbox, str], redis_client: Redis, redis_url: str, mongo_url: str, database_name: str
) -> None:
    del redis_client
    sandbox, token = ending
    stores = {"redis_url": redis_url, "mongo_url": mongo_url, "mongo_database": database_name}
    signed_in = {"github_api_url": sandbox.api, "sites": ("acme/source",)}
    with (
        closing(Context(Settings(**stores, **signed_in, github_token=token))) as first,
        closing(Context(Settings(**stores, **signed_in, github_token=sandbox.tokens["maintainer"]))) as other,
        closing(Context(Settings(**stores))) as web,  # which has no token, where it is not given one
    ):
        first.github.fetch_repository("acme/source")
        assert first.flush_meter()
        assert shown(first, TOKEN_ENDS.full_name) == [ENDS]
        assert shown(web, TOKEN_ENDS.full_name) == [ENDS]
        other.github.fetch_repository("acme/source")  # unchanged: an answer without a body, which says less
        assert shown(other, TOKEN_ENDS.full_name) == [ENDS]
        other.github.fetch_repository("acme/app")
        assert shown(other, TOKEN_ENDS.full_name) == []


def test_end_of_a_token_that_an_app_has_replaced_is_not_shown(
    ending: tuple[Sandbox, str], redis_client: Redis, redis_url: str, mongo_url: str, database_name: str
) -> None:
    del redis_client
    sandbox, _ = ending
    stores = {"redis_url": redis_url, "mongo_url": mongo_url, "mongo_database": database_name}
    key = sandbox.keys.private_key_file.read_text()
    app = {"github_api_url": sandbox.api, "github_app_id": sandbox.keys.app_id, "github_app_private_key": key}
    with closing(Context(Settings(**stores, **app))) as context:
        context.meter.set(TOKEN_ENDS, float(ENDS))
        assert shown(context, TOKEN_ENDS.full_name) == [ENDS]
        context.github.fetch_repository("acme/app")
        assert shown(context, TOKEN_ENDS.full_name) == []


def test_certificate_of_an_address_that_is_no_more_is_not_shown(
    redis_client: Redis, redis_url: str, mongo_url: str
) -> None:
    del redis_client
    stores = {"redis_url": redis_url, "mongo_url": mongo_url}
    with closing(Context(Settings(**stores, public_url="https://altpress.example.com"))) as context:
        context.meter.set(CERTIFICATE_ENDS, float(ENDS), "altpress.example.com")
        assert shown(context, CERTIFICATE_ENDS.full_name) == [ENDS]
    with closing(Context(Settings(**stores, public_url="https://altpress.example.org"))) as moved:
        assert shown(moved, CERTIFICATE_ENDS.full_name) == []


def test_backup_that_is_wanted_and_was_never_made_is_infinitely_old(
    redis_client: Redis, redis_url: str, mongo_url: str, database_name: str, tmp_path: Path
) -> None:
    del redis_client
    stores = {"redis_url": redis_url, "mongo_url": mongo_url, "mongo_database": database_name}
    with closing(Context(Settings(**stores))) as context:
        assert shown(context, BACKUP_AGE.full_name) == []
    with closing(Context(Settings(**stores, backup_to=str(tmp_path)))) as context:
        assert shown(context, BACKUP_AGE.full_name) == [math.inf]
        context.store.backups.begin(1, context.now_ms())
        context.store.backups.end(1, context.now_ms(), "a name", 1)
        [age] = shown(context, BACKUP_AGE.full_name)
        assert 0 <= age < 600


def shown(context: Context, name: str) -> list[float]:
    """The values of a scrape."""
    families = make_scrape(context, Health(needed(context)))()
    return [sample.value for family in families for sample in family.samples if sample.name == name]
