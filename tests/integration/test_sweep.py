"""What GitHub could not tell: asked for again, found by looking, and noticed when it goes on."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bot.context import Context, StoredAnswers
from bot.errors import RateLimited
from bot.github import GitHub
from bot.records import DeliveryState, HookMark, Job, Record
from bot.sandbox.state import State, iso
from bot.store import Store
from bot.store.records import Records
from jobs.attempts import FIRST_PAUSE_MS
from jobs.redelivery import MOST_ASKED, ask_again
from jobs.report import report_site
from jobs.scan import scan_app
from jobs.silence import watch_silence
from jobs.sweep import sweep as sweep_job
from jobs.sync import sync_site
from tests.installation import APP, KEY, SITE, Installation, empty_stores, installation
from tests.integration.test_main_job import start, versions
from tests.integration.test_site_issue import the_issue
from tests.sandboxes import as_user

__all__ = ["empty_stores", "installation"]
NOWHERE = "http://127.0.0.1:9/webhooks/github"
DAY = 86_400


class World:
    """The installation, whose webhooks can be led nowhere."""

    def __init__(self, bot: Installation) -> None:
        self.bot = bot
        self._here = bot.context.github.fetch_app_hook() or ""
        self._secret = bot.hub.sandbox.keys.webhook_secret_file.read_text().strip()

    def cut(self) -> None:
        self.bot.context.github.update_app_hook(NOWHERE, self._secret)

    def mend(self) -> None:
        self.bot.context.github.update_app_hook(self._here, self._secret)

    def release_unheard(self, tag: str) -> list[str]:
        """The GUIDs of the release's failed deliveries."""
        before = {row["guid"] for row in self.bot.hub.deliveries()}
        self.bot.hub.release(tag)
        self.bot._settle_webhooks()
        rows = [row for row in self.bot.hub.deliveries() if row["guid"] not in before]
        return sorted(
            {row["guid"] for row in rows if row["event"] == "release" and row["status_code"] == 502}
        )

    def attempts(self, guid: str) -> int:
        return sum(row["guid"] == guid for row in self.bot.hub.deliveries())

    @contextmanager
    def later(self, seconds: float, github: GitHub | None = None) -> Iterator[Context]:
        """The installation so many seconds from now."""
        context = self.bot.context
        clock = lambda: time.time() + seconds  # noqa: E731 -- a clock that is ahead
        yield Context(
            context.settings, store=context.store, queue=context.queue, github=github or context.github,
            clock=clock,
        )  # fmt: skip


@pytest.fixture
def world(installation: Installation) -> World:
    start(installation)
    time.sleep(
        1.05 - time.time() % 1
    )  # GitHub's times are whole seconds: what comes now is later than the start
    return World(installation)


def test_what_github_could_not_deliver_is_asked_for_again(world: World) -> None:
    world.cut()
    guids = world.release_unheard("v1.0")
    assert guids
    assert [world.bot.store.deliveries.find(guid) for guid in guids] == [None] * len(guids)
    world.mend()
    assert ask_again(world.bot.context, world.bot.store.sites.all()) >= len(guids)
    world.bot.drain(expect=lambda: versions(world.bot) == ["1.0"])
    for guid in guids:
        found = world.bot.store.deliveries.find(guid)
        assert found is not None
        wanted = DeliveryState.IGNORED if found.action == "created" else DeliveryState.DONE
        assert found.state is wanted
    sent = {guid: world.attempts(guid) for guid in guids}
    world.bot.sweep()
    assert {guid: world.attempts(guid) for guid in guids} == sent, "what has arrived is not asked for"
    assert [world.bot.store.redeliveries.find(guid) for guid in guids] == [None] * len(guids)


def test_what_fails_again_has_growing_pauses_and_an_end(world: World) -> None:
    world.cut()
    [guid, *_] = world.release_unheard("v1.0")
    everything = world.bot.store.sites.all()

    def ask(after: float) -> int:
        with world.later(after) as context:
            ask_again(context, everything)
        world.bot._settle_webhooks()
        return world.attempts(guid)

    pause = FIRST_PAUSE_MS / 1000
    assert [ask(0), ask(1), ask(pause - 5)] == [2, 2, 2], "once, then a pause"
    assert [ask(pause + 5), ask(2 * pause), ask(3 * pause + 15)] == [3, 3, 4], "which grows"
    assert ask(3 * DAY + 60) == 4, "GitHub has forgotten it"
    assert world.bot.store.redeliveries.find(guid) is None


def test_a_sweep_asks_for_a_bounded_number_and_reads_a_long_log_in_parts(world: World) -> None:
    """A bot that was away: its log has more pages than one sweep reads."""
    path = world.bot.hub.sandbox.data / "sandbox.sqlite3"
    with State.open(path) as state, state.transaction():
        for number in range(1150):
            state.deliveries.add(
                guid=f"00000000-0000-4000-8000-{number:012d}", event="release", action="published",
                repository=None, installation=None, delivered_at=iso(time.time() - 7200), redelivery=False,
                duration=0.1, status="timed out", status_code=504, request_headers={}, request_body="{}",
                response_body="",
            )  # fmt: skip
    context = world.bot.context
    context.store.redeliveries.save_mark("app", HookMark())
    assert ask_again(context, ()) == MOST_ASKED
    mark = context.store.redeliveries.mark("app")
    assert mark.cursor is not None
    world.bot._settle_webhooks()
    with world.later(1) as soon:
        assert ask_again(soon, ()) == MOST_ASKED, "the next ones, never the same"
        assert soon.store.redeliveries.mark("app").cursor is None
        due = soon.store.redeliveries.due(soon.now_ms() + 10**9, 2000)
        assert len(due) == 1150


