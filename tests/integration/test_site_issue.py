"""One issue of the site says what is wrong there now; a developer is told once, whatever happens."""

import json
import threading
from contextlib import suppress
from typing import Any

import pytest

from bot.errors import NotAllowed, RateLimited, Unavailable
from bot.github import GitHub
from bot.github.comments import OwnIssue
from bot.sandbox.make_ipa import make_ipa
from jobs.ingest import ingest_release
from jobs.notify import tell_blocked
from jobs.over import close_issues
from jobs.publish import publish_site
from jobs.report import LEASE_MS, report_site
from jobs.site_issue import refresh_site_issue, say_in_site_issue
from jobs.sync import sync_site
from tests.installation import APP, KEY, SITE, Installation, empty_stores, installation
from tests.integration.test_main_job import commit_comments, start, versions
from tests.life import Mute
from tests.sandboxes import as_user

__all__ = ["empty_stores", "installation"]
EVIL = make_ipa(version="1.1", bundle_identifier="com.evil.app")


class Killed(BaseException):
    """Nothing of ours catches it, as nothing catches a SIGKILL."""


@pytest.fixture
def bot(installation: Installation) -> Installation:
    """It has published 1.0, and nothing is wrong."""
    start(installation)
    installation.hub.release("v1.0")
    installation.drain(expect=lambda: versions(installation) == ["1.0"])
    return installation


def issues(bot: Installation, repository: str = SITE) -> list[Any]:
    """What altpress opened, oldest first."""
    found = bot.hub.get(f"/repos/{repository}/issues?state=all&direction=asc&per_page=100")
    return [i for i in found if i["user"]["login"] == "altpress[bot]" and "pull_request" not in i]


def the_issue(bot: Installation) -> Any:
    [issue] = issues(bot)
    return issue


def said(bot: Installation, number: int) -> list[str]:
    return [c["body"] for c in bot.hub.get(f"/repos/{SITE}/issues/{number}/comments")]


def writes(bot: Installation) -> int:
    used = bot.hub.ask("GET", "limits")["used"]
    return sum(one["total"] for name, one in used.items() if name.startswith("installation:"))


def release_evil(bot: Installation, tag: str = "v1.1") -> None:
    bot.hub.release(tag, {"Acme.ipa": EVIL})
    bot.drain()


def set_catalog(bot: Installation, *lines: str, app: str = "") -> None:
    """The catalog with these lines more; `app`: in its app."""
    text = bot.hub.file("altpress.yml")
    if app:
        text = text.replace("  - id: app\n", f"  - id: app\n    {app}\n")
        assert app in text
    bot.hub.push({"altpress.yml": text + "".join(f"{line}\n" for line in lines)})
    bot.drain()


def test_it_lists_edits_closes_and_opens_again(bot: Installation) -> None:
    assert issues(bot) == [], "nothing is wrong"
    release_evil(bot)
    opened = the_issue(bot)
    assert (opened["state"], "state of this source" in opened["title"]) == ("open", True)
    for expected in ("bundle_id_mismatch", "VerificationError 101", "[v1.1](", "`Acme.ipa`", "`/retry app`"):
        assert expected in opened["body"]

    good = bot.hub.file("altpress.yml")
    broken = bot.hub.push({"altpress.yml": f"{good}nonsense: 1\n"})
    bot.drain()
    edited = the_issue(bot)
    assert edited["number"] == opened["number"]
    line = len(good.splitlines()) + 1
    assert f"/blob/{broken}/altpress.yml#L{line}" in edited["body"]
    assert "bundle_id_mismatch" in edited["body"]

    bot.hub.push({"altpress.yml": good})
    bot.hub.release("v1.2")
    bot.drain(expect=lambda: versions(bot) == ["1.2", "1.0"])
    closed = the_issue(bot)
    assert (closed["number"], closed["state"]) == (opened["number"], "closed")
    assert "Nothing is wrong" in closed["body"]

    release_evil(bot, "v1.3")
    again = the_issue(bot)
    assert (again["number"], again["state"]) == (opened["number"], "open")
    assert "[v1.3](" in again["body"]
    assert "v1.1" not in again["body"], "a later release has mended it"
    assert said(bot, again["number"]) == [], "edited in place"


def test_nothing_is_written_or_asked_while_nothing_changes(bot: Installation) -> None:
    release_evil(bot)
    bot.sweep()
    before, number = writes(bot), the_issue(bot)["number"]
    state = bot.store.sites.find(KEY)
    assert state is not None
    with bot.acting(GitHub) as ctx:
        refresh_site_issue(ctx, state)
        assert ctx.github.requests["api"] == 0
    bot.drain()
    bot.sweep()
    assert writes(bot) == before
    assert the_issue(bot)["number"] == number


