"""An empty database is filled again from git: `altpress rebuild-state`."""

import base64
import json
import re
import subprocess
import sys
from typing import Any, cast

import pytest
from click.testing import CliRunner

from bot.cli.rebuild_state import command
from bot.commands import Reach
from bot.commands.status import survey_site
from bot.context import Context
from bot.records import Cause, CauseKind, Job, Record
from bot.replies import render_status
from bot.sandbox.make_ipa import make_ipa
from jobs.command import run_comment
from jobs.refill import refill
from jobs.world import CommandWorld
from tests.installation import APP, KEY, SITE, Installation, empty_stores, installation

pytestmark = pytest.mark.long

__all__ = ["empty_stores", "installation"]
DAY_MS = 86_400_000
LIVE = re.compile(
    r", live after \d+ s|, not seen live yet|, superseded before it was seen live"
)  # not told by git
SECOND, THIRD = "acme/second", "acme/third"
KEYS = (KEY, f"{SECOND}@main", f"{THIRD}@main")
HAND_MADE = {
    "name": "Old",
    "apps": [{
        "name": "Acme", "bundleIdentifier": "com.acme.app", "developerName": "A", "localizedDescription": "x",
        "iconURL": "https://a.example/i.png",
        "versions": [{"version": "0.9", "date": "2020-01-01", "size": 1, "downloadURL": "https://a.example/o.ipa"}],
    }],
}  # fmt: skip
DECISIONS = {"decisions": [{
    "kind": "yank", "app": "app", "version": "1.0", "actor": "maintainer", "at": "2026-11-22T21:48:16Z",
}]}  # fmt: skip
REFUSED = "  - id: closed\n    repository: acme/secret\n"  # private, and no public address
SECOND_CATALOG = (
    "name: Second\npublish-to: pages\noutputs:\n  - path: apps.json\napps:\n  - id: tool\n"
    "    repository: acme/tool\n"
)
THIRD_CATALOG = (
    "name: Third\noutputs:\n  - path: apps.json\napps:\n  - id: secret\n    repository: acme/secret\n"
    "    download-url: https://dl.example/{tag}/{asset}\n"
)


@pytest.fixture
def bot(installation: Installation) -> Installation:
    """Three sites: one adopted, with refusals and a decision; one on another branch; one of a private app."""
    hub = installation.hub
    hub.push({"apps.json": json.dumps(HAND_MADE), "altpress.yml": hub.file("altpress.yml") + REFUSED})
    create(installation, "acme/tool", {"README.md": "x"})
    create(installation, "acme/secret", {"README.md": "x"}, private=True)
    create(installation, SECOND, {"altpress.yml": SECOND_CATALOG})
    hub.git(SECOND, "branch", "pages", "main")
    create(installation, THIRD, {"altpress.yml": THIRD_CATALOG})
    installation.sweep()
    hub.release("v1.0")
    hub.release("v1.1")
    hub.release("v1.2", {"Acme.ipa": make_ipa(version="1.2", bundle_identifier="com.evil.app")})
    hub.release("v1.3", {"Acme.ipa": b"no zip"})
    hub.release(
        "v2", {"T.ipa": make_ipa(bundle_identifier="com.acme.tool", version="2.0")}, repository="acme/tool"
    )
    hub.release(
        "v3",
        {"S.ipa": make_ipa(bundle_identifier="com.acme.secret", version="3.0")},
        repository="acme/secret",
    )
    installation.drain()
    hub.push({".altpress/decisions.json": json.dumps(DECISIONS)})
    hub.push({"altpress.yml": THIRD_CATALOG + "nonsense: 1\n"}, repository=THIRD)
    installation.drain()
    installation.sweep()
    assert versions(installation) == {SITE: ["1.1", "0.9"], SECOND: ["2.0"], THIRD: ["3.0"]}
    return installation


