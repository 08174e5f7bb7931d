"""Many triggers, few commits; many writers, one branch: nothing lost, nothing of anybody's overwritten."""

import base64
import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from bot.context import Context
from bot.enqueue import bucket
from bot.errors import Conflict
from bot.github import GitHub
from bot.github.publisher import BlobCache, SiteTree
from bot.metrics import SharedCounts
from bot.records import Cause, CauseKind, DeliveryState, Publication, Site
from bot.sandbox.make_ipa import make_ipa
from bot.store import NewDelivery, Store
from bot.store.publications import Publications
from jobs import pictures
from jobs.ingest import ingest_release
from jobs.publish import RACES, publish_site
from jobs.runner import settings as cached_settings
from jobs.sites import publish_token, trigger_publish
from jobs.writes import EACH
from tests.installation import APP, KEY, SITE, Installation, empty_stores, installation

pytestmark = pytest.mark.long

__all__ = ["empty_stores", "installation"]
GUID = "00000000-0000-4000-8000-00000000000a"
FIELDS = "%H%x00%P%x00%an%x00%s"


@pytest.fixture
def bot(installation: Installation) -> Installation:
    """It knows its site, and has published once."""
    installation.sweep()
    installation.hub.release("v1.0")
    installation.drain(expect=lambda: versions(installation) == ["1.0"])
    return installation


def versions(bot: Installation, site: str = SITE) -> list[str]:
    if "apps.json" not in bot.hub.git(site, "ls-tree", "--name-only", "main").split():
        return []
    document = json.loads(bot.hub.git(site, "show", "main:apps.json"))
    return [version["version"] for app in document["apps"] for version in app["versions"]]


def open_deliveries(bot: Installation) -> list[str]:
    under_way = (DeliveryState.PENDING, DeliveryState.QUEUED)
    return [d.guid for d in bot.store.deliveries.page(200) if d.open or d.state in under_way]


def ingest(ctx: Context, bot: Installation, tag: str) -> None:
    """A release is read, and waits to be published."""
    release = bot.hub.release(tag)
    ingest_release.work(ctx, KEY, APP, release, None)


class Racing(GitHub):
    """Somebody pushes between the plan and the commit, `races` times."""

    bot: Installation
    races = 1
    pushed = 0
    lost_at = 0.0

    def apply_commit(
        self, site: Site, base: SiteTree, files: Mapping[str, bytes | None], message: str, cache: BlobCache
    ) -> SiteTree:
        if self.pushed < self.races:
            self.pushed += 1
            self.bot.hub.push({f"by-hand-{self.pushed}.txt": f"{self.pushed}\n", "README.md": "Ours.\n"})
            self.lost_at = self.lost_at or time.monotonic()
        return super().apply_commit(site, base, files, message, cache)


def test_a_lost_race_is_planned_again_at_once(bot: Installation, record_property: Any) -> None:
    with bot.acting(Racing) as ctx:
        assert isinstance(ctx.github, Racing)
        ctx.github.bot = bot
        ingest(ctx, bot, "v1.1")
        publish_site.work(ctx, KEY, "0")
        seconds = time.monotonic() - ctx.github.lost_at
    report(record_property, f"a lost push race was recovered in {seconds:.2f} s")
    assert seconds < 20, "a publish that gave up would come back after half a minute"
    assert versions(bot) == ["1.1", "1.0"]
    assert (bot.hub.file("by-hand-1.txt"), bot.hub.file("README.md")) == ("1\n", "Ours.\n")


def test_each_commit_stands_on_the_one_that_was_read(bot: Installation) -> None:
    """A person pushes all the time while ten releases are published: a straight line, all of both there."""
    stop = threading.Event()
    pushed: list[str] = []

    def push() -> None:
        while not stop.is_set():
            pushed.append(bot.hub.push({f"notes/{len(pushed)}.txt": "x\n"}))
            time.sleep(0.15)

    person = threading.Thread(target=push)
    person.start()
    try:
        for number in range(1, 6):
            ingest(bot.context, bot, f"v1.{number}")
            publish_until_done(bot, seconds=15)
    finally:
        stop.set()
        person.join()
    publish_until_done(bot, seconds=15)  # a slow machine may have lost every race until now
    assert versions(bot) == ["1.5", "1.4", "1.3", "1.2", "1.1", "1.0"]
    notes = bot.hub.git(SITE, "ls-tree", "-r", "--name-only", "main", "notes/").split()
    assert len(notes) == len(pushed)
    lines = [line.split("\0") for line in bot.hub.git(SITE, "log", f"--format={FIELDS}", "main").splitlines()]
    assert all(len(parents.split()) <= 1 for _, parents, *_ in lines)
    ours = [subject for _, _, author, subject in lines if author == "altpress[bot]"]
    assert len(ours) == len(set(ours)), "nothing twice"