def test_a_github_that_asks_for_a_pause_is_not_asked_for_the_others(world: World) -> None:
    tried = list[int]()

    class Limited(GitHub):
        def redeliver(self, hook: str, delivery: int) -> None:
            tried.append(delivery)
            raise RateLimited("GitHub asks for a pause.", retry_after=60)

    world.cut()
    guids = world.release_unheard("v1.0")
    assert len(guids) > 1
    with world.bot.acting(Limited) as context:
        assert ask_again(context, ()) == 0
        assert len(tried) == 1
        time.sleep(0.01)
        assert ask_again(context, ()) == 0
        assert len(set(tried)) == 2, "the first one must not hold up the others for ever"


def test_a_look_at_one_repository_reads_no_others_records(world: World) -> None:
    class OneAtATime(Records):
        def of_site(self, site_key: str) -> list[Record]:
            raise AssertionError("a site of fifty apps would be read fifty times")

    world.bot.hub.release("v1.0")
    world.bot.drain()
    store = Store(world.bot.store.database)
    store.records = OneAtATime(store.database)
    context = Context(
        world.bot.context.settings, store=store, queue=world.bot.context.queue,
        github=world.bot.context.github,
    )  # fmt: skip
    scan_app.work(context, KEY, None, None)
    assert versions(world.bot) == ["1.0"]


def test_hooks_of_repositories_are_asked_with_a_token(world: World) -> None:
    sandbox = world.bot.hub.sandbox
    admin = as_user(sandbox, "maintainer")
    hooks = f"{sandbox.api}/repos/{APP}/hooks"
    config = {"url": NOWHERE, "content_type": "json", "secret": "s"}
    hook = admin.post(hooks, json={"config": config, "events": ["release"]}, timeout=60).json()
    world.release_unheard("v1.0")
    log = f"{hooks}/{hook['id']}/deliveries"
    failed = [row for row in admin.get(log, timeout=60).json() if row["event"] == "release"]
    assert failed
    github = GitHub.from_token(sandbox.tokens["maintainer"], sandbox.api, (SITE,))
    with world.later(0, github) as context:
        assert ask_again(context, context.store.sites.all()) == len({row["guid"] for row in failed})
    deadline = time.monotonic() + 60
    while sum(row["redelivery"] for row in admin.get(log, timeout=60).json()) < len(failed):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    github.close()


def test_a_token_that_may_not_see_hooks_is_no_failure(world: World) -> None:
    sandbox = world.bot.hub.sandbox
    github = GitHub.from_token(sandbox.tokens["developer"], sandbox.api, (SITE,))
    with world.later(0, github) as context:
        assert ask_again(context, context.store.sites.all()) == 0
        assert context.store.redeliveries.mark(APP) != HookMark()
        asked = github.requests["api"]
        assert ask_again(context, context.store.sites.all()) == 0
        assert github.requests["api"] == asked, "a refusal holds for a day"
    github.close()


def test_a_quiet_sweep_costs_nothing_of_the_limit(world: World) -> None:
    world.bot.hub.release("v1.0")
    world.bot.drain(expect=lambda: versions(world.bot) == ["1.0"])
    world.bot.sweep()
    with world.bot.acting(GitHub) as context:
        context.github.remember(StoredAnswers(context.store.answers, context.now_ms))
        for _ in range(2):
            before = context.github.requests.copy()
            sweep_job.work(context)
            sync_site.work(context, KEY, None)
            scan_app.work(context, KEY, None, None)
        spent = context.github.requests - before
    assert spent["not_modified"] >= 4  # installations, repositories, the head, facts and releases
    assert spent["api"] == 1, "the log of the App's deliveries alone"


def test_a_missed_release_is_published_and_its_silence_told_once(world: World) -> None:
    bot = world.bot
    world.cut()
    world.release_unheard("v1.0")
    bot.sweep()
    assert versions(bot) == ["1.0"], "the comparison makes up for the webhook"
    hearing = bot.store.hearings.find(APP)
    assert hearing is not None
    assert list(hearing.missed) == ["v1.0"]

    with world.later(DAY - 60) as context:
        assert watch_silence(context, context.store.sites.all()) == 0
    for after in (DAY + 60, DAY + 120):
        with world.later(after) as context:
            assert watch_silence(context, context.store.sites.all()) == 1
            report_site.work(context, KEY)
    raised = the_issue(bot)
    assert raised["state"] == "open"
    assert "No webhooks arrive from `acme/app`: `v1.0`" in raised["body"]

    world.mend()
    time.sleep(1.05 - time.time() % 1)
    bot.hub.release("v1.1")
    bot.drain(expect=lambda: versions(bot) == ["1.1", "1.0"])
    with world.later(2 * DAY) as context:
        assert watch_silence(context, context.store.sites.all()) == 0
        report_site.work(context, KEY)
    over = the_issue(bot)
    assert (over["number"], over["state"]) == (raised["number"], "closed")


def test_releases_that_are_announced_are_no_silence(world: World) -> None:
    bot = world.bot
    bot.hub.release("v1.0")
    bot.drain(expect=lambda: versions(bot) == ["1.0"])
    bot.sweep()
    with world.later(40 * DAY) as context:
        assert watch_silence(context, context.store.sites.all()) == 0


def test_two_sweeps_at_once_are_one(world: World) -> None:
    queue = world.bot.context.queue
    assert queue.enqueue(Job(name="sweep")) == queue.enqueue(Job(name="sweep"))
    assert queue.depth().queued == 1
