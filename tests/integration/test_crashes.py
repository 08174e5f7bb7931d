"""Killed between two steps, or robbed of its queue: what was begun is found again and brought to its end."""

import json
import math
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.context import Context
from bot.dispatch import dispatch_once
from bot.errors import BadSource, Unavailable
from bot.github import GitHub
from bot.github.publisher import SiteTree
from bot.records import Cause, CauseKind, Delivery, DeliveryState, Job
from bot.sandbox.make_ipa import make_ipa
from bot.store import NewDelivery, Store
from bot.store.deliveries import Deliveries
from bot.store.sites import Sites
from jobs.ingest import ingest_release
from jobs.ledger import mend_ledger
from jobs.publish import publish_site
from jobs.report import report_site
from jobs.runner import JobFunction, Run
from jobs.scan import look_at_repository
from jobs.sites import publish_token
from jobs.sweep import sweep as sweep_job
from jobs.sync import sync_site
from tests.installation import APP, KEY, SITE, Installation, empty_stores, installation
from tests.life import Life, Mute, MuteIssues, Told

pytestmark = pytest.mark.long

__all__ = ["empty_stores", "installation"]
GUID = "00000000-0000-4000-8000-000000000001"


class Killed(BaseException):
    """Nothing of ours catches it, as nothing catches a SIGKILL."""


class CutSites(Sites):
    """The worker dies when it is about to trigger a publish."""

    def trigger(self, key: str, cause: Cause) -> int:
        raise Killed


class CutDeliveries(Deliveries):
    """The worker dies when it is about to write down that the work is through."""

    def settle(
        self, guid: str, token: str, now_ms: int, publication: str | None = None, *, note: str | None = None
    ) -> bool:
        raise Killed


@pytest.fixture
def bot(installation: Installation) -> Installation:
    """It knows its site."""
    installation.sweep()
    assert installation.store.sites.find(KEY) is not None
    return installation


def versions(bot: Installation) -> list[str]:
    document = json.loads(bot.hub.file("apps.json"))
    return [version["version"] for app in document["apps"] for version in app["versions"]]


def open_deliveries(bot: Installation) -> list[Delivery]:
    return [d for d in bot.store.deliveries.page(50) if d.state is not DeliveryState.IGNORED and d.open]


def die_before_the_trigger(bot: Installation, function: JobFunction[Any], *args: object) -> None:
    store = Store(bot.store.database)
    store.sites = CutSites(bot.store.database)
    context = Context(bot.context.settings, store=store, queue=bot.context.queue, github=bot.context.github)
    with pytest.raises(Killed):
        function.work(context, *args)


def test_a_record_whose_trigger_was_never_given_is_published(bot: Installation) -> None:
    release = bot.hub.release("v1.0")
    die_before_the_trigger(bot, ingest_release, KEY, APP, release, None)
    assert [record.tag for record in bot.store.records.of_site(KEY)] == ["v1.0"]
    bot.drain()  # the webhook's own ingest finds nothing new
    assert versions(bot) == ["1.0"]
    assert open_deliveries(bot) == []
    assert bot.store.records.is_published(KEY)


def test_a_record_of_a_lost_job_is_published_by_the_sweep(bot: Installation) -> None:
    release = bot.hub.release("v1.0")
    die_before_the_trigger(bot, ingest_release, KEY, APP, release, None)
    for delivery in bot.store.deliveries.pending(50):
        bot.store.deliveries.ignore(delivery.guid, "lost, let us say", 1)
    bot.sweep()
    assert versions(bot) == ["1.0"]


def test_sweeps_of_a_site_that_cannot_be_published_add_no_causes(bot: Installation) -> None:
    release = bot.hub.release("v1.0")
    ingest_release.work(bot.context, KEY, APP, release, None)  # its publish is still to come
    before = bot.store.sites.find(KEY)
    for _ in range(3):
        sweep_job.work(bot.context)
    assert before is not None
    assert not bot.store.records.is_published(KEY)
    after = bot.store.sites.find(KEY)
    assert after is not None
    assert after.causes == before.causes
    bot.drain()
    assert versions(bot) == ["1.0"]


def test_a_new_catalog_whose_trigger_was_never_given_is_published(bot: Installation) -> None:
    catalog = bot.hub.file("altpress.yml").replace("name: Acme Apps\n", "name: Acme Deluxe\n")
    bot.hub.push({"altpress.yml": catalog})
    die_before_the_trigger(bot, sync_site, KEY, None)
    bot.sweep()
    assert json.loads(bot.hub.file("apps.json"))["name"] == "Acme Deluxe"


