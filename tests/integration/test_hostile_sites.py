"""One altpress serves many sites: what a hostile one may not do to the others."""

import json

import pytest

from bot.records import Facts, Job, Record
from bot.sandbox.world import open_state
from bot.store import Store
from tests.fakes import AT, make_repository
from tests.installation import SITE, Installation, empty_stores, installation
from tests.integration.test_reading import IPA, World

__all__ = ["empty_stores", "installation"]

VICTIM, EVIL = "acme/source", "evil/source"
EVIL_KEY = "evil/source@main"


@pytest.fixture
def world(store: Store) -> World:
    return World(store, make_repository("acme/app"))


def forged(world: World, number: int = 100) -> Record:
    """A line of a lock that says what it likes about a file of another's repository."""
    facts = Facts(bundle_identifier="com.evil.app", name="Evil", version="6.6.6", build_version="1")
    return Record(
        repository_id=world.facts.id, asset_id=number, app="acme", repository=world.facts.full_name,
        release_id=1, tag="v1", published_at=AT, release_url="https://h", asset_name="a.ipa", size=len(IPA),
        download_url="https://github.com/100.ipa", updated_at=AT, facts=facts,
    )  # fmt: skip


def test_what_a_lock_claims_about_a_file_counts_in_its_own_site_alone(world: World) -> None:
    world.github.add_release(world.facts, 1, {"a.ipa": IPA})
    world.store.records.import_lock(EVIL_KEY, "sha", [forged(world)])
    world.reader(site=EVIL).read_release(1)  # taken over, not read: still only a claim
    assert world.records(EVIL_KEY) == {"a.ipa": "6.6.6"}
    world.reader(site=VICTIM).read_release(1)
    assert world.records() == {"a.ipa": "1.0"}, "read from the file itself"


def test_a_file_that_was_really_read_is_not_read_for_the_next_site(world: World) -> None:
    world.github.add_release(world.facts, 1, {"a.ipa": IPA})
    for site in (VICTIM, "other/source", "third/source"):
        world.reader(site=site).read_release(1)
        world.reader(site=site).read_release(1)
    assert len(world.github.opened) == 1
    assert world.records("third/source@main") == {"a.ipa": "1.0"}


def test_a_site_sends_no_comments_into_repositories_of_others(world: World) -> None:
    world.github.writable.add(EVIL)
    world.github.add_release(world.facts, 1, {"a.ipa": b"no zip"})
    world.reader(site=EVIL).read_release(1)
    world.tell()
    assert world.github.commit_comments == []
    assert {repository for repository, _, _ in world.github.issues} <= {EVIL}


def test_a_repository_that_allows_a_site_is_told(world: World) -> None:
    world.github.writable.add(EVIL)
    world.github.allow_files["acme/app"] = "evil/source\n"
    world.github.add_release(world.facts, 1, {"a.ipa": b"no zip"})
    world.reader(site=EVIL).read_release(1)
    world.tell()
    assert [repository for repository, _, _ in world.github.commit_comments] == ["acme/app"]


SECRET = "Codename Walrus, not announced yet"
BY_HAND = {
    "name": "Evil", "identifier": "com.evil.source",
    "apps": [{
        "name": "App", "bundleIdentifier": "com.evil.app", "developerName": "Evil",
        "iconURL": "https://evil.example/i.png",
        "versions": [
            {"version": "1", "date": "2024-01-01", "downloadURL": "https://evil.example/a.ipa", "size": 1}
        ],
    }],
}  # fmt: skip


def test_a_site_learns_nothing_of_a_private_repository_of_others(installation: Installation) -> None:
    bot = installation
    for tag in ("v1", "v2"):
        bot.hub.release(tag)
    with open_state(bot.hub.sandbox.data) as state:
        row = state.find_repository("acme/app")
        assert row is not None
        state.users.add(login="victim")
        state.repositories.update(row.id, owner="victim", private=True, description=SECRET)
    git = bot.hub.sandbox.data / "git"
    (git / "victim").mkdir()
    (git / "acme" / "app.git").rename(git / "victim" / "app.git")
    catalog = "name: Evil\napps:\n- repository: victim/app\n  download-url: https://evil.example/{asset}\n"
    bot.hub.push({"altpress.yml": catalog, "apps.json": json.dumps(BY_HAND)})
    for _ in range(2):  # a new site waits for its first release, until the next sweep
        bot.sweep()
    [app] = json.loads(bot.hub.file("apps.json"))["apps"]
    assert app["bundleIdentifier"] == "com.evil.app"
    assert bot.hub.file(".altpress/lock.jsonl"), "the hand-made document was taken over"
    assert SECRET not in bot.hub.git(SITE, "log", "-p", "main")

    bot.hub.comment("/rebuild", by="maintainer")
    bot.drain()
    [*_, reply] = bot.hub.get(f"/repos/{SITE}/issues/1/comments")
    assert reply["user"]["login"] == "altpress[bot]"
    assert "is private" in reply["body"]
    assert "2 releases" not in reply["body"]


@pytest.mark.parametrize("path", ["altpress.yml", ".altpress/decisions.json"])
def test_a_file_that_is_too_large_is_told_and_not_loaded(installation: Installation, path: str) -> None:
    bot = installation
    commit = bot.hub.push({path: b" " * (2 * 1024 * 1024)})
    for _ in range(2):
        bot.context.queue.enqueue(Job(name="sweep"))
        bot.hub.release(f"v{_}")
        bot.drain()
    sha = bot.hub.git(SITE, "rev-parse", f"main:{path}").strip()
    assert bot.store.blobs.get(sha) is None, "not even fetched"
    [comment] = bot.hub.get(f"/repos/{SITE}/commits/{commit}/comments")
    assert "- the file is larger than 1 MiB" in comment["body"]
    assert bot.hub.commits()[0] == "Edit", "nothing was published"
