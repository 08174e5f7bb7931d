"""Commands that decide, the whole way: signed webhook, worker, then commit, reactions and reply."""

import time

import pytest

from bot.context import Context
from bot.errors import Underway
from bot.records import Job
from bot.sandbox.make_ipa import make_ipa
from jobs.command import run_comment
from tests.deciding import APP, DECISIONS, DONE, IDLE, REFUSED, SITE, Site
from tests.installation import Installation, empty_stores, installation

__all__ = ["empty_stores", "installation"]


@pytest.fixture
def site(installation: Installation) -> Site:
    return Site(installation)


def test_yank(site: Site) -> None:
    site.start("1.0", "1.1")
    assert site.versions() == ["1.1", "1.0"]
    reply = site.say("/yank app 1.1 crashes at start")
    assert site.versions() == ["1.0"]
    [decision] = site.decisions()
    assert decision.pop("at")
    assert decision.pop("link").startswith(f"{site.bot.hub.sandbox.html}/{SITE}/issues/1#issuecomment-")
    assert decision == {
        "kind": "yank", "app": "app", "version": "1.1", "reason": "crashes at start", "actor": "maintainer",
    }  # fmt: skip
    assert set(site.changed()) == {DECISIONS, "apps.json"}
    assert site.message().startswith("Yank Acme 1.1\n\n- Yank Acme 1.1 by maintainer: crashes at start\n")
    assert "Altpress-Decision: comment:" in site.message()
    assert (
        f"Committed as [`{site.head()[:7]}`]({site.bot.hub.sandbox.html}/{SITE}/commit/{site.head()})"
        in reply
    )
    assert site.reactions() == DONE
    assert site.open_requests() == 0

    again = site.say("/yank v1.1 once more")
    assert "Acme 1.1 is yanked already, by maintainer on " in again
    assert "crashes at start. Nothing changed." in again
    before = site.head()
    assert "**Unyank Acme 1.1**" in site.say("/unyank app v1.1")
    assert site.versions() == ["1.1", "1.0"]
    assert site.decisions() == []
    assert site.message().startswith("Unyank Acme 1.1\n\n- Unyank Acme 1.1 by maintainer\n- Acme 1.1 added\n")
    assert site.reactions() == DONE
    assert site.bot.hub.git(SITE, "rev-parse", "main~1").strip() == before
    assert "Acme 1.1 is not yanked. Nothing changed." in site.say("/unyank 1.1")


def test_rollback(site: Site) -> None:
    site.start("1.0", "1.1", "1.2")
    reply = site.say("/rollback app")
    assert site.versions() == ["1.1", "1.0"]
    assert "Yanked: `1.2`." in reply
    assert "AltStore offers it as an update to whoever has `1.2 (1)`" in reply
    assert site.message().startswith("Roll back Acme to 1.1\n")
    assert "Yanked: `1.2`, `1.1`." in site.say("/rollback app 1.0")
    assert site.versions() == ["1.0"]
    assert site.kinds() == [("yank", "app", "1.2"), ("yank", "app", "1.1")]
    site.say("/pin app 1.0")
    reply = site.say("/rollback app v1.1")
    assert "⚠️" not in reply
    assert site.versions() == ["1.1", "1.0"], "a yanked one is let in again, and no pin stands before it"
    assert site.kinds() == [("yank", "app", "1.2")]
    assert "Acme 1.1 comes first already. Nothing changed." in site.say("/rollback 1.1")
    site.say("/rollback")
    assert "No version of Acme is listed before the present one." in site.say("/rollback app")
    assert site.reactions() == IDLE


def test_pin(site: Site) -> None:
    site.start("1.0", "1.1", "1.2")
    reply = site.say("/pin app 1.1 --until 2040-12-01")
    assert "Until 2040-12-01 00:00 UTC." in reply
    assert "⚠️" in reply
    assert site.versions() == ["1.1", "1.2", "1.0"]
    assert site.message().startswith("Pin Acme 1.1\n")
    assert site.decisions()[0]["until"] == "2040-12-01T00:00:00Z"
    assert "It takes the place of the pin of `1.1`." in site.say("/pin 1.0 --until 2040-12-01T15:30+02:00")
    assert [(d["version"], d["until"]) for d in site.decisions()] == [("1.0", "2040-12-01T13:30:00Z")]
    assert "`2020-01-01` is over" in site.say("/pin app 1.1 --until 2020-01-01")
    assert site.reactions() == REFUSED
    assert "**Unpin Acme 1.0**" in site.say("/unpin")
    assert site.reactions() == DONE
    assert site.versions() == ["1.2", "1.1", "1.0"]
    assert site.decisions() == []
    assert "Acme is not pinned. Nothing changed." in site.say("/unpin app")
    assert site.reactions() == IDLE