def test_a_queue_that_lost_everything_is_filled_again(bot: Installation) -> None:
    bot.hub.release("v1.0")
    bot.drain(expect=lambda: versions(bot) == ["1.0"])
    bot.hub.release("v1.1")
    bot._settle_webhooks()
    assert dispatch_once(bot.store, bot.context.queue) > 0
    bot.context.queue.connection.flushall()
    assert open_deliveries(bot) != []
    bot.sweep()
    assert versions(bot) == ["1.1", "1.0"]
    assert open_deliveries(bot) == []


def wait_for_publish(
    bot: Installation, key: str, *more: str, guid: str = GUID
) -> Callable[[], Delivery | None]:
    """A delivery whose publish (and `more`) is open."""
    bot.store.deliveries.add(
        [NewDelivery(guid, "release", "published", APP, {}, b"{}", bot.context.now_ms())]
    )
    bot.store.deliveries.queue(guid, [publish_token(key), *more])
    return lambda: bot.store.deliveries.find(guid)


def test_a_delivery_that_waits_for_a_site_that_went_away_is_closed(bot: Installation) -> None:
    find = wait_for_publish(bot, "acme/gone@main")
    bot.sweep()
    found = find()
    assert found is not None
    assert found.state is DeliveryState.DONE


def test_a_delivery_whose_publish_is_still_to_come_stays_open(bot: Installation) -> None:
    key = "acme/other@main"
    state = bot.store.sites.find(KEY)
    assert state is not None
    other = state.site.model_copy(update={"repository": "acme/other"})
    bot.store.sites.save(other, state.repository, head=None, catalog_sha=None, catalog=None)
    find = wait_for_publish(bot, key)
    bot.store.sites.trigger(key, Cause(kind=CauseKind.RELEASE, delivery=GUID))
    assert mend_ledger(bot.context) == 0
    found = find()
    assert found is not None
    assert found.state is DeliveryState.QUEUED


def test_a_job_that_still_waits_keeps_its_delivery_open(bot: Installation) -> None:
    job = Job(name="ingest", args=(KEY, APP, 1, GUID), site=KEY, delivery=GUID)
    bot.context.queue.enqueue(job, delay=600)
    find = wait_for_publish(bot, KEY, job.token)
    bot.sweep()
    found = find()
    assert found is not None
    assert (found.state, found.attempts) == (DeliveryState.QUEUED, 1)


def test_a_refusal_that_could_not_be_told_is_told_at_the_next_try(bot: Installation) -> None:
    for tag, bundle in (("v1.0", "com.acme.app"), ("v1.1", "com.evil.app")):
        bot.hub.release(tag, {"Acme.ipa": make_ipa(version=tag[1:], bundle_identifier=bundle)})
    with bot.acting(Mute) as ctx:
        for tag in ("v1.0", "v1.1"):
            release = bot.hub.get(f"/repos/{APP}/releases/tags/{tag}")["id"]
            ingest_release.work(ctx, KEY, APP, release, None)
        publish_site.work(ctx, KEY, "0")
        assert versions(bot) == ["1.0"], "a publish waits for no comment"
        with pytest.raises(Unavailable):
            report_site.work(ctx, KEY)
        report_site.work(ctx, KEY)
    sha = bot.hub.git(APP, "rev-parse", "v1.1^{commit}").strip()
    comments = bot.hub.get(f"/repos/{APP}/commits/{sha}/comments")
    assert [("bundle_id_mismatch" in comment["body"]) for comment in comments] == [True]
    assert versions(bot) == ["1.0"]


def test_a_publish_that_fails_fails_only_what_it_took(bot: Installation) -> None:
    later = GUID.replace("1", "2")

    class Refusing(GitHub):
        """What mends it is triggered while it fails."""

        def apply_commit(self, *_: Any) -> SiteTree:
            bot.store.sites.trigger(KEY, Cause(kind=CauseKind.CATALOG, delivery=later))
            raise BadSource("a client would refuse it")

    finds = [wait_for_publish(bot, KEY, guid=guid) for guid in (GUID, later)]
    ingest_release.work(bot.context, KEY, APP, bot.hub.release("v1.0"), None)
    bot.store.sites.trigger(KEY, Cause(kind=CauseKind.RELEASE, delivery=GUID))
    with bot.acting(Refusing) as ctx:
        publish_site.perform(Run("publish-1", "publish"), (KEY, "0"), lambda: nullcontext(ctx))
    states = [found.state for find in finds if (found := find())]
    assert states == [DeliveryState.FAILED, DeliveryState.QUEUED]