def publish_until_done(bot: Installation, *, seconds: float) -> None:
    """As the worker does: a publish that lost too often comes back."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return publish_site.work(bot.context, KEY, "0")
        except Conflict:
            assert time.monotonic() < deadline
            time.sleep(0.5)


def test_after_too_many_lost_races_it_comes_back_and_nothing_is_lost(bot: Installation) -> None:
    with bot.acting(Racing) as ctx:
        assert isinstance(ctx.github, Racing)
        ctx.github.bot, ctx.github.races = bot, RACES
        ingest(ctx, bot, "v1.1")
        with pytest.raises(Conflict) as lost:
            publish_site.work(ctx, KEY, "0")
        assert lost.value.retry
        state = bot.store.sites.find(KEY)
        assert state is not None
        assert state.generation > state.published_generation
        assert [cause.tag for cause in state.causes] == ["v1.1"]
        publish_site.work(ctx, KEY, "0")
    assert versions(bot) == ["1.1", "1.0"]
    assert "Altpress-Release: acme/app@v1.1" in bot.hub.git(SITE, "log", "-1", "--format=%B", "main")


# ---- merging


def test_a_burst_of_releases_makes_few_commits(
    bot: Installation, monkeypatch: pytest.MonkeyPatch, record_property: Any
) -> None:
    """100 releases, by webhook, worker and RQ's own scheduling, with an interval of 3 seconds."""
    monkeypatch.setenv("ALTPRESS_PUBLISH_INTERVAL", "3")
    cached_settings.cache_clear()
    before, began = len(bot.hub.commits()), time.monotonic()
    tags = [f"v2.{number}" for number in range(100)]
    for number, tag in enumerate(tags):
        bot.hub.release(tag)
        if number % 10 == 9:
            work(bot)  # all the time
    wanted = {tag[1:] for tag in tags} | {"1.0"}
    bot.run_later(expect=lambda: set(versions(bot)) == wanted and not open_deliveries(bot), seconds=600)
    seconds = time.monotonic() - began
    made = messages(bot, len(bot.hub.commits()) - before)
    report(record_property, f"100 releases in {seconds:.0f} s made {len(made)} commits")
    assert len(made) <= seconds / 3 + 2
    told = {line for message in made for line in message.splitlines() if line.startswith("Altpress-Release:")}
    assert {f"Altpress-Release: acme/app@{tag}" for tag in tags} <= told


def work(bot: Installation) -> None:
    """What there is to do now, with what was put off until now."""
    turns = iter((False, True))
    bot.run_later(expect=lambda: next(turns))


def messages(bot: Installation, count: int) -> list[str]:
    """Of the newest commits of the site."""
    log = bot.hub.git(SITE, "log", "--format=%B%x00", f"-{count}", "main")
    return [message for message in log.split("\0") if message.strip()]


def report(record_property: Callable[[str, object], None], sentence: str) -> None:
    """A figure for docs/reliability.md (`pytest -s` shows it)."""
    record_property("figure", sentence)
    sys.stderr.write(f"\n{sentence}\n")


# ---- GitHub's limits of content writes

CATALOG = "name: {name}\napps:\n  - repository: acme/app\n"
SPEED = 10  # a minute of GitHub's passes in 6 seconds, here and there


def test_many_sites_with_bursts_never_meet_githubs_limits(
    bot: Installation, monkeypatch: pytest.MonkeyPatch, record_property: Any
) -> None:
    """200 triggers over 10 sites of one installation, while the sandbox refuses what GitHub would."""
    names = [SITE, *(f"acme/site-{number}" for number in range(9))]
    for name in names[1:]:
        files = {"altpress.yml": base64.b64encode(CATALOG.format(name=name).encode()).decode()}
        bot.hub.ask("POST", "repositories", json={"repository": name, "files": files})
    bot.drain(expect=lambda: all(versions(bot, name) == ["1.0"] for name in names))
    monkeypatch.setattr(bucket, "MINUTE", 60 / SPEED)
    monkeypatch.setattr(bucket, "HOUR", 3600 / SPEED)
    monkeypatch.setenv("ALTPRESS_PUBLISH_INTERVAL", "1")
    cached_settings.cache_clear()
    bot.hub.ask("PUT", "limits", json={"enforced": True, "speed": SPEED})
    for number in range(1, 21):
        for name in names:
            add_version(bot, f"{name}@main", number)
        work(bot)
    wanted = {"1.0", *(f"1.{number}" for number in range(1, 21))}
    bot.run_later(expect=lambda: all(set(versions(bot, name)) == wanted for name in names), seconds=300)
    [used] = [used for name, used in bot.hub.ask("GET", "limits")["used"].items() if "installation" in name]
    report(record_property, f"200 triggers over 10 sites made {used['total']} content writes, "
           f"at most {used['most_in_minute']} in a minute; {used['refused']} refused")  # fmt: skip
    assert used["refused"] == 0
    assert used["most_in_minute"] < 80
    waits = SharedCounts(bot.context.queue.connection).load().added["writes_waits"]
    assert sum(waits.values()) > 0, "without a shortage this shows nothing"


