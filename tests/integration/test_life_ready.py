"""Releases whose files are not all there: what they wait for, who says so, and when it ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.make_ipa import make_ipa
from jobs.sites import load_site
from jobs.waiting import find_waiting
from tests.installation import APP, KEY, Installation, empty_stores, serving
from tests.life import Life, Told

__all__ = ["empty_stores"]
TWO = """\
name: Acme Apps
outputs:
  - path: apps.json
apps:
  - {id: app, repository: acme/app, assets: ["Acme.ipa"], bundle-id: com.acme.app}
  - {id: pro, repository: acme/app, assets: ["Pro.ipa"], bundle-id: com.acme.pro}
"""


@pytest.fixture
def life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_stores: dict[str, str]) -> Iterator[Life]:
    with serving(tmp_path, empty_stores, monkeypatch) as bot:
        found = Life(bot, Told.BY_WEBHOOK)
        yield found
        found.close()


def waits(bot: Installation) -> dict[str, str | None]:
    """What /status shows: app -> why."""
    return {w.app: w.reason for w in find_waiting(bot.context, *load_site(bot.context, KEY))}


def test_a_wait_says_what_for_and_ends_when_the_release_is_deleted(life: Life) -> None:
    bot = life.bot
    life.start()
    life.do(lambda hub: hub.release("v1.0", {"notes.txt": b"soon"}))
    assert "*.ipa" in (waits(bot)["app"] or "")
    life.do(lambda hub: hub.delete_release("v1.0"))
    assert waits(bot) == {}, "/status does not wait for the job's next try"
    bot.run_later(expect=lambda: life.unfinished() == [])
    assert bot.context.queue.rq.scheduled_job_registry.get_job_count(cleanup=False) == 0


def test_apps_of_one_repository_wait_each_for_their_own_files(life: Life) -> None:
    bot = life.bot
    bot.hub.push({"altpress.yml": TWO})
    life.start()
    life.do(lambda hub: hub.release("v1.0", {"Acme.ipa": make_ipa(version="1.0")}))
    assert life.versions() == ["1.0"], "one app's missing file does not hold up the other"
    found = waits(bot)
    assert list(found) == ["pro"]
    assert "Pro.ipa" in (found["pro"] or "")


def test_a_try_that_failed_says_why_it_comes_again(life: Life) -> None:
    bot = life.bot
    life.start()
    storage = bot.hub.sandbox.data / "assets"
    life.act(lambda hub: hub.release("v0.9"))
    bot.drain()
    number = bot.hub.ask("POST", "releases", json={"repository": APP, "tag": "v1.0", "as": "developer"})["id"]
    bot.hub.ask("PUT", f"releases/{number}/assets", params={"name": "A.ipa"}, data=make_ipa(version="1.0"))
    storage.rename(storage.with_name("away"))
    bot.hub.ask("POST", f"releases/{number}/publish", json={})
    bot.drain()
    assert life.versions() == ["0.9"]
    assert "answers 500" in (waits(bot)["app"] or "")
    storage.with_name("away").rename(storage)
    bot.run_later(expect=lambda: life.unfinished() == [])
    assert life.versions() == ["1.0", "0.9"]
    assert waits(bot) == {}