def test_hold(site: Site) -> None:
    site.start("1.0")
    reply = site.say("/hold app a bad day")
    assert "**Hold Acme**" in reply
    assert "Reason: a bad day." in reply
    assert site.message().startswith("Hold Acme\n\n- Hold Acme by maintainer: a bad day\n\nBecause of:\n")
    assert site.changed() == [DECISIONS], "a decision alone is a commit, too"
    site.say("/hold")
    assert site.kinds() == [("hold", "app", None), ("hold", None, None)]
    assert "The whole site is on hold already" in site.say("/hold")
    began = site.decisions()[1]["at"]
    assert "It takes the place of the hold without an end" in site.say("/hold --all rest --until 2100-01-01")
    whole = site.decisions()[1]
    assert (whole["reason"], whole["until"], whole["at"]) == ("rest", "2100-01-01T00:00:00Z", began)
    site.release_later("v1.1")
    site.bot.drain()
    assert site.versions() == ["1.0"]
    assert "The whole site is on hold all the same." in site.say("/resume app")
    assert "Acme is on hold with the whole site" in site.say("/resume app")
    assert site.versions() == ["1.0"]
    assert "**Resume all apps**" in site.say("/resume")
    assert site.versions() == ["1.1", "1.0"]
    assert site.message().startswith("Resume all apps and 1 more\n")
    assert site.decisions() == []
    assert "Nothing is on hold. Nothing changed." in site.say("/resume")
    assert site.reactions() == IDLE


def test_a_clock_that_is_behind_githubs_takes_nothing_out(site: Site) -> None:
    site.start("1.0")
    site.bot.hub.comment("/hold app", by="maintainer")
    number = site.comments()[-1]["id"]
    context = site.bot.context
    behind = Context(
        context.settings, store=context.store, queue=context.queue, github=context.github,
        clock=lambda: time.time() - 300,
    )  # fmt: skip
    with pytest.raises(Underway):
        run_comment.work(behind, SITE, 1, number, None)
    site.bot.drain()
    assert site.kinds() == [("hold", "app", None)]
    assert site.versions() == ["1.0"]


GATED = """name: Acme Apps
outputs:
  - path: apps.json
apps:
  - id: app
    repository: acme/app
    approve: always
"""


def test_approve(site: Site) -> None:
    site.start(catalog=GATED)
    site.bot.hub.release("v1.0")
    site.bot.drain()
    release = site.bot.hub.release("v1.1")
    site.bot.drain()
    waiting = [r.tag for r in site.bot.store.records.of_site("acme/source@main") if not r.verdict.accepted]
    assert "v1.1" in waiting
    reply = site.say("/approve app v1.1")
    assert "**Approve Acme 1.1**" in reply
    assert "1.1" in site.versions()
    assert ("approve", "app", "1.1 (1)") in site.kinds()
    assert site.message().startswith("Approve Acme 1.1\n")
    assert site.reactions() == DONE
    assert "Acme 1.1 is approved already" in site.say("/approve 1.1")
    time.sleep(1.1)  # GitHub's times are whole seconds: the file below is later than the approval
    site.bot.hub.replace_asset(release, "Acme.ipa", make_ipa(version="1.1", padding=9))
    site.bot.context.queue.enqueue(Job(name="sweep"))  # nothing tells of a file that is replaced
    site.bot.drain()
    assert "1.1" not in site.versions(), "nobody approved this file"
    assert "**Approve Acme 1.1**" in site.say("/approve app v1.1")
    assert "1.1" in site.versions()
    site.say("/hold app")
    site.release_later("v1.2")
    site.bot.drain()
    assert "1.2" not in site.versions()
    reply = site.say("/approve app 1.2")
    assert "1.2" in site.versions(), reply  # what a hold keeps back waits as well