def test_a_person_who_closed_it_is_left_in_peace_until_there_is_news(bot: Installation) -> None:
    release_evil(bot)
    number = the_issue(bot)["number"]
    close_by_hand(bot, number)
    bot.sweep()
    assert the_issue(bot)["state"] == "closed"
    bot.hub.release("v1.2", {"Acme.ipa": b"no zip"})
    bot.drain()
    again = the_issue(bot)
    assert (again["number"], again["state"]) == (number, "open")
    assert "not_a_zip" in again["body"]


def close_by_hand(bot: Installation, number: int) -> None:
    token = bot.hub.sandbox.tokens["maintainer"]
    answer = bot.hub._session.patch(
        f"{bot.hub.sandbox.api}/repos/{SITE}/issues/{number}", json={"state": "closed"},
        headers={"Authorization": f"Bearer {token}"}, timeout=60,
    )  # fmt: skip
    assert answer.ok


def test_a_lost_database_makes_no_second_issue_and_tells_nobody_twice(bot: Installation) -> None:
    release_evil(bot)
    number, before = the_issue(bot)["number"], writes(bot)
    with bot.emptied() as again:
        again.sweep()
        again.sweep()
        assert the_issue(again)["number"] == number
        assert writes(again) == before, "it says what it said"
        assert len(commit_comments(again, APP, "v1.1")) == 1
        again.hub.release("v1.2")
        again.sweep()  # webhooks go to the one with the old database
        assert versions(again) == ["1.2", "1.0"]
        assert (the_issue(again)["number"], the_issue(again)["state"]) == (number, "closed")


def test_a_lost_answer_opens_no_second_issue(bot: Installation) -> None:
    class Deaf(GitHub):
        """The issue is opened, and the answer does not come, once."""

        deaf = True

        def open_issue(self, repository: str, title: str, body: str) -> OwnIssue:
            own = super().open_issue(repository, title, body)
            if self.deaf:
                self.deaf = False
                raise Unavailable("no answer")
            return own

    bot.hub.push({"altpress.yml": "nonsense: 1\n"})
    bot._settle_webhooks()
    with bot.acting(Deaf) as ctx:
        state = bot.store.sites.find(KEY)
        assert state is not None
        say_in_site_issue(ctx, state, "hello", "Hello.")
        with pytest.raises(Unavailable):
            report_site.work(ctx, KEY)
        report_site.work(ctx, KEY)
    bot.drain()
    assert len(said(bot, the_issue(bot)["number"])) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_whoever_is_killed_between_the_claim_and_the_comment_forgets_nobody(
    bot: Installation, when: str
) -> None:
    class Cut(GitHub):
        """The worker dies with the comment written, or not."""

        def comment_on_commit(self, repository: str, sha: str, body: str) -> str:
            if when == "after":
                super().comment_on_commit(repository, sha, body)
            raise Killed

    bot.hub.release("v1.1", {"Acme.ipa": b"no zip"})
    bot._settle_webhooks()
    release = bot.hub.get(f"/repos/{APP}/releases/tags/v1.1")["id"]
    with bot.acting(Cut) as ctx:
        ingest_release.work(ctx, KEY, APP, release, None)
        with pytest.raises(Killed):
            report_site.work(ctx, KEY)
    bot.drain()
    bot.sweep()
    assert len(commit_comments(bot, APP, "v1.1")) == 1
    assert bot.store.notices.due(KEY, bot.context.now_ms() + 10**9) == []


def test_a_worker_that_was_killed_keeps_others_away_for_a_while_only(bot: Installation) -> None:
    now_ms = bot.context.now_ms()
    assert bot.store.reports.take(KEY, now_ms, now_ms + LEASE_MS)
    with bot.acting(GitHub) as ctx:
        with pytest.raises(Unavailable):
            report_site.work(ctx, KEY)
        ctx.clock = lambda: (now_ms + LEASE_MS) / 1000 + 1
        report_site.work(ctx, KEY)


def test_two_at_once_open_one(bot: Installation) -> None:
    state = bot.store.sites.find(KEY)
    assert state is not None
    barrier = threading.Barrier(2)

    def work() -> None:
        with bot.acting(GitHub) as ctx:
            barrier.wait()
            say_in_site_issue(ctx, state, "hello", "Hello.")
            with suppress(Unavailable):  # the other one is at it
                report_site.work(ctx, KEY)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bot.drain()
    assert len(said(bot, the_issue(bot)["number"])) == 1


