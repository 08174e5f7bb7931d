"""Where decisions lie, how they get there, and what they survive."""

import json

import pytest

from bot.errors import Underway
from bot.records import Job
from jobs.command import run_comment
from jobs.refill import refill
from tests.deciding import DECISIONS, DONE, KEY, SITE, Site
from tests.installation import Installation, empty_stores, installation
from tests.sandboxes import as_user

pytestmark = pytest.mark.long

__all__ = ["empty_stores", "installation"]
CATALOG = "name: Acme Apps\napps:\n  - id: app\n    repository: acme/app\n"
HAND = {"kind": "yank", "app": "app", "version": "1.1", "actor": "hand", "at": "2026-01-01T00:00:00Z"}


@pytest.fixture
def site(installation: Installation) -> Site:
    return Site(installation)


def test_in_a_pull_request(site: Site) -> None:
    site.start("1.0", "1.1")
    site.bot.hub.push({"altpress.yml": CATALOG + "mode: pull-request\n"})
    site.bot.drain()
    before = site.head()
    reply = site.say("/yank app 1.1 crashes")
    [pull] = site.bot.hub.get(f"/repos/{SITE}/pulls?state=open")
    assert f"It waits in [a pull request]({pull['html_url']}) and has effect once that is merged." in reply
    assert site.reactions() == DONE
    assert pull["title"] == "Yank Acme 1.1"
    assert "Yank Acme 1.1 by maintainer: crashes" in pull["body"]
    assert site.head() == before
    assert site.open_requests() == 1
    assert "Acme 1.1 is yanked already, by maintainer" in site.say("/yank app 1.1"), "though it is not merged"
    merge(site, pull["number"])
    assert site.kinds() == [("yank", "app", "1.1")]
    assert site.versions() == ["1.0"]
    assert site.open_requests() == 0
    commits = len(site.bot.hub.commits())
    site.sweep()
    assert len(site.bot.hub.commits()) == commits, "nothing is left to do"


@pytest.mark.long
def test_in_a_pull_request_that_somebody_closes(site: Site) -> None:
    site.start("1.0", "1.1", catalog=None)
    site.bot.hub.push({"altpress.yml": CATALOG + "mode: pull-request\n"})
    site.bot.drain()
    site.say("/yank app 1.1")
    [pull] = site.bot.hub.get(f"/repos/{SITE}/pulls?state=open")
    with as_user(site.bot.hub.sandbox, "maintainer") as session:
        url = f"{site.bot.hub.sandbox.api}/repos/{SITE}/pulls/{pull['number']}"
        assert session.patch(url, json={"state": "closed"}, timeout=20).ok
    site.bot.drain()
    site.sweep()
    assert site.open_requests() == 0
    assert site.versions() == ["1.1", "1.0"]
    assert site.bot.hub.get(f"/repos/{SITE}/pulls?state=open") == []
    number = site.comments()[0]["id"]
    found = site.bot.store.decision_edits.find("acme/source@main", f"comment:{number}:0")
    assert found is not None
    assert found.reason == f"Somebody closed pull request #{pull['number']}."


def merge(site: Site, number: int) -> None:
    with as_user(site.bot.hub.sandbox, "maintainer") as session:
        url = f"{site.bot.hub.sandbox.api}/repos/{SITE}/pulls/{number}/merge"
        assert session.put(url, json={"merge_method": "squash"}, timeout=20).ok
    site.bot.drain()


def test_beside_outputs_on_another_branch(site: Site) -> None:
    site.start("1.0", "1.1")
    site.bot.hub.git(SITE, "branch", "pages", "main")
    site.bot.hub.push({"altpress.yml": CATALOG + "publish-to: pages\n"})
    site.bot.drain()
    site.say("/yank app 1.1")
    assert site.kinds() == [("yank", "app", "1.1")]
    assert site.changed() == [DECISIONS]
    published = json.loads(site.bot.hub.git(SITE, "show", "pages:apps.json"))
    assert [v["version"] for v in published["apps"][0]["versions"]] == ["1.0"]
    subjects = [
        site.bot.hub.git(SITE, "log", "-1", "--format=%s", branch).strip() for branch in ("main", "pages")
    ]
    assert subjects == ["Yank Acme 1.1"] * 2
    assert DECISIONS not in site.bot.hub.git(SITE, "ls-tree", "-r", "--name-only", "pages").split()


