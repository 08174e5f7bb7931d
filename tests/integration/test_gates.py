"""Versions that wait, and the stage, from the webhook to the commit and what people are told."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.context import Context
from bot.records import Cause, CauseKind, Record
from bot.sandbox.make_ipa import make_ipa
from bot.store import Store
from bot.store.records import Records
from jobs.due import publish_due, watch_due
from jobs.publish import publish_site
from jobs.refill import refill
from tests.installation import APP, KEY, SITE, Installation, empty_stores, installation

__all__ = ["empty_stores", "installation"]

LOCK = ".altpress/lock.jsonl"
HOUR, DAY = 3_600, 86_400
HEAD = "name: Acme Apps\noutputs:\n  - path: apps.json\n"
APPS = "apps:\n  - id: app\n    repository: acme/app\n"
STAGE = f"{HEAD}  - path: staging.json\n    stage: true\n"
APPROVE = f"{HEAD}{APPS}    approve: permissions\n"
CAMERA = {"NSCameraUsageDescription": "To scan @everyone's codes."}
HEALTH = {"com.apple.developer.healthkit": True}


class World:
    """The installation, and what the tests look at."""

    def __init__(self, bot: Installation) -> None:
        self.bot, self.hub = bot, bot.hub

    def start(self, catalog: str, *versions: str) -> None:
        self.hub.push({"altpress.yml": f"{HEAD}{APPS}"})
        self.sweep()
        for version in versions:
            self.release(version)
        self.hub.push({"altpress.yml": catalog})
        self.bot.drain()

    def sweep(self) -> None:
        self.bot.sweep()

    def release(self, version: str, **inside: Any) -> int:
        release = self.hub.release(f"v{version}", {"Acme.ipa": make_ipa(version=version, **inside)})
        self.bot.drain()
        return release

    def decide(self, *decisions: Mapping[str, Any], ahead: float = 0) -> None:
        at = datetime.fromtimestamp(time.time() + ahead, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        made = [{"actor": "maintainer", "at": at, **decision} for decision in decisions]
        self.hub.push({".altpress/decisions.json": json.dumps({"decisions": made})})
        self.bot.drain()

    def versions(self, path: str = "apps.json") -> list[str]:
        apps = json.loads(self.hub.file(path))["apps"]
        return [version["version"] for app in apps for version in app["versions"]]

    def codes(self) -> dict[str, str | None]:
        records = self.bot.store.records.of_site(KEY)
        return {record.facts.version: record.verdict.code for record in records if record.facts}

    def said(self, word: str) -> list[str]:
        """altpress's comments in the site's issues, and on commits of both repositories."""
        found = [*self.hub.get(f"/repos/{SITE}/issues/comments")]
        found += [*self.hub.get(f"/repos/{SITE}/comments"), *self.hub.get(f"/repos/{APP}/comments")]
        return [c["body"] for c in found if c["user"]["login"] == "altpress[bot]" and word in c["body"]]

    def planned(self) -> list[float]:
        """When publishes are planned, in seconds since 1970."""
        registry = self.bot.context.queue.rq.scheduled_job_registry
        jobs = [name for name in registry.get_job_ids() if name.startswith("due-")]
        return [registry.get_scheduled_time(name).timestamp() for name in jobs]

    @contextmanager
    def later(self, seconds: float) -> Iterator[Context]:
        own = self.bot.context
        yield Context(
            own.settings, store=own.store, queue=own.queue, github=own.github,
            clock=lambda: time.time() + seconds,
        )  # fmt: skip

    def publish(self, ahead: float) -> None:
        """What the publish does that far from now."""
        with self.later(ahead) as context:
            self.bot.store.sites.trigger(KEY, Cause(kind=CauseKind.TIME))
            publish_site.work(context, KEY, "0")
        self.bot.drain()


@pytest.fixture
def world(installation: Installation) -> World:
    return World(installation)


def approve(version: str) -> dict[str, Any]:
    return {"kind": "approve", "app": "app", "version": version}


def test_a_version_that_asks_for_more_waits_and_is_announced_once(world: World) -> None:
    world.start(APPROVE, "1.0")
    world.release("1.1", privacy=CAMERA, entitlements=HEALTH)
    assert world.versions() == ["1.0"]
    assert world.codes() == {"1.0": None, "1.1": "waiting.approval"}
    assert world.hub.commits()[0] == "Wait with app 1.1"
    [told] = world.said("waits for approval")
    assert "New entitlements:\n\n- `com.apple.developer.healthkit`" in told
    assert "- `NSCameraUsageDescription`: “To scan @\u200beveryone's codes.”" in told
    assert "`/approve app 1.1`" in told
    assert world.said("is not published") == [], "it is no rejection"

    world.sweep()
    world.hub.push({"README.md": "Another look."})
    world.bot.drain()
    assert len(world.said("waits for approval")) == 1

    world.decide(approve("1.1"), ahead=1)
    assert world.versions() == ["1.1", "1.0"]
    assert world.codes() == {"1.0": None, "1.1": None}
    world.hub.push({".altpress/decisions.json": None})
    world.bot.drain()
    assert world.versions() == ["1.1", "1.0"], "accepted once"


def test_one_that_asks_for_no_more_passes(world: World) -> None:
    world.start(APPROVE, "1.0")
    world.release("1.1")
    assert world.versions() == ["1.1", "1.0"]
    assert world.said("waits for approval") == []


def test_every_version_waits_where_the_catalog_says_so(world: World) -> None:
    world.start(f"{HEAD}{APPS}    approve: always\n", "1.0")
    release = world.release("1.1")
    assert (world.versions(), world.codes()["1.1"]) == (["1.0"], "waiting.approval")
    world.decide(approve("1.1"), ahead=1)
    assert world.versions() == ["1.1", "1.0"]
    time.sleep(2.1)  # GitHub's times are whole seconds: what comes now is later than the approval
    world.hub.replace_asset(release, "Acme.ipa", make_ipa(version="1.1", padding=9))
    world.sweep()
    assert (world.versions(), world.codes()["1.1"]) == (["1.0"], "waiting.approval"), (
        "nobody approved this file"
    )


def test_a_cooldown_ends_by_itself(world: World) -> None:
    world.start(f"{HEAD}{APPS}    cooldown: 6h\n", "1.0")
    before = time.time()
    world.release("1.1")
    assert world.codes()["1.1"] == "waiting.cooldown"
    [told] = world.said("cools down until")
    assert "`/approve app 1.1` does so now" in told
    [due] = world.planned()
    assert before - 2 <= due - 6 * HOUR <= time.time() + 2
    world.publish(HOUR)
    assert (world.versions(), world.planned()) == (["1.0"], [due]), "planned once"
    with world.later(6 * HOUR + 5) as context:
        publish_due.work(context, KEY, round(due * 1000))
        publish_site.work(context, KEY, "0")
    assert world.versions() == ["1.1", "1.0"]
    assert "- a time that has come" in world.hub.git(SITE, "log", "-1", "--format=%b", "main")


def test_a_plan_that_got_lost_is_made_good_by_the_sweep(world: World) -> None:
    world.start(f"{HEAD}{APPS}    cooldown: 6h\n", "1.0")
    world.release("1.1")
    [due] = world.planned()
    registry = world.bot.context.queue.rq.scheduled_job_registry
    for name in registry.get_job_ids():
        registry.remove(name, delete_job=True)
    assert world.planned() == []
    world.sweep()
    assert world.planned() == [due], "planned again"
    with world.later(7 * HOUR) as context:
        state = world.bot.store.sites.find(KEY)
        assert state is not None
        watch_due(context, state)  # the time has come
        publish_site.work(context, KEY, "0")
        generation = world.bot.store.sites.take(KEY)[0]
        state = world.bot.store.sites.find(KEY)
        assert state is not None
        watch_due(context, state)
        assert world.bot.store.sites.take(KEY)[0] == generation, "triggered once"
    assert world.versions() == ["1.1", "1.0"]


def test_the_stage_has_a_version_first(world: World) -> None:
    world.start(f"{STAGE}promote-after: 24h\n{APPS}", "1.0")
    assert (world.versions(), world.versions("staging.json")) == (["1.0"], ["1.0"])
    world.release("1.1")
    assert (world.versions(), world.versions("staging.json")) == (["1.0"], ["1.1", "1.0"])
    assert len(world.planned()) == 1
    world.publish(23 * HOUR)
    assert world.versions() == ["1.0"]
    world.publish(DAY + 5)
    assert world.versions() == ["1.1", "1.0"]


def test_a_promotion_makes_it_public(world: World) -> None:
    world.start(f"{STAGE}{APPS}", "1.0")
    world.release("1.1")
    assert world.versions() == ["1.0"]
    world.decide({"kind": "promote", "app": "app"}, ahead=1)
    assert world.versions() == ["1.1", "1.0"]
    time.sleep(2.1)
    world.release("1.2")
    assert (world.versions(), world.versions("staging.json")[0]) == (["1.1", "1.0"], "1.2")


def publish_again(bot: Installation) -> None:
    bot.store.sites.trigger(KEY, Cause(kind=CauseKind.SWEEP))
    bot.context.queue.enqueue_publish(KEY, now=bot.context.clock())
    bot.drain()


def test_all_of_it_is_known_again_from_git(world: World) -> None:
    gates = "    approve: permissions\n    cooldown: 6h\n"
    world.start(f"{STAGE}promote-after: 24h\n{APPS}{gates}", "1.0")
    world.release("1.1", privacy=CAMERA)
    world.release("1.2")
    world.decide(approve("1.2"), ahead=1)
    world.release("1.3")
    codes = {"1.0": None, "1.1": "waiting.approval", "1.2": None, "1.3": "waiting.cooldown"}
    assert (world.codes(), world.versions("staging.json")) == (codes, ["1.2", "1.0"])
    head, words = world.hub.git(SITE, "rev-parse", "main"), sorted(world.said(""))
    records = world.bot.store.records.of_site(KEY)
    with world.bot.emptied() as fresh:
        refill(fresh.context, (), replace=False, say=_ignore)
        assert fresh.store.records.of_site(KEY) == records
        publish_again(fresh)
        World(fresh).sweep()
        assert world.hub.git(SITE, "rev-parse", "main") == head, "byte for byte the same"
        assert sorted(world.said("")) == words, "nobody is told again"
        assert len(World(fresh).planned()) > 0


_ignore: Callable[[str], None] = str


@pytest.mark.parametrize("damage", ["<<<<<<< HEAD\n", None])
def test_what_was_accepted_stays_so_when_the_lock_is_damaged(world: World, damage: str | None) -> None:
    world.start(f"{HEAD}{APPS}    approve: always\n", "1.0")
    world.release("1.1")
    good = world.hub.file(LOCK)
    world.hub.push({LOCK: damage})
    world.bot.drain()
    assert world.hub.file(LOCK) == good
    assert (world.versions(), world.codes()) == (["1.0"], {"1.0": None, "1.1": "waiting.approval"})


@pytest.mark.long
def test_a_hold_that_runs_out_is_followed_by_its_publish(world: World) -> None:
    began = time.time()
    world.start(f"{HEAD}{APPS}", "1.0")
    pace = time.time() - began  # the next steps are fewer
    time.sleep(1.1)  # GitHub's times are whole seconds: the file before is older than the hold
    until = datetime.fromtimestamp(time.time() + 5 + 2 * pace, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    world.decide({"kind": "hold", "app": "app", "until": until})
    time.sleep(1.1)
    world.release("1.1")
    assert world.versions() == ["1.0"]
    [due] = world.planned()
    assert due >= datetime.fromisoformat(until).timestamp(), "not before its time"
    world.bot.run_later(expect=lambda: world.versions() == ["1.1", "1.0"])
    assert "- a time that has come" in world.hub.git(SITE, "log", "-1", "--format=%b", "main")


def test_a_file_that_nobody_has_seen_is_not_approved_with_the_one_before(world: World) -> None:
    world.start(f"{HEAD}{APPS}    approve: always\n", "1.0")
    release = world.release("1.1")
    time.sleep(1.1)  # GitHub's times are whole seconds
    world.hub.replace_asset(release, "Acme.ipa", make_ipa(version="1.1", entitlements=HEALTH))
    time.sleep(1.1)  # nothing tells of that, and the approval is later
    world.hub.comment("/approve app 1.1", by="maintainer")
    world.bot.drain()
    [decision] = json.loads(world.hub.file(".altpress/decisions.json"))["decisions"]
    assert decision["seen"] < decision["at"]
    world.sweep()
    assert (world.versions(), world.codes()) == (["1.0"], {"1.0": None, "1.1": "waiting.approval"})
    assert len(world.said("waits for approval")) >= 2, "the other file is announced, too"


def test_a_sweep_looks_at_no_record_to_know_what_time_will_change(world: World) -> None:
    """There may be 50,000 of them in a site, and it comes every five minutes."""

    class Closed(Records):
        def of_site(self, site_key: str) -> list[Record]:
            raise AssertionError(site_key)

    world.start(f"{HEAD}{APPS}    cooldown: 6h\n", "1.0")
    world.release("1.1")
    [due] = world.planned()
    state = world.bot.store.sites.find(KEY)
    assert state is not None
    assert state.due_ms is not None
    assert due - 1 <= state.due_ms / 1000 <= due
    with world.later(7 * HOUR) as context:
        store = Store(world.bot.store.database)
        store.records = Closed(world.bot.store.database)
        watch_due(Context(context.settings, store=store, queue=context.queue, clock=context.clock), state)
    world.publish(7 * HOUR)
    state = world.bot.store.sites.find(KEY)
    assert state is not None
    assert (state.due_ms, world.versions()) == (None, ["1.1", "1.0"])
