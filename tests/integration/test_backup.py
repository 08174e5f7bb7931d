"""The drill: a bot at work, backed up, destroyed, restored; and the same from git alone."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.backup.dump import kept_collections
from bot.cli.backup import command as backup
from bot.cli.rebuild_state import command as rebuild_state
from bot.cli.restore import command as restore
from bot.dispatch import dispatch_once
from bot.github import GitHub
from bot.records import DeliveryState, RepositoryFacts
from jobs.refill import refill
from tests.deciding import DECISIONS, Site
from tests.installation import APP, KEY, SITE, Installation, empty_stores, installation

__all__ = ["empty_stores", "installation"]
IN_PULL_REQUESTS = "name: Acme Apps\nmode: pull-request\napps:\n  - id: app\n    repository: acme/app\n"
Rows = dict[str, dict[str, dict[str, Any]]]


@pytest.fixture
def bot(installation: Installation) -> Installation:
    """Two releases, a decision, and a commented issue; everything is through."""
    return filled(installation)


def filled(bot: Installation) -> Installation:
    Site(bot).start("1.0", "1.1").say("/yank app 1.0 broken")
    assert bot.store.deliveries.counts()["done"] >= 3
    return bot


def run(command: Any, *words: str, status: int = 0) -> Result:
    result = CliRunner().invoke(command, list(words))
    assert result.exit_code == status, (result.output, result.exception)
    return result


def said_json(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def rows(bot: Installation) -> Rows:
    """Every document that a backup is to hold."""
    database = bot.store.database
    return {name: {row["_id"]: row for row in database[name].find()} for name in kept_collections()}


def destroy(bot: Installation) -> None:
    """MongoDB and Redis, all of it."""
    database = bot.store.database
    database.client.drop_database(database.name)
    bot.context.queue.connection.flushdb()


def replies(bot: Installation) -> list[str]:
    comments = bot.hub.get(f"/repos/{SITE}/issues/comments")
    return [c["body"] for c in comments if c["user"]["login"] == "altpress[bot]"]


def versions(bot: Installation) -> list[str]:
    document = json.loads(bot.hub.file("apps.json"))
    return [version["version"] for version in document["apps"][0]["versions"]]


def test_the_drill(bot: Installation, tmp_path: Path) -> None:
    guids = [row.guid for row in bot.store.deliveries.page(100, state=DeliveryState.DONE)]
    # under way: one is routed and its jobs are in Redis, one has only been stored, one is a command
    bot.hub.release("v1.2")
    bot._settle_webhooks()
    assert dispatch_once(bot.store, bot.context.queue)
    bot.hub.release("v1.3")
    bot.hub.comment("/status", by="maintainer")
    bot._settle_webhooks()
    before = rows(bot)
    states = {row["state"] for row in before["deliveries"].values()}
    assert {"queued", "pending", "done"} <= states
    made = said_json(run(backup, "--to", str(tmp_path / "kept"), "--json"))
    assert made["documents"] == sum(map(len, before.values()))
    # what happens after the backup is in git, and not in it
    bot.hub.release("v2.0")
    bot.drain()
    assert versions(bot) == ["2.0", "1.3", "1.2", "1.1"]
    published, answered = bot.hub.commits(), replies(bot)
    destroy(bot)
    said = said_json(run(restore, str(tmp_path / "kept"), "--json"))
    assert said["ok"]
    assert said["again"] == sum(r["state"] in {"queued", "pending"} for r in before["deliveries"].values())
    after = rows(bot)
    for name, known in before.items():
        for key, row in known.items():
            if key.startswith("recovered:"):
                assert key not in after[name]  # what waits in a pull request is looked for there
            elif name == "deliveries" and row["state"] == "queued":
                assert after[name][key]["state"] == "pending"
            else:
                assert after[name][key] == row, (name, key)
    # work goes on: nothing is published or said twice, and nothing hangs
    bot.sweep()
    counts = bot.store.deliveries.counts()
    assert (counts["pending"], counts["queued"], counts["failed"]) == (0, 0, 0)
    assert bot.hub.commits() == published
    assert replies(bot) == answered
    bot.hub.release("v3.0")
    bot.drain(expect=lambda: "3.0" in versions(bot))
    # an old delivery that GitHub sends again is known, and the audit log shows what was
    old = bot.store.deliveries.find(guids[-1])
    bot.hub.ask("POST", f"deliveries/{guids[-1]}/attempts")
    assert bot.store.deliveries.find(guids[-1]) == old
    assert not dispatch_once(bot.store, bot.context.queue)
    for guid in guids:
        delivery = bot.store.deliveries.find(guid)
        assert delivery is not None
        assert delivery.publications == tuple(p.commit for p in bot.store.publications.of_delivery(guid))


def test_decisions_are_those_of_git_not_of_the_backup(installation: Installation, tmp_path: Path) -> None:
    """What waited at the time of the backup may have been taken back since; what waits now is on GitHub."""
    site = Site(installation).start("1.0", "1.1", catalog=IN_PULL_REQUESTS)
    site.say("/yank app 1.0")
    run(backup, "--to", str(tmp_path / "kept"))
    site.say("/unyank app 1.0")
    site.say("/yank app 1.1")
    destroy(installation)
    run(restore, str(tmp_path / "kept"))
    installation.hub.release("v1.2")
    installation.drain()
    [pull] = installation.hub.get(f"/repos/{SITE}/pulls?state=open")
    proposed = json.loads(installation.hub.git(SITE, "show", f"{pull['head']['ref']}:{DECISIONS}"))
    assert [(one["kind"], one["version"]) for one in proposed["decisions"]] == [("yank", "1.1")]


@pytest.mark.long
def test_apps_that_are_listed_are_not_asked_for_one_by_one(installation: Installation) -> None:
    """A thousand requests less for a thousand apps; one that is called otherwise now is asked for."""
    installation.hub.change_repository(APP, name="renamed")
    for name in ("one", "two", "three"):
        body = {"repository": f"acme/{name}", "files": {"README.md": "eA=="}}
        installation.hub.ask("POST", "repositories", json=body)
    apps = "".join(f"  - repository: acme/{name}\n" for name in ("one", "two", "three", "app"))
    installation.hub.push({"altpress.yml": f"name: A\noutputs:\n  - path: apps.json\napps:\n{apps}"})
    with installation.acting(Listening) as context:
        assert refill(context, (), replace=False, say=print).as_json()["ok"]
        assert isinstance(context.github, Listening)
        assert context.github.asked == (APP,)
    state = installation.store.sites.find(KEY)
    assert state is not None
    assert state.renamed == {APP: "acme/renamed"}


class Listening(GitHub):
    """Notes which repositories it is asked about."""

    asked: tuple[str, ...] = ()

    def fetch_repository(self, full_name: str) -> RepositoryFacts:
        self.asked = (*self.asked, full_name)
        return super().fetch_repository(full_name)


@pytest.mark.long
def test_git_alone(bot: Installation) -> None:
    """Without any backup the outputs stay what they are, byte for byte; only the ledger is new."""
    head, output = bot.hub.git(SITE, "rev-parse", "main"), bot.hub.file("apps.json")
    destroy(bot)
    assert said_json(run(rebuild_state, "--json"))["ok"]
    bot.sweep()
    assert bot.hub.git(SITE, "rev-parse", "main") == head
    bot.hub.release("v1.2")
    bot.drain(expect=lambda: versions(bot) == ["1.2", "1.1"])
    assert bot.hub.file("apps.json") != output