def test_a_hand_edit_is_as_good_as_a_command(site: Site) -> None:
    site.start("1.0", "1.1")
    site.bot.hub.push({DECISIONS: json.dumps({"decisions": [HAND]})})
    site.bot.drain()
    assert site.versions() == ["1.0"]
    assert "Acme 1.1 is yanked already, by hand on 2026-01-01 00:00 UTC. Nothing changed." in site.say(
        "/yank 1.1"
    )
    site.say("/hold app")
    assert site.kinds() == [("yank", "app", "1.1"), ("hold", "app", None)], "what stands there stays"
    assert site.bot.hub.file(DECISIONS).startswith('{\n  "decisions": [\n    {\n      "kind": "yank",')
    site.say("/unyank 1.1")
    assert site.versions() == ["1.1", "1.0"]
    site.bot.hub.push({DECISIONS: None})
    site.bot.hub.release("v1.2")
    site.bot.drain()
    assert site.versions() == ["1.2", "1.1", "1.0"], "the hold went with the file"


def test_they_survive_the_loss_of_the_database(site: Site) -> None:
    site.start("1.0", "1.1", "1.2")
    site.say("/yank app 1.2\n/pin 1.0\n/hold")
    before = {path: site.bot.hub.file(path) for path in ("apps.json", DECISIONS, ".altpress/lock.jsonl")}
    head = site.head()
    with site.bot.emptied() as fresh:
        fresh.context.queue.connection.flushall()
        again = Site(fresh)
        told: list[str] = []
        filled = refill(fresh.context, (), replace=False, say=told.append)
        assert [site.error for site in filled.sites] == [None]
        again.sweep()
        assert again.head() == head
        assert {path: fresh.hub.file(path) for path in before} == before
        assert "Acme 1.2 is yanked already, by maintainer" in say(again, "/yank app 1.2")
        again.release_later("v1.3")
        again.sweep()
        assert again.versions() == ["1.0", "1.1"], "it is held"
        say(again, "/resume\n/unpin app")
        assert again.versions() == ["1.3", "1.1", "1.0"]
        assert again.kinds() == [("yank", "app", "1.2")]


def say(site: Site, text: str) -> str:
    """The webhook goes to the database of before: its job is put into the queue by hand."""
    site.bot.hub.comment(text, by="maintainer")
    number = site.comments()[-1]["id"]
    site.bot.context.queue.enqueue(Job(name="command", args=(SITE, 1, number, None)))
    before = len(site.replies())
    site.bot.run_later(expect=lambda: len(site.replies()) > before)
    return site.replies()[-1]


@pytest.mark.long
def test_what_was_asked_goes_along_when_the_site_is_renamed(site: Site) -> None:
    site.start("1.0", "1.1")
    site.bot.hub.comment("/yank app 1.1", by="maintainer")
    site.bot._settle_webhooks()
    number = site.comments()[-1]["id"]
    with pytest.raises(Underway):
        run_comment.work(site.bot.context, SITE, 1, number, None)
    site.bot.hub.change_repository(SITE, name="better")
    site.sweep()
    files = site.bot.hub.git("acme/better", "show", f"main:{DECISIONS}")
    assert [d["version"] for d in json.loads(files)["decisions"]] == ["1.1"]


@pytest.mark.long
def test_on_a_protected_branch(site: Site) -> None:
    """The decision waits with a release in one pull request; both are there after the merge."""
    site.start("1.0", "1.1")
    site.bot.hub.ask("PUT", "protection", json={"repository": SITE, "branch": "main"})
    reply = site.say("/yank app 1.1")
    assert "It waits in [a pull request](" in reply
    site.bot.hub.release("v1.2")
    site.bot.drain()
    assert "It waits in [a pull request](" in site.say("/pin app 1.0")
    [pull] = site.bot.hub.get(f"/repos/{SITE}/pulls?state=open")
    assert pull["title"] == "Yank Acme 1.1 and 2 more"
    assert site.open_requests() == 2
    site.bot.hub.ask("PUT", "protection", json={"repository": SITE, "branch": "main", "off": True})
    merge(site, pull["number"])
    assert site.versions() == ["1.0", "1.2"]
    assert site.kinds() == [("yank", "app", "1.1"), ("pin", "app", "1.0")]
    assert site.open_requests() == 0
    numbers = [c["id"] for c in site.comments() if c["user"]["type"] != "Bot"]
    found = [site.bot.store.decision_edits.find(KEY, f"comment:{number}:0") for number in numbers]
    assert [(one.state.value, one.commit) for one in found if one] == [("committed", site.head())] * 2
