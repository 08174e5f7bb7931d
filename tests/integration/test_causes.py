"""A commit names the causes of what it holds, whatever came between a record and its trigger."""

import json
import re
import time
from collections.abc import Callable

import pytest

from bot.context import Context
from bot.records import Cause
from bot.sandbox.make_ipa import make_ipa
from bot.store import Store
from bot.store.sites import Sites
from jobs.ingest import ingest_release
from jobs.sweep import sweep as sweep_job
from tests.installation import APP, KEY, SITE, Installation, empty_stores, installation

__all__ = ["empty_stores", "installation"]
CATALOG = "altpress.yml"


class Interrupted(Sites):
    """Something else happens between a record and its trigger."""

    def __init__(self, store: Store, meanwhile: Callable[[], None]) -> None:
        super().__init__(store.database)
        self.meanwhile: Callable[[], None] | None = meanwhile

    def trigger(self, key: str, cause: Cause) -> int:
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            happens()
        return super().trigger(key, cause)


@pytest.fixture
def bot(installation: Installation) -> Installation:
    """It has published a version."""
    installation.sweep()
    installation.hub.release("v1.0")
    installation.drain(expect=lambda: versions(installation) == ["1.0"])
    return installation


def versions(bot: Installation) -> list[str]:
    document = json.loads(bot.hub.file("apps.json"))
    return [version["version"] for app in document["apps"] for version in app["versions"]]


def interrupted(bot: Installation, meanwhile: Callable[[], None]) -> Context:
    store = Store(bot.store.database)
    store.sites = Interrupted(store, meanwhile)
    return Context(bot.context.settings, store=store, queue=bot.context.queue, github=bot.context.github)


def release(bot: Installation, tag: str) -> tuple[int, str]:
    """A release of which a delivery has come, and is not yet taken up: its id, the GUID."""
    before = {row["guid"] for row in bot.hub.deliveries()}
    number = bot.hub.release(tag)
    return number, arrived(bot, before, "release", "published")


def arrived(bot: Installation, before: set[str], event: str, action: str | None = None) -> str:
    """The GUID of a new delivery, once it is in the ledger."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for row in bot.hub.deliveries():
            new = row["guid"] not in before and (row["event"], row["action"]) == (event, action)
            if new and bot.store.deliveries.find(row["guid"]) is not None:
                return str(row["guid"])
        time.sleep(0.05)
    raise AssertionError(f"no {event} came")


def messages(bot: Installation, newest: int) -> list[str]:
    """Of the newest commits, the newest first."""
    said = bot.hub.git(SITE, "log", "--format=%B%x00", f"-{newest}", "main").split("\0")
    return [message.strip() for message in said if message.strip()]


def commits(bot: Installation, newest: int) -> list[str]:
    return bot.hub.git(SITE, "log", "--format=%H", f"-{newest}", "main").split()


def published_by(bot: Installation, guid: str) -> list[str]:
    delivery = bot.store.deliveries.find(guid)
    assert delivery is not None
    return list(delivery.publications)


def test_a_sweep_that_publishes_first_names_the_release_that_it_holds(bot: Installation) -> None:
    first, guid = release(bot, "v1.1")
    others: list[str] = []

    def meanwhile() -> None:
        sweep_job.work(bot.context)
        bot._work()
        number, other = release(bot, "v1.2")
        ingest_release.work(bot.context, KEY, APP, number, other)
        others.append(other)

    ingest_release.work(interrupted(bot, meanwhile), KEY, APP, first, guid)
    bot._work()
    assert versions(bot) == ["1.2", "1.1", "1.0"]
    second_commit, first_commit = commits(bot, 2)
    said_second, said_first = messages(bot, 2)
    assert f"Altpress-Delivery: {guid}" in said_first
    assert "Altpress-Release: acme/app@v1.1" in said_first
    assert f"Altpress-Delivery: {others[0]}" in said_second
    assert "Altpress-Release: acme/app@v1.2" in said_second
    assert guid not in said_second
    assert "v1.1" not in said_second
    bot.drain()
    assert (published_by(bot, guid), published_by(bot, others[0])) == ([first_commit], [second_commit])
    assert commits(bot, 1) == [second_commit], "nothing was left to commit"


def test_a_release_whose_effect_is_out_is_settled_with_its_commit(bot: Installation) -> None:
    number, guid = release(bot, "v1.1")

    def meanwhile() -> None:
        sweep_job.work(bot.context)
        bot._work()

    ingest_release.work(interrupted(bot, meanwhile), KEY, APP, number, guid)
    bot._work()
    assert versions(bot) == ["1.1", "1.0"]
    bot.drain()
    assert published_by(bot, guid) == commits(bot, 1)


def test_both_commits_of_a_release_in_two_parts_name_it(bot: Installation) -> None:
    """The second file is read after a publish that held the first."""
    number, guid = release(bot, "v1.1")
    ingest_release.work(interrupted(bot, lambda: None), KEY, APP, number, guid)
    bot._work()
    bot.hub.replace_asset(number, "Acme.ipa", make_ipa(version="1.1.1"))
    ingest_release.work(bot.context, KEY, APP, number, guid)
    bot._work()
    assert all(f"Altpress-Delivery: {guid}" in message for message in messages(bot, 2))
    assert published_by(bot, guid) == commits(bot, 2)[::-1]


def test_a_publish_names_the_catalog_that_it_is_the_first_to_see(bot: Installation) -> None:
    number, guid = release(bot, "v1.1")
    catalog = bot.hub.file(CATALOG)
    before = {row["guid"] for row in bot.hub.deliveries()}
    pushed = bot.hub.push({CATALOG: re.sub("(?m)^subtitle: .*", "subtitle: Fresh", catalog)})
    ingest_release.work(bot.context, KEY, APP, number, guid)
    bot._work()
    (said,) = messages(bot, 1)
    held = commits(bot, 1)
    assert f"Altpress-Delivery: {guid}" in said
    assert "the catalog: " in said
    assert pushed in said
    bot.drain()
    assert commits(bot, 1) == held
    pushes = [row["guid"] for row in bot.hub.deliveries() if row["event"] == "push"]
    assert [published_by(bot, guid) for guid in pushes if guid not in before].count(held) == 1
    assert json.loads(bot.hub.file("apps.json"))["subtitle"] == "Fresh"
