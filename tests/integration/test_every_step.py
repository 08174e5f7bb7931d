"""Killed at any step, or robbed of GitHub's answer: nothing is lost, done twice or told twice.

Each round has a version that is good, one that waits, one that is refused, and a yank; the work falls at one
call of store, queue or GitHub. What comes after is checked from outside.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest

from bot.context import Context
from bot.errors import BotError, Unavailable, Underway
from bot.sandbox.make_ipa import make_ipa
from jobs.command import run_comment
from jobs.ingest import ingest_release
from jobs.publish import publish_site
from jobs.report import report_site
from tests.deciding import DONE, Site
from tests.installation import APP, KEY, SITE, Installation, empty_stores, installation

__all__ = ["empty_stores", "installation"]
CATALOG = (
    "name: Acme Apps\noutputs:\n  - path: apps.json\n  - path: staging.json\n    stage: true\n"
    "apps:\n  - id: app\n    repository: acme/app\n    approve: permissions\n    bundle-id: com.acme.app\n"
)
CAMERA = {"NSCameraUsageDescription": "To scan codes."}


class Killed(BaseException):
    """Nothing of ours catches it, as nothing catches a SIGKILL."""


@dataclass
class Axe:
    """Falls before the n-th call; with `lose` after it, and only its answer is gone."""

    at: int
    lose: bool
    calls: list[str] = field(default_factory=list)

    def call(self, name: str, work: Callable[[], Any]) -> Any:
        self.calls.append(name)
        here = len(self.calls) == self.at
        if here and not self.lose:
            raise Killed(name)
        found = work()
        if here:
            raise Unavailable(f"the answer of {name} is lost")
        return found


class Watched:
    """Something whose methods are counted, and with `deep` those of its parts."""

    def __init__(self, what: Any, axe: Axe, name: str, *, deep: bool = False) -> None:
        self._what, self._axe, self._name, self._deep = what, axe, name, deep

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._what, name)
        if callable(found) and name != "learn":
            return lambda *a, **k: self._axe.call(f"{self._name}.{name}", lambda: found(*a, **k))
        return Watched(found, self._axe, f"{self._name}.{name}") if self._deep else found


def watched(bot: Installation, axe: Axe) -> Context:
    own = bot.context
    github: Any = Watched(own.github, axe, "github")
    if axe.lose:
        return Context(own.settings, store=own.store, queue=own.queue, github=github)
    store: Any = Watched(own.store, axe, "store", deep=True)
    queue: Any = Watched(own.queue, axe, "queue")
    return Context(own.settings, store=store, queue=queue, github=github)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Site:
    for name in ("WRITES_PER_MINUTE", "WRITES_PER_HOUR", "COMMANDS_PER_USER"):
        monkeypatch.setenv(f"ALTPRESS_{name}", "0")
    return Site(request.getfixturevalue("installation")).start("1.0", catalog=CATALOG)


class Round:
    """What happens on GitHub, with no webhook that tells of it."""

    def __init__(self, site: Site, number: int) -> None:
        self.site, self.bot, self.n = site, site.bot, number
        hub = site.bot.hub
        self.replies, self.commits = len(site.replies()), len(hub.commits())
        hub.ask("PUT", "faults", json={"vanished": 1})
        evil = make_ipa(version=f"3.{number}", bundle_identifier="com.evil.app")
        self.releases = [
            hub.release(f"v1.{number}"),
            hub.release(f"v2.{number}", {"Acme.ipa": make_ipa(version=f"2.{number}", privacy=CAMERA)}),
            hub.release(f"v3.{number}", {"Acme.ipa": evil}),
        ]
        hub.comment(f"/yank app 1.{number - 1}", by="maintainer")
        hub.ask("PUT", "faults", json={})
        self.comment = int(site.comments()[-1]["id"])

    def ingest(self, ctx: Context) -> None:
        for release in self.releases:
            ingest_release.work(ctx, KEY, APP, release, None)

    def answer(self, ctx: Context) -> None:
        with suppress(Underway):
            run_comment.work(ctx, SITE, 1, self.comment, None)

    def publish(self, ctx: Context) -> None:
        publish_site.work(ctx, KEY, "0")

    def report(self, ctx: Context) -> None:
        report_site.work(ctx, KEY)

    def run(self, which: int, ctx: Context) -> None:
        """The jobs in their order; the `which`-th one with this context, and none after it."""
        jobs = (self.ingest, self.answer, self.publish, self.report, self.answer)
        for job in jobs[:which]:
            job(self.bot.context)
        with suppress(Killed, BotError):
            jobs[which](ctx)

    def finish(self) -> None:
        """A killed worker's leases run out, the sweep comes, and RQ has the command's job run again."""
        self.bot.store.reports.give_back(KEY)
        talks = self.bot.store.database["talks"]
        talks.update_many({"replying_ms": {"$gt": 0}}, {"$set": {"replying_ms": 1}})
        for _ in range(3):
            self.site.sweep()
            self.answer(self.bot.context)
            self.bot.drain()
            hurry(self.bot)

    # ---- the resulting world

    def check(self) -> None:
        assert self.listed() == ({f"1.{self.n}"}, set())
        log = self.log("%T")
        assert all(tree != before for tree, before in pairwise(log)), "no empty commit"
        assert self.log("%B", last=False).count(f"comment:{self.comment}:0") == 1, "yanked once"
        [reply] = self.site.replies()[self.replies :]
        assert "Committed as" in reply
        assert self.site.reactions() == DONE
        assert self.told(f"/repos/{SITE}/issues/comments", rf"/approve app 2\.{self.n}\b") == 1
        assert self.told(f"/repos/{APP}/comments", rf"v3\.{self.n}\b") == 1
        self.check_nothing_left()

    def check_nothing_left(self) -> None:
        store = self.bot.store
        state = store.sites.find(KEY)
        assert state is not None
        assert (state.generation, state.due_ms) == (state.published_generation, None)
        assert store.records.is_published(KEY)
        assert (self.site.open_requests(), store.notices.due(KEY, 10**14)) == (0, [])

    def listed(self) -> tuple[set[str], set[str]]:
        """Of this round's versions and the yanked one: in the stage, and public."""
        mine = {f"1.{self.n}", f"2.{self.n}", f"3.{self.n}", f"1.{self.n - 1}"}
        stage, public = self.site.versions("staging.json"), self.site.versions()
        assert len(stage) == len(set(stage))
        return mine & set(stage), mine & set(public)

    def log(self, form: str, *, last: bool = True) -> list[str]:
        """Of the round's commits, and with `last` that before them."""
        count = len(self.bot.hub.commits()) - self.commits + last
        found = self.bot.hub.git(SITE, "log", f"--format={form}", f"-{count}", "main")
        return re.findall(r"\S+", found)

    def told(self, path: str, pattern: str) -> int:
        pages = [self.bot.hub.get(f"{path}?per_page=100&page={page}") for page in (1, 2)]
        return sum(bool(re.search(pattern, comment["body"])) for page in pages for comment in page)


def hurry(bot: Installation) -> None:
    """What was put off is done now."""
    queue = bot.context.queue.rq
    for job_id in queue.scheduled_job_registry.get_job_ids(cleanup=False):
        queue.scheduled_job_registry.remove(job_id)
        queue.push_job_id(job_id)
    bot.drain()


@pytest.mark.long
@pytest.mark.parametrize("lose", [False, True], ids=["killed", "lost"])
@pytest.mark.parametrize("which", range(5), ids=["ingest", "command", "publish", "report", "reply"])
def test_nothing_is_lost_or_done_twice(site: Site, which: int, lose: bool) -> None:
    """At every seventh call or so; all of them were tried when this was written."""
    at, number = 1, 0
    while True:
        number += 1
        axe, now = Axe(at, lose), Round(site, number)
        now.run(which, watched(site.bot, axe))
        now.finish()
        now.check()
        if len(axe.calls) < at:
            return
        at += 2 if lose else 7