def add_version(bot: Installation, site: str, number: int) -> None:
    """As an ingest does, without the file."""
    [first, *_] = sorted(bot.store.records.of_site(site), key=lambda record: record.asset_id)
    assert first.facts is not None
    facts = first.facts.model_copy(update={"version": f"1.{number}"})
    tag = f"v1.{number}"
    changed = {
        "asset_id": first.asset_id + 1000 * number,
        "release_id": first.release_id + number,
        "tag": tag,
    }
    bot.store.records.save(site, first.model_copy(update={**changed, "facts": facts}))
    trigger_publish(bot.context, site, Cause(kind=CauseKind.RELEASE, repository=APP, tag=tag))


def test_when_github_asks_for_a_pause_all_is_put_off_into_one_later_publish(bot: Installation) -> None:
    bot.hub.ask("PUT", "limits", json={"enforced": True, "minute": 1, "speed": 30})
    for tag in ("v1.1", "v1.2", "v1.3"):
        bot.hub.release(tag)
    bot.drain()
    assert versions(bot) == ["1.0"]
    bot.hub.ask("PUT", "limits", json={})
    before = len(bot.hub.commits())
    bot.run_later(expect=lambda: versions(bot) == ["1.3", "1.2", "1.1", "1.0"] and not open_deliveries(bot))
    assert len(bot.hub.commits()) == before + 1


def test_a_lost_redis_is_made_good_from_what_was_published(bot: Installation) -> None:
    ingest(bot.context, bot, "v1.1")
    before = len(bot.store.publications.page(50)) * EACH
    bot.context.queue.connection.flushall()
    publish_site.work(bot.context, KEY, "0")
    [left] = bot.context.bucket.left(now=time.time()).values()
    assert before > 0
    assert left == pytest.approx(225 - before - 3, abs=0.5), "those before, and the three of this one"


# ---- killed between the commit and the note of it


class CutPublications(Publications):
    """The worker dies when it is about to note its commit."""

    def add(self, publication: Publication) -> None:
        raise Killed


class Killed(BaseException):
    """Nothing of ours catches it, as nothing catches a SIGKILL."""


@pytest.mark.parametrize("pushed_since", [False, True])
def test_a_commit_whose_note_was_lost_is_found_again(bot: Installation, pushed_since: bool) -> None:
    new = NewDelivery(GUID, "release", "published", APP, {}, b"{}", bot.context.now_ms())
    bot.store.deliveries.add([new])
    bot.store.deliveries.queue(GUID, [publish_token(KEY)])
    cause = Cause(kind=CauseKind.RELEASE, delivery=GUID, repository=APP, tag="v1.1")
    ingest(bot.context, bot, "v1.1")
    bot.store.sites.trigger(KEY, cause)
    store = Store(bot.store.database)
    store.publications = CutPublications(bot.store.database)
    cut = Context(bot.context.settings, store=store, queue=bot.context.queue, github=bot.context.github)
    with pytest.raises(Killed):
        publish_site.work(cut, KEY, "0")
    [commit] = bot.hub.git(SITE, "log", "-1", "--format=%H", "main").split()
    if pushed_since:
        bot.hub.push({"by-hand.txt": "x\n"})
    before = bot.hub.commits()
    publish_site.work(bot.context, KEY, "0")
    assert bot.hub.commits() == before
    [found] = bot.store.publications.page(1, KEY)
    assert (found.commit, found.subject) == (commit, "Publish Acme 1.1")
    assert found.changes == ("Acme 1.1 added",)
    assert GUID in {cause.delivery for cause in found.causes}
    delivery = bot.store.deliveries.find(GUID)
    assert delivery is not None
    assert (delivery.state, delivery.publications) == (DeliveryState.DONE, (commit,))


# ---- many icons


def test_more_icons_than_fit_come_before_the_rest(bot: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST", 2)
    names = [f"App{number}" for number in range(5)]
    apps = [f'  - {{repository: acme/app, id: {name}, assets: ["{name}.ipa"]}}\n' for name in names]
    head = "name: Many\napps:\n  - {repository: acme/app, assets: [Acme.ipa]}\n"
    bot.hub.push({"altpress.yml": head + "".join(apps)})
    bot.drain()
    files = {f"{name}.ipa": make_ipa(bundle_identifier=f"com.acme.{name}", name=name) for name in names}
    bot.hub.release("v2.0", {**files, "Acme.ipa": make_ipa(version="2.0")})
    bot.run_later(
        expect=lambda: len(json.loads(bot.hub.file("apps.json"))["apps"]) == 6 and not open_deliveries(bot)
    )
    subjects = bot.hub.commits()
    assert [s for s in subjects if s.startswith("Add ")] == ["Add 2 icons", "Add 2 icons"]
    assert subjects[0] == "Publish Acme 2.0 and 5 more"
    icons = bot.hub.git(SITE, "ls-tree", "--name-only", "main", "icons/").split()
    document = json.loads(bot.hub.file("apps.json"))
    assert {app["iconURL"].partition("/main/")[2] for app in document["apps"]} <= set(icons)
    assert open_deliveries(bot) == []