def test_something_to_say_where_nothing_is_wrong_is_said_once_in_a_closed_issue(bot: Installation) -> None:
    state = bot.store.sites.find(KEY)
    assert state is not None
    for _ in range(2):
        say_in_site_issue(bot.context, state, "hello", "Hello @everyone.")
        bot.drain()
    issue = the_issue(bot)
    assert issue["state"] == "closed"
    [comment] = said(bot, issue["number"])
    assert comment.startswith("Hello")
    say_in_site_issue(bot.context, state, "more", "More.")
    bot.drain()
    assert (the_issue(bot)["state"], len(said(bot, issue["number"]))) == ("closed", 2)


def test_a_developer_is_told_once_across_redeliveries_and_rebuilds(bot: Installation) -> None:
    release_evil(bot)
    guids = [row["guid"] for row in bot.hub.deliveries() if row["event"] == "release"]
    for guid in guids:
        bot.hub.ask("POST", f"deliveries/{guid}/attempts")
    bot.hub.comment("/rebuild", by="maintainer")
    bot.drain()
    bot.sweep()
    assert len(commit_comments(bot, APP, "v1.1")) == 1
    bot.store.database.drop_collection("notices")
    bot.hub.edit_release("v1.1", notes="Other words.")
    bot.drain()
    bot.sweep()
    assert len(commit_comments(bot, APP, "v1.1")) == 1, "it is found on GitHub"


def test_a_developer_may_want_an_issue_or_nothing(bot: Installation) -> None:
    set_catalog(bot, app="tell: issue")
    release_evil(bot)
    bot.sweep()
    [told] = issues(bot, APP)
    assert "v1.1 was not published" in told["title"]
    assert commit_comments(bot, APP, "v1.1") == []
    text = bot.hub.file("altpress.yml").replace("tell: issue", "tell: none")
    bot.hub.push({"altpress.yml": text})
    bot.hub.release("v1.2", {"Acme.ipa": b"no zip"})
    bot.drain()
    assert len(issues(bot, APP)) == 1
    assert commit_comments(bot, APP, "v1.2") == []
    assert "[v1.2](" in the_issue(bot)["body"], "the maintainer sees it all the same"


def test_an_issue_of_a_developer_s_is_closed_once_it_is_over(bot: Installation) -> None:
    set_catalog(bot, app="tell: issue")
    release_evil(bot)
    bot.sweep()
    [told] = issues(bot, APP)
    assert told["state"] == "open"
    bot.hub.release("v1.2")
    bot.drain()
    bot.run_later(expect=lambda: issues(bot, APP)[0]["state"] == "closed")
    bot.sweep()
    [closed] = issues(bot, APP)
    [comment] = bot.hub.get(f"/repos/{APP}/issues/{closed['number']}/comments")
    assert comment["body"].startswith("This is over: nothing of it keeps `acme/source@main` from publishing")
    bot.hub.delete_release("v1.2")
    bot.drain()
    bot.sweep()
    assert [one["state"] for one in issues(bot, APP)] == ["closed"], "told once, whatever becomes of it"


def test_none_is_closed_while_nobody_knows_what_the_site_lists(bot: Installation) -> None:
    set_catalog(bot, app="tell: issue")
    release_evil(bot)
    bot.sweep()
    bot.store.database["sites"].update_one({"_id": KEY}, {"$set": {"catalog": None}})
    state = bot.store.sites.find(KEY)
    assert state is not None
    assert state.generation == state.published_generation
    close_issues(bot.context, state)
    assert len(bot.store.notices.open_issues(KEY)) == 1


def test_nobody_elses_issue_is_closed(bot: Installation) -> None:
    """The name of a repository that is gone may be another one's, and the number somebody else's issue."""
    set_catalog(bot, app="tell: issue")
    release_evil(bot)
    bot.sweep()
    with as_user(bot.hub.sandbox, "developer") as session:
        answer = session.post(
            f"{bot.hub.sandbox.api}/repos/{APP}/issues", json={"title": "Mine", "body": "Mine."}, timeout=20
        )
    [key] = bot.store.notices.open_issues(KEY)
    bot.store.notices.note_issue(KEY, key, APP, answer.json()["number"])
    bot.hub.release("v1.2")
    bot.drain()
    bot.run_later(expect=lambda: not bot.store.notices.open_issues(KEY))
    bot.sweep()
    theirs = f"/repos/{APP}/issues/{answer.json()['number']}"
    assert bot.hub.get(theirs)["state"] == "open"
    assert bot.hub.get(f"{theirs}/comments") == []