@pytest.mark.parametrize("became", ["renamed", "deleted"])
def test_what_became_of_a_repository_is_told_at_the_next_try(bot: Installation, became: str) -> None:
    bot.hub.release("v1.0")
    bot.drain()
    told = {"renamed": "moved", "deleted": "app"}[became]
    if became == "renamed":
        bot.hub.change_repository(APP, name="better")
    else:
        bot.hub.delete_repository(APP)
    args = (KEY, "acme/better" if became == "renamed" else APP, APP, became, None)
    with bot.acting(MuteIssues) as ctx:
        look_at_repository.work(ctx, *args)
        with pytest.raises(Unavailable):
            report_site.work(ctx, KEY)
        report_site.work(ctx, KEY)
    assert len(Life(bot, Told.BY_NOBODY).told_maintainer(told)) == 1


def test_a_new_name_of_the_site_is_told_at_the_next_try(bot: Installation) -> None:
    bot.hub.release("v1.0")
    bot.drain()
    bot.hub.change_repository(SITE, name="better")
    with bot.acting(MuteIssues) as ctx:
        sync_site.work(ctx, KEY, None)
        with pytest.raises(Unavailable):
            report_site.work(ctx, "acme/better@main")
        report_site.work(ctx, "acme/better@main")
    assert len(Life(bot, Told.BY_NOBODY, site="acme/better").told_maintainer("moved")) == 1


def test_a_notice_whose_answer_got_lost_is_not_told_twice(bot: Installation) -> None:
    class Deaf(GitHub):
        """The comment is written, and the answer does not come, once."""

        deaf = True

        def comment_on_commit(self, repository: str, sha: str, body: str) -> str:
            address = super().comment_on_commit(repository, sha, body)
            if self.deaf:
                self.deaf = False
                raise Unavailable("no answer")
            return str(address)

    bot.hub.push({"altpress.yml": "nonsense: 1\n"})
    with bot.acting(Deaf) as ctx:
        sync_site.work(ctx, KEY, None)
        with pytest.raises(Unavailable):
            report_site.work(ctx, KEY)
        report_site.work(ctx, KEY)
    assert len(Life(bot, Told.BY_NOBODY).told_maintainer("catalog")) == 1


def test_a_publish_that_was_cut_off_after_its_commit_still_names_it(bot: Installation) -> None:
    release = bot.hub.release("v1.0")
    ingest_release.work(bot.context, KEY, APP, release, None)
    find = wait_for_publish(bot, KEY)
    same = Cause(kind=CauseKind.RELEASE, delivery=GUID, repository=APP, tag="v1.0")
    bot.store.sites.trigger(KEY, same)
    store = Store(bot.store.database)
    store.deliveries = CutDeliveries(bot.store.database)
    cut = Context(bot.context.settings, store=store, queue=bot.context.queue, github=bot.context.github)
    with pytest.raises(Killed):
        publish_site.work(cut, KEY, "0")
    before = bot.hub.commits()
    publish_site.work(bot.context, KEY, "0")
    assert bot.hub.commits() == before
    found = find()
    assert found is not None
    assert found.publications == (bot.hub.git(SITE, "rev-parse", "main").strip(),)


def test_a_decision_that_runs_out_is_published_by_the_sweep(bot: Installation) -> None:
    began = time.time()
    bot.hub.release("v1.0")
    bot.hub.release("v1.1")
    bot.drain()
    pace = time.time() - began  # the next steps are fewer
    until = datetime.fromtimestamp(math.ceil(time.time() + 2 + 2 * pace), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    yank = {"kind": "yank", "app": "app", "version": "1.1", "actor": "x", "at": "2026-01-01T00:00:00Z"}
    bot.hub.push({".altpress/decisions.json": json.dumps({"decisions": [{**yank, "until": until}]})})
    bot.drain()
    assert versions(bot) == ["1.0"]
    while datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") <= until:
        time.sleep(0.1)
    bot.sweep()
    assert versions(bot) == ["1.1", "1.0"]
