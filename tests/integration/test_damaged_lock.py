"""A lock that people damaged: the good lines count, the others are known again, and it is told once."""

import json
from typing import Any

import pytest

from bot.lock import PATH, parse_lock
from bot.sandbox.make_ipa import make_ipa
from tests.installation import KEY, SITE, Installation, empty_stores, installation

pytestmark = pytest.mark.long

__all__ = ["empty_stores", "installation"]
OTHER_APP = make_ipa(version="1.2", bundle_identifier="com.evil.app")
HAND_MADE = {
    "name": "Old",
    "apps": [{
        "name": "Acme", "bundleIdentifier": "com.acme.app", "developerName": "A", "localizedDescription": "x",
        "iconURL": "https://a.example/i.png",
        "versions": [{"version": "0.9", "date": "2020-01-01", "size": 1, "downloadURL": "https://a.example/o.ipa"}],
    }],
}  # fmt: skip


@pytest.fixture
def bot(installation: Installation) -> Installation:
    """A site with a taken-over version, two good releases and a refused one."""
    installation.hub.push({"apps.json": json.dumps(HAND_MADE)})
    installation.sweep()
    installation.hub.release("v1.0")
    installation.hub.release("v1.1")
    installation.hub.release("v1.2", {"Acme.ipa": OTHER_APP})
    installation.drain()
    assert versions(installation) == ["1.1", "1.0", "0.9"]
    return installation


def versions(bot: Installation) -> list[str]:
    apps = json.loads(bot.hub.file("apps.json"))["apps"]
    return [version["version"] for app in apps for version in app["versions"]]


def told(bot: Installation) -> list[str]:
    """What altpress said about the lock, on any commit of the site."""
    comments = bot.hub.get(f"/repos/{SITE}/comments")
    return [c["body"] for c in comments if "altpress:lock:" in c["body"]]


def notices_of_releases(bot: Installation) -> int:
    return len(bot.hub.get("/repos/acme/app/comments"))


def documents(bot: Installation, since: str) -> list[list[str]]:
    """The versions that each commit since then listed."""
    commits = bot.hub.git(SITE, "log", "--format=%H", f"{since}..main").split()
    shown: list[Any] = [json.loads(bot.hub.git(SITE, "show", f"{commit}:apps.json")) for commit in commits]
    return [[v["version"] for app in document["apps"] for v in app["versions"]] for document in shown]


def damaged(good: str, kind: str) -> str | None:
    lines = good.splitlines(keepends=True)
    theirs = lines[0].replace("v1.0", "v0")
    return {
        "conflict": "".join(["<<<<<<< HEAD\n", lines[0], "=======\n", theirs, ">>>>>>> x\n", *lines[1:]]),
        "truncated": good[: len(good) // 3],
        "edited": good.replace('"kind":"record"', '"kind":"recrod"', 1),
        "doubled": lines[0] + good,
        "rubbish": "<html>\n" * 50,
        "empty": "",
        "deleted": None,
    }[kind]


KINDS = ["conflict", "truncated", "edited", "doubled", "rubbish", "empty", "deleted"]


def test_with_the_database_it_is_written_whole_again(bot: Installation) -> None:
    good, document = bot.hub.file(PATH), bot.hub.file("apps.json")
    notices = notices_of_releases(bot)
    for number, kind in enumerate(KINDS, start=1):
        bot.hub.push({PATH: damaged(good, kind)})
        bot.drain()
        assert (kind, bot.hub.file(PATH)) == (kind, good)
        assert bot.hub.file("apps.json") == document
        assert notices_of_releases(bot) == notices
        assert len(told(bot)) == number, kind
    commits = bot.hub.commits()
    bot.sweep()
    assert bot.hub.commits() == commits
    assert len(told(bot)) == len(KINDS), "each told once"


@pytest.mark.parametrize("kind", ["conflict", "rubbish", "deleted"])
def test_without_the_database_the_releases_tell_it(bot: Installation, kind: str) -> None:
    good = bot.hub.file(PATH)
    damage = bot.hub.push({PATH: damaged(good, kind)})
    with bot.emptied() as fresh:
        fresh.sweep()
        assert parse_lock(fresh.hub.file(PATH).encode()) == parse_lock(good.encode())
        assert versions(fresh) == ["1.1", "1.0", "0.9"]
        assert {tuple(d) for d in documents(fresh, damage)} == {("1.1", "1.0", "0.9")}, "none ever left"
        assert len(told(fresh)) == 1
        refused = [r for r in fresh.store.records.of_site(KEY) if not r.verdict.accepted]
        assert [r.verdict.code for r in refused] == ["bundle_id_mismatch"], "judged again"


def test_the_notice_names_lines_reasons_and_what_was_saved(bot: Installation) -> None:
    good = bot.hub.file(PATH)
    bot.hub.push({PATH: good[: len(good) // 3]})
    bot.drain()
    [notice] = told(bot)
    assert "line 1: is no JSON object" in notice or "line 2: is no JSON object" in notice
    assert "were taken from" in notice


def test_a_site_that_never_had_a_lock_is_not_called_damaged(installation: Installation) -> None:
    installation.sweep()
    assert installation.hub.file(PATH) == ""
    installation.hub.push({"README.md": "Nothing yet."})
    installation.sweep()
    installation.hub.release("v1.0")
    installation.drain()
    assert versions(installation) == ["1.0"]
    assert told(installation) == []


def test_lines_of_an_app_that_left_the_catalog_stay(bot: Installation) -> None:
    good = bot.hub.file(PATH)
    catalog = bot.hub.file("altpress.yml")
    bot.hub.push({"altpress.yml": catalog.split("apps:")[0] + "apps: []\n"})
    bot.drain()
    assert "1.1" not in bot.hub.file("apps.json")
    assert [r.key for r in parse_lock(bot.hub.file(PATH).encode()).records] == [
        r.key for r in parse_lock(good.encode()).records
    ]
    bot.hub.push({"altpress.yml": catalog})
    bot.drain()
    assert versions(bot) == ["1.1", "1.0", "0.9"]
    assert bot.hub.file(PATH) == good