def test_an_issue_that_its_developer_closed_gets_no_further_word(bot: Installation) -> None:
    set_catalog(bot, app="tell: issue")
    release_evil(bot)
    bot.sweep()
    [told] = issues(bot, APP)
    with as_user(bot.hub.sandbox, "developer") as session:
        url = f"{bot.hub.sandbox.api}/repos/{APP}/issues/{told['number']}"
        assert session.patch(url, json={"state": "closed"}, timeout=20).ok
    bot.hub.release("v1.2")
    bot.drain()
    bot.run_later(expect=lambda: not bot.store.notices.open_issues(KEY))
    bot.sweep()
    assert bot.hub.get(f"/repos/{APP}/issues/{told['number']}/comments") == []


def test_an_app_repository_without_issues_is_told_on_the_commit(bot: Installation) -> None:
    set_catalog(bot, app="tell: issue")
    bot.hub.change_repository(APP, issues=False)
    release_evil(bot)
    assert len(commit_comments(bot, APP, "v1.1")) == 1


def test_a_site_without_issues_is_told_on_its_commits_once(bot: Installation) -> None:
    bot.hub.change_repository(SITE, issues=False)
    release_evil(bot)
    head = bot.hub.git(SITE, "rev-parse", "main").strip()
    assert commit_comments(bot, SITE, head) == [], "its developer was told"
    bot.hub.change_repository(APP, private=True)
    for _ in range(3):
        bot.sweep()
    told = [body for body in all_comments(bot) if "is private" in body]
    assert len(told) == 1
    bot.hub.change_repository(SITE, issues=True)
    assert issues(bot) == []


def all_comments(bot: Installation) -> list[str]:
    return [comment["body"] for comment in bot.hub.get(f"/repos/{SITE}/comments")]


def test_a_site_without_the_right_to_issues_is_told_on_its_commits(bot: Installation) -> None:
    class Narrow(GitHub):
        """An App that was installed without `issues: write`."""

        def open_issue(self, repository: str, title: str, body: str) -> OwnIssue:
            raise NotAllowed("acme/source: GitHub answered 403: Resource not accessible by integration")

    state = bot.store.sites.find(KEY)
    assert state is not None
    bot.hub.push({"altpress.yml": "nonsense: 1\n"})
    bot._settle_webhooks()
    with bot.acting(Narrow) as ctx:
        sync_site.work(ctx, KEY, None)
        for _ in range(2):
            report_site.work(ctx, KEY)
        [told] = all_comments(bot)
        assert "nonsense" in told, "on the commit that did it, and not once more for the site"
        tell_blocked(ctx, state, NotAllowed("it is protected"))
        for _ in range(2):
            report_site.work(ctx, KEY)
    assert ["it is protected" in body for body in all_comments(bot)] == [False, True]


def test_a_catalog_may_want_comments_on_commits(bot: Installation) -> None:
    release_evil(bot)
    assert the_issue(bot)["state"] == "open"
    set_catalog(bot, "report: commit")
    left = the_issue(bot)
    assert (left["state"], "wants it told on commits" in left["body"]) == ("closed", True)
    bot.hub.change_repository(APP, private=True)
    bot.drain()
    bot.sweep()
    assert len([body for body in all_comments(bot) if "is private" in body]) == 1
    assert the_issue(bot)["state"] == "closed"


def test_a_repository_that_becomes_private_is_listed_until_it_is_not(bot: Installation) -> None:
    bot.hub.change_repository(APP, private=True)
    bot.drain()
    listed = the_issue(bot)
    assert listed["state"] == "open"
    assert "Repositories of apps" in listed["body"]
    bot.hub.change_repository(APP, private=False)
    bot.drain()
    bot.sweep()
    assert the_issue(bot)["state"] == "closed"


def test_unreadable_decisions_are_listed_until_they_can_be_read(bot: Installation) -> None:
    bot.hub.push({".altpress/decisions.json": '{"decisions": [\n{"kind": "burn"}]}'})
    bot.drain()
    listed = the_issue(bot)
    assert ".altpress/decisions.json" in listed["body"].replace("\\", "")
    bot.hub.push({".altpress/decisions.json": None})
    bot.drain()
    assert the_issue(bot)["state"] == "closed"


def test_versions_that_wait_for_approval_are_listed_and_announced_once(bot: Installation) -> None:
    set_catalog(bot, app="approve: always")
    bot.hub.release("v1.1")
    bot.drain()
    bot.sweep()
    issue = the_issue(bot)
    assert issue["state"] == "open"
    assert "`/approve app 1.1`" in issue["body"]
    assert len(said(bot, issue["number"])) == 1
    bot.hub.comment("/approve app 1.1", by="maintainer")
    bot.drain(expect=lambda: versions(bot) == ["1.1", "1.0"])
    bot.drain()
    assert the_issue(bot)["state"] == "closed"