def create(bot: Installation, name: str, files: dict[str, str], *, private: bool = False) -> None:
    encoded = {path: base64.b64encode(text.encode()).decode() for path, text in files.items()}
    body = {"repository": name, "files": encoded, "private": private}
    bot.hub.ask("POST", "repositories", json=body)


def versions(bot: Installation) -> dict[str, list[str]]:
    found = {}
    for name, branch in ((SITE, "main"), (SECOND, "pages"), (THIRD, "main")):
        document = json.loads(bot.hub.git(name, "show", f"{branch}:apps.json"))
        found[name] = [version["version"] for app in document["apps"] for version in app["versions"]]
    return found


def heads(bot: Installation) -> dict[str, str]:
    return {name: bot.hub.git(name, "for-each-ref", "refs/heads") for name in (SITE, SECOND, THIRD)}


def said(bot: Installation) -> list[str]:
    """Everything that altpress wrote anywhere."""
    found = []
    for name in (SITE, SECOND, THIRD, APP, "acme/tool", "acme/secret"):
        for path in ("comments", "issues/comments", "issues?state=all"):
            listed = bot.hub.get(f"/repos/{name}/{path}")
            found += [c["body"] for c in listed if c["user"]["login"] == "altpress[bot]"]
    return found


def state(bot: Installation) -> dict[str, Any]:
    """What the database knows of the sites; counters, triggers, the moments of publishes and the time of the
    next, which the first publish finds again, apart.
    """
    own = {
        "generation",
        "published_generation",
        "causes",
        "last_publish_ms",
        "success_ms",
        "proposal",
        "due_ms",
    }
    names = (SITE, SECOND, THIRD, APP, "acme/tool", "acme/secret")
    facts = {name: bot.store.repositories.find(name) for name in names}
    return {
        "records": {key: bot.store.records.of_site(key) for key in KEYS},
        "sites": [site.model_dump(exclude=own) for site in bot.store.sites.all()],
        "heads": {key: load_head(bot, key) for key in (KEYS[0], f"{SECOND}@pages")},
        "repositories": {name: found and found[0] for name, found in facts.items()},
    }


def load_head(bot: Installation, key: str) -> dict[str, Any]:
    """Without `tree`: where a commit is wanted, git takes its id for that of its tree."""
    head = bot.store.sites.load_head(key)
    assert head is not None
    return head.model_dump(exclude={"tree"})


def publications(bot: Installation) -> list[tuple[Any, ...]]:
    rows = [row for key in KEYS for row in bot.store.publications.page(50, key)]
    return sorted((p.site, p.commit, p.subject, p.changes, sorted(map(repr, set(p.causes)))) for p in rows)


def status(bot: Installation) -> list[str]:
    """`/status` in each site a day from now, without the minute: a commit's time has no fractions."""
    world = CommandWorld(bot.context, cast("Any", None), None)
    now = int(bot.context.clock() * 1000) // 1000 * 1000 + DAY_MS + 60_000
    texts = []
    for key, apps, place in zip(
        KEYS, (("app", "closed"), ("tool",), ("secret",)), (SITE, SECOND, THIRD), strict=True
    ):
        text = render_status(survey_site(world.look(key, apps), Reach(key, apps, True), apps, place), now)
        texts.append(re.sub(r"\d\d:\d\d UTC", "UTC", LIVE.sub("", text)))
    return texts


def publish_all(bot: Installation) -> None:
    for key in KEYS:
        bot.store.sites.trigger(key, Cause(kind=CauseKind.SWEEP))
        bot.context.queue.enqueue_publish(key, now=bot.context.clock())
    bot.drain()