def test_approve_what_does_not_wait(site: Site) -> None:
    site.start("1.0")
    assert "Acme 1.0 does not wait for an approval. Nothing changed." in site.say("/approve app 1.0")
    assert site.reactions() == REFUSED
    assert "No output of the catalog has `stage: true`" in site.say("/promote")
    assert site.reactions() == REFUSED
    reply = site.say("/approve app 1.0", by="developer", repository=APP)
    assert "`/approve` needs the role **maintain** (or more) on `acme/app`; yours is **write**." in reply
    assert site.reactions(APP) == REFUSED
    assert "needs the role **maintain**" in site.say("/promote", by="developer", repository=APP)
    for command in ("yank 1.0", "unyank 1.0", "rollback", "pin 1.0", "unpin", "hold", "resume"):
        reply = site.say(f"/{command}", by="visitor")
        assert "needs the role **write** (or more) on `acme/source`; yours is **read**" in reply, command
        assert site.reactions() == REFUSED
    assert site.decisions() == []


STAGED = """name: Acme Apps
outputs:
  - path: apps.json
  - path: next.json
    stage: true
apps:
  - id: app
    repository: acme/app
"""


def test_promote(site: Site) -> None:
    site.start(catalog=STAGED)
    site.bot.hub.release("v1.0")
    site.bot.drain()
    assert site.versions("next.json") == ["1.0"]
    assert "apps.json" not in site.bot.hub.git(SITE, "ls-tree", "--name-only", "main") or not site.versions()
    assert "Public from now on: `app 1.0`." in site.say("/promote app")
    assert site.versions() == ["1.0"]
    assert site.message().startswith("Promote Acme")
    assert site.kinds() == [("promote", "app", None)]
    assert "Nothing is staged. Nothing changed." in site.say("/promote")
    assert site.reactions() == IDLE


def test_what_is_unknown_gets_the_choices(site: Site) -> None:
    site.start("1.0", "1.1")
    assert "Did you mean `app`?" in site.say("/yank apq 1.1")
    assert "Acme has no version `1.11`. Did you mean `1.1`? Known: `1.1`, `1.0`." in site.say(
        "/yank app 1.11"
    )
    assert "Which version of Acme? Known: `1.1`, `1.0`." in site.say("/pin app")
    for text in ("/hold ap", "/hold aap a bad day", "/hold nope"):
        assert "No app is called" in site.say(text)
        assert site.reactions() == REFUSED
    assert site.decisions() == []


def test_in_an_apps_repository_that_app_alone(site: Site) -> None:
    catalog = "name: Two\napps:\n  - repository: acme/app\n  - {id: other, repository: acme/other}\n"
    site.start("1.0", "1.1", catalog=catalog)
    assert "No app is called `other` here" in site.say("/hold other", by="developer", repository=APP)
    assert "Which app?" in site.say("/rollback"), "there are two"
    assert "No app is called `1.1` here" in site.say("/yank 1.1")
    site.say("/yank 1.1\n/hold", by="developer", repository=APP)
    assert site.kinds() == [("yank", "app", "1.1"), ("hold", "app", None)]
    assert site.versions() == ["1.0"]
    site.say("/hold")
    reply = site.say("/resume", by="developer", repository=APP)
    assert "The whole site is on hold all the same." in reply
    assert "only its own repository can lift that" in site.say("/resume", by="developer", repository=APP)
    assert site.kinds() == [("yank", "app", "1.1"), ("hold", None, None)]


def test_several_commands_in_one_comment(site: Site) -> None:
    site.start("1.0", "1.1", "1.2")
    before = len(site.bot.hub.commits())
    reply = site.say("/yank app 1.2\n/status\n/unyank 1.2\n/pin 1.0\n/yank 9.9")
    assert reply.count("> `/") == 5
    status = reply.partition("> `/status`")[2].partition("> `/unyank")[0]
    assert "1.1 (1), release" in status, "it stands behind the first, and sees what came of it"
    assert site.versions() == ["1.0", "1.2", "1.1"]
    assert site.kinds() == [("pin", "app", "1.0")]
    assert site.reactions() == REFUSED
    assert len(site.bot.hub.commits()) <= before + 2
    assert reply.count("Committed as [`") == 3


def test_foreign_text_is_harmless(site: Site) -> None:
    site.start("1.0", "1.1")
    reason = "@everyone </details> <!-- x --> [skip ci] fixes #1 `/yank app 1.0`"
    reply = site.say(f"/yank app 1.1 {reason}")
    assert "@everyone" not in reply.partition("\n\n")[2]
    assert "<!-- x" not in reply.partition("\n\n")[2]
    assert "[skip ci]" not in site.message()
    assert "#1" not in site.message().partition("Because of")[0].replace("#\N{ZERO WIDTH SPACE}1", "")
    assert site.kinds() == [("yank", "app", "1.1")]
