"""The issue of a site that has said much: what is new costs no more requests than at its beginning."""

import time

import pytest

from bot.errors import Unavailable
from bot.github import GitHub
from jobs.outbox import SETTLED_MS
from jobs.report import report_site
from jobs.site_issue import say_in_site_issue
from tests.installation import KEY, SITE, Installation, empty_stores, installation
from tests.integration.test_main_job import start

__all__ = ["empty_stores", "installation"]
MANY = 201  # comments: three pages


def said(bot: Installation, number: int) -> int:
    pages = [
        bot.hub.get(f"/repos/{SITE}/issues/{number}/comments?per_page=100&page={page}") for page in (1, 2, 3)
    ]
    return sum("told once" in comment["body"] for page in pages for comment in page)


def tell(bot: Installation, key: str, *, ahead: float = 0) -> int:
    """Say it, so many seconds from now; how many requests that took."""
    state = bot.store.sites.find(KEY)
    assert state is not None
    with bot.acting(GitHub) as ctx:
        ctx.clock = lambda: time.time() + ahead
        ctx.github.login()
        before = ctx.github.requests["api"]
        say_in_site_issue(ctx, state, key, "This is told once.")
        report_site.work(ctx, KEY)
        return ctx.github.requests["api"] - before


@pytest.fixture
def bot(installation: Installation) -> Installation:
    """The issue is there, and other people's comments in it."""
    start(installation)
    tell(installation, "first")
    issue = installation.store.reports.find_issue(KEY)
    assert issue is not None
    assert issue.number is not None
    installation.hub.ask("PUT", "faults", json={"vanished": 1})
    for n in range(MANY):
        body = {"repository": SITE, "number": issue.number, "body": f"No. {n}", "as": "maintainer"}
        installation.hub.ask("POST", "comments", json=body)
    installation.hub.ask("PUT", "faults", json={})
    return installation


def test_it_is_not_read_from_its_beginning(bot: Installation) -> None:
    issue = bot.store.reports.find_issue(KEY)
    assert issue is not None
    assert issue.number is not None
    young = tell(bot, "second")
    later = SETTLED_MS / 1000 + 60
    old = tell(bot, "third", ahead=later)
    assert young - old == 2, "of three pages the last"
    assert said(bot, issue.number) == 3


def test_a_lost_answer_is_found_there_all_the_same(bot: Installation) -> None:
    class Lost(GitHub):
        def reply(self, repository: str, issue: int, body: str) -> str:
            super().reply(repository, issue, body)
            raise Unavailable("the answer is lost")

    bot.store.database["site_issues"].update_one({"_id": KEY}, {"$set": {"since_ms": 1}})  # long ago
    state = bot.store.sites.find(KEY)
    assert state is not None
    with bot.acting(Lost) as ctx:
        say_in_site_issue(ctx, state, "second", "This is told once.")
        with pytest.raises(Unavailable):
            report_site.work(ctx, KEY)
    tell(bot, "second")
    issue = bot.store.reports.find_issue(KEY)
    assert issue is not None
    assert issue.number is not None
    assert said(bot, issue.number) == 2