def test_everything_is_known_again_and_nothing_is_done(bot: Installation) -> None:
    before, shown, listed = state(bot), status(bot), publications(bot)
    commits, words = heads(bot), said(bot)
    assert any("`bundle_id_mismatch`" in text for text in words)
    assert any("acme/secret" in text for text in words)
    assert any("nonsense" in text for text in words)
    with bot.emptied() as fresh:
        lines: list[str] = []
        found = refill(fresh.context, (), replace=False, say=lines.append)
        assert found.as_json()["ok"]
        assert found.requests["asset"] == 0
        assert [line.partition(":")[0] for line in lines] == list(KEYS)
        assert state(fresh) == before
        assert publications(fresh) == listed
        assert status(fresh) == shown

        again = refill(fresh.context, (), replace=False, say=lines.append)
        assert [(site.added, site.removed) for site in again.sites] == [(0, 0)] * 3

        fresh.sweep()
        publish_all(fresh)
        refused = [r for r in fresh.store.records.of_site(KEY) if not r.verdict.accepted]
        for record in refused:  # whatever brings the release up again
            fresh.context.queue.enqueue(
                Job(name="ingest", args=(KEY, APP, record.release_id, None), site=KEY)
            )
        fresh.drain()
        assert len(refused) == 2
        assert heads(fresh) == commits, "byte for byte the same, so no commit"
        assert sorted(said(fresh)) == sorted(words), "nobody is told again"
        assert fresh.context.github.requests["asset"] == 0


def test_a_run_that_is_killed_is_made_good_by_the_next(bot: Installation) -> None:
    before, commits = state(bot), heads(bot)
    with bot.emptied() as fresh:
        for lines in (0, 1, 2):
            killed = run()
            assert killed.stderr is not None
            for _ in range(lines):
                assert "records in the lock" in killed.stderr.readline()
            killed.kill()
            killed.communicate()
        done = run("--json")
        summary, progress = done.communicate(timeout=180)
        assert done.returncode == 0, progress
        assert json.loads(summary)["requests"]["asset"] == 0
        assert state(fresh) == before
        fresh.sweep()
        publish_all(fresh)
        assert heads(fresh) == commits


def run(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bot", "rebuild-state", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_damaged_database_is_replaced(bot: Installation) -> None:
    before, commits = state(bot), heads(bot)
    wrong = before["records"][KEY][0].model_copy(update={"notes": "not what the lock says"})
    stray = wrong.model_copy(update={"asset_id": 999_999})
    removed = before["records"][KEY][1]
    bot.store.records.save(KEY, cast("Record", wrong))
    bot.store.records.save(KEY, cast("Record", stray))
    bot.store.records.remove(KEY, removed.repository_id, [removed.asset_id])
    added = CliRunner().invoke(command, [SITE])
    assert added.exit_code == 0, added.output
    assert state(bot) != before, "what is there is newer than the lock, unless somebody says otherwise"
    done = CliRunner().invoke(command, [f"{SITE}@main", "--replace", "--json"])
    assert done.exit_code == 0, done.output
    [site] = json.loads(done.stdout)["sites"]
    assert (site["records"], site["removed"]) == (4, 1)
    assert state(bot) == before
    publish_all(bot)
    assert heads(bot) == commits


def test_a_site_that_cannot_be_read_is_named(installation: Installation) -> None:
    done = CliRunner().invoke(command, ["acme/nowhere", SITE, "--json"])
    assert done.exit_code == 1
    found = json.loads(done.stdout)["sites"]
    assert [site["site"] for site in found] == ["acme/nowhere", KEY]
    assert "acme/nowhere" in found[0]["error"]
    assert found[1]["error"] is None


def test_a_command_that_was_answered_before_is_not_answered_again(installation: Installation) -> None:
    installation.sweep()
    installation.hub.comment("/help", by="maintainer")
    installation.drain()
    listed = installation.hub.get(f"/repos/{SITE}/issues/1/comments")
    assert len(listed) == 2
    with installation.emptied() as fresh:
        refill(fresh.context, (), replace=False, say=print)
        own = fresh.context
        later = Context(
            own.settings,
            store=own.store,
            queue=own.queue,
            github=own.github,
            clock=lambda: own.clock() + 3_600,
        )
        run_comment.work(later, SITE, 1, listed[0]["id"], None)  # as a delivery that comes again
    assert installation.hub.get(f"/repos/{SITE}/issues/1/comments") == listed