def test_foreign_text_is_harmless_there(bot: Installation) -> None:
    name = "@everyone<!--`x`<b>.ipa"
    bot.hub.release("v1.1-@all", {name: b"no zip"})
    bot.drain()
    body = the_issue(bot)["body"]
    assert "not_a_zip" in body
    assert "@all" not in body
    outside = [part for number, part in enumerate(body.split("`")) if number % 2 == 0]
    assert not any("@everyone" in part or "<b>" in part for part in outside)


def test_what_changes_soon_after_a_write_is_written_later_and_holds_nobody_up(bot: Installation) -> None:
    release_evil(bot)
    first = the_issue(bot)["body"]
    state = bot.store.sites.find(KEY)
    assert state is not None
    bot.hub.push({"altpress.yml": "nonsense: 1\n"})
    bot._settle_webhooks()
    with bot.acting(GitHub) as ctx:
        ctx.settings = ctx.settings.model_copy(update={"publish_interval": 15})
        sync_site.work(ctx, KEY, None)
        report_site.work(ctx, KEY)
        assert (the_issue(bot)["body"], ctx.queue.depth().scheduled) == (first, 1)
        assert len(all_comments(bot)) == 1, "the comment on the commit does not wait for it"
        report_site.work(ctx, KEY)
        assert ctx.queue.depth().scheduled == 1
        ctx.clock = lambda: bot.context.clock() + 61
        report_site.work(ctx, KEY)
    assert "nonsense" in the_issue(bot)["body"]


def test_it_waits_for_its_turn_and_takes_what_changed_meanwhile_along(bot: Installation) -> None:
    number = bot.store.sites.find(KEY)
    assert number is not None
    account = str(number.site.installation)
    bot.context.bucket.reserve(account, "somebody", 1, now=bot.context.clock())
    bot.context.bucket.charge(account, 200, now=bot.context.clock())
    before = writes(bot)
    with bot.acting(GitHub) as ctx:
        say_in_site_issue(ctx, number, "hello", "Hello.")
        with pytest.raises(RateLimited):
            report_site.work(ctx, KEY)
        assert ctx.github.requests["api"] > 0
    assert writes(bot) == before
    assert len(bot.store.notices.due(KEY, bot.context.now_ms())) == 1


def test_a_repository_that_is_no_site_any_more_leaves_nothing_open(bot: Installation) -> None:
    release_evil(bot)
    catalog = bot.hub.file("altpress.yml")
    bot.hub.push({"altpress.yml": None})
    bot.drain()
    left = the_issue(bot)
    assert (left["state"], "no catalog any more" in left["body"]) == ("closed", True)
    bot.hub.push({"altpress.yml": catalog})
    bot.drain()
    bot.sweep()
    again = the_issue(bot)
    assert (again["number"], again["state"]) == (left["number"], "open")
    assert "bundle_id_mismatch" in again["body"]


def test_what_was_taken_over_is_told_although_the_comment_failed(installation: Installation) -> None:
    bot = installation
    document = {
        "name": "By hand",
        "apps": [{"name": "Old", "bundleIdentifier": "com.old.app", "versions": []}],
    }
    bot.hub.push({"apps.json": json.dumps(document)})
    start(bot)
    release = bot.hub.release("v1.0")
    bot._settle_webhooks()
    with bot.acting(Mute) as ctx:
        ingest_release.work(ctx, KEY, APP, release, None)
        publish_site.work(ctx, KEY, "0")
        with pytest.raises(Unavailable):
            report_site.work(ctx, KEY)
    bot.drain()
    bot.sweep()
    assert len([body for body in all_comments(bot) if "took it over" in body]) == 1


def test_a_burst_keeps_to_githubs_limits_and_forgets_nobody(bot: Installation) -> None:
    """Ten a minute, of which a minute lasts a second here."""
    bot.hub.ask("PUT", "limits", json={"enforced": True, "minute": 10, "speed": 60})
    tags = [f"v2.{number}" for number in range(12)]
    for tag in tags:
        bot.hub.release(tag, {"Acme.ipa": b"no zip"})
    bot.drain()

    def told() -> int:
        return len(bot.hub.get(f"/repos/{APP}/comments?per_page=100"))

    bot.run_later(expect=lambda: told() == len(tags), seconds=60)
    bot.run_later(expect=lambda: f"[{tags[-1]}](" in the_issue(bot)["body"], seconds=60)
    assert told() == len(tags)
