"""From a webhook to a commit, with everything real: web, stores, queue, sandbox, git."""

import hashlib
import json
from typing import Any

import pytest

from bot.errors import NotAllowed
from bot.github import GitHub
from bot.github.publisher import SiteTree
from bot.records import DeliveryState, Job
from bot.sandbox.make_ipa import make_ipa
from jobs.ingest import ingest_release
from jobs.publish import publish_site
from jobs.report import report_site
from tests.installation import APP, KEY, SITE, Installation, empty_stores, installation

__all__ = ["empty_stores", "installation"]


def start(bot: Installation) -> None:
    """What a first start does: find the sites."""
    bot.sweep()
    assert bot.store.sites.find(KEY) is not None


def document(bot: Installation, path: str = "apps.json", branch: str = "main") -> Any:
    return json.loads(bot.hub.git(SITE, "show", f"{branch}:{path}"))


def versions(bot: Installation) -> list[str]:
    return [version["version"] for app in document(bot)["apps"] for version in app["versions"]]


def commit_comments(bot: Installation, repository: str, ref: str) -> list[str]:
    sha = bot.hub.git(repository, "rev-parse", f"{ref}^{{commit}}").strip()
    return [comment["body"] for comment in bot.hub.get(f"/repos/{repository}/commits/{sha}/comments")]


def test_a_release_becomes_one_commit_that_says_why(installation: Installation) -> None:
    bot = installation
    start(bot)
    ipa = make_ipa(version="1.0")
    release = bot.hub.release("v1.0", {"Acme.ipa": ipa}, notes="First.")
    bot.drain()
    assert versions(bot) == ["1.0"]
    [version] = document(bot)["apps"][0]["versions"]
    assert version["size"] == len(ipa)
    assert version["sha256"] == hashlib.sha256(ipa).hexdigest()
    assert version["localizedDescription"] == "First."
    assert version["downloadURL"].endswith("/acme/app/releases/download/v1.0/Acme.ipa")
    subject, *body = bot.hub.git(SITE, "log", "-1", "--format=%B", "main").splitlines()
    assert subject == "Publish Acme 1.0"
    assert "Altpress-Release: acme/app@v1.0" in body
    assert bot.hub.git(SITE, "log", "-1", "--format=%an", "main").strip() == "altpress[bot]"
    [record] = bot.store.records.of_site(KEY)
    assert (record.release_id, record.verdict.accepted) == (release, True)
    commit = bot.hub.git(SITE, "rev-parse", "main").strip()
    done = [d for d in bot.store.deliveries.page(20) if d.state is DeliveryState.DONE]
    assert commit in {publication for d in done for publication in d.publications}
    assert not [d for d in bot.store.deliveries.page(20) if d.state is DeliveryState.FAILED]


def test_what_happens_to_releases_happens_to_the_source(installation: Installation) -> None:
    bot = installation
    start(bot)
    bot.hub.release("v1.0")
    second = bot.hub.release("v1.1")
    bot.drain()
    assert versions(bot) == ["1.1", "1.0"]

    before = bot.hub.commits()
    guid = next(d["guid"] for d in bot.hub.deliveries() if d["event"] == "release")
    bot.hub.ask("POST", f"deliveries/{guid}/attempts")
    bot.sweep()
    assert bot.hub.commits() == before, "neither a redelivery nor a sweep makes a commit"

    bot.hub.edit_release("v1.1", notes="Better words.")
    bot.drain()
    assert document(bot)["apps"][0]["versions"][0]["localizedDescription"] == "Better words."

    bot.hub.replace_asset(second, "Acme.ipa", make_ipa(version="1.1.1"))
    bot.sweep()  # no event tells of a replaced file
    assert versions(bot) == ["1.1.1", "1.0"]

    bot.hub.delete_release("v1.1")
    bot.drain()
    assert versions(bot) == ["1.0"]


def test_a_bad_file_leaves_the_older_entry_and_is_explained_once(installation: Installation) -> None:
    bot = installation
    start(bot)
    bot.hub.release("v1.0")
    bot.hub.release("v1.1", {"Acme.ipa": b"this is no zip"})
    bot.hub.release("v1.2", {"Acme.ipa": make_ipa(version="1.2", bundle_identifier="com.evil.app")})
    bot.drain()
    bot.sweep()
    assert versions(bot) == ["1.0"]
    [not_zip] = commit_comments(bot, APP, "v1.1")[:1]
    comments = "\n".join(commit_comments(bot, APP, "v1.1"))
    assert comments.count("`bad_ipa.not_a_zip`") == 1, not_zip
    assert comments.count("`bundle_id_mismatch`") == 1
    assert "com.evil.app" in comments
    rejected = {r.tag: r.verdict.code for r in bot.store.records.of_site(KEY) if not r.verdict.accepted}
    assert rejected == {"v1.1": "bad_ipa.not_a_zip", "v1.2": "bundle_id_mismatch"}


def test_the_ledger_says_why_a_release_feeds_no_app(installation: Installation) -> None:
    bot = installation
    start(bot)
    bot.hub.release("v2.0-beta1", {"Acme.ipa": make_ipa(version="2.0")}, prerelease=True)
    bot.drain()
    told = [
        d for d in bot.store.deliveries.page(20) if d.event == "release" and d.state is DeliveryState.DONE
    ]
    said = "Nothing of v2.0-beta1 is published: it is a prerelease (`prereleases` is `exclude`)."
    assert {delivery.reason for delivery in told} == {said}
    assert versions(bot) == []


def test_a_broken_catalog_keeps_the_last_one_in_force(installation: Installation) -> None:
    bot = installation
    start(bot)
    good = bot.hub.file("altpress.yml")
    broken = bot.hub.push({"altpress.yml": good + "\nnonsense: 1\n"})
    bot.drain()
    [comment] = commit_comments(bot, SITE, broken)
    assert "nonsense" in comment
    assert "line" in comment
    state = bot.store.sites.find(KEY)
    assert state is not None
    assert state.problems
    assert state.catalog == good

    bot.hub.release("v1.0")
    bot.drain()
    assert versions(bot) == ["1.0"], "releases are published with the last valid catalog"

    bot.hub.push({"altpress.yml": good.replace("name: Acme Apps\n", "name: Acme Deluxe\n")})
    bot.drain()
    assert document(bot)["name"] == "Acme Deluxe"
    assert len(commit_comments(bot, SITE, broken)) == 1


def replies(bot: Installation, repository: str = SITE) -> list[str]:
    comments = bot.hub.get(f"/repos/{repository}/issues/1/comments")
    return [comment["body"] for comment in comments if comment["user"]["login"] == "altpress[bot]"]


def reactions(bot: Installation, repository: str = SITE) -> list[list[str]]:
    """The reactions to each person's comment, in order."""
    found = []
    for comment in bot.hub.get(f"/repos/{repository}/issues/1/comments"):
        if comment["user"]["type"] != "Bot":
            listed = bot.hub.get(f"/repos/{repository}/issues/comments/{comment['id']}/reactions")
            found.append([reaction["content"] for reaction in listed])
    return found


def test_commands_are_run_for_those_who_may_and_answered_once(installation: Installation) -> None:
    bot = installation
    start(bot)
    guid = bot.hub.comment("Please look:\n\n/rebuild\n/help", by="maintainer")[-1]
    bot.drain()
    [reply] = replies(bot)
    assert reply.startswith("> `/rebuild`")
    assert "> `/help`" in reply
    assert reactions(bot) == [["eyes", "rocket"]]

    bot.hub.ask("POST", f"deliveries/{guid}/attempts")
    issue, comment_id = 1, bot.hub.get(f"/repos/{SITE}/issues/1/comments")[0]["id"]
    bot.context.queue.enqueue(Job(name="command", args=(SITE, issue, comment_id, None)))
    bot.drain()
    assert len(replies(bot)) == 1, "the same comment is never answered twice"

    bot.hub.comment("/rebuild", by="visitor")
    bot.drain()
    assert "**write**" in replies(bot)[-1]
    assert reactions(bot)[-1] == ["eyes", "confused"]

    bot.hub.release("v1.0", {"Acme.ipa": b"nothing"})
    bot.drain()
    bot.hub.comment("@altpress rebuild app", by="developer", repository=APP)
    bot.drain()
    assert "`app`" in replies(bot, APP)[-1]
    assert reactions(bot, APP)[-1] == ["eyes", "rocket"]


def test_files_that_come_late_are_waited_for(installation: Installation) -> None:
    bot = installation
    start(bot)
    number = bot.hub.ask("POST", "releases", json={"repository": APP, "tag": "v2.0", "as": "developer"})["id"]
    bot.hub.ask("PUT", f"releases/{number}/assets", params={"name": "A.ipa"}, data=make_ipa(version="2.0"))
    bot.hub.ask("POST", f"releases/{number}/publish", json={"late_assets": 600})
    bot.drain()
    assert document(bot)["apps"] == []
    assert [d.state for d in bot.store.deliveries.page(20) if d.event == "release" and d.open] != []
    bot.hub.replace_asset(number, "A.ipa", make_ipa(version="2.0"))  # of which nothing tells
    bot.run_later(expect=lambda: not [d for d in bot.store.deliveries.page(20) if d.open])
    assert versions(bot) == ["2.0"]


def test_an_emptied_database_is_filled_again_from_the_site_alone(installation: Installation) -> None:
    bot = installation
    start(bot)
    bot.hub.release("v1.0")
    bot.hub.release("v1.1", {"Acme.ipa": b"no zip"})
    bot.drain()
    before, records = bot.hub.commits(), bot.store.records.of_site(KEY)
    with bot.emptied() as fresh:
        start(fresh)
        assert fresh.store.records.of_site(KEY) == records
        assert bot.hub.commits() == before, "byte for byte the same, so no commit"


def test_a_hand_made_source_is_taken_over_once(installation: Installation) -> None:
    bot = installation
    old = {
        "name": "Old", "custom": {"kept": True},
        "apps": [{
            "name": "Acme", "bundleIdentifier": "com.acme.app", "developerName": "A", "iconURL": "https://a.example/i.png",
            "localizedDescription": "x",
            "versions": [{
                "version": "0.9", "date": "2020-01-01", "size": 1, "downloadURL": "https://a.example/old.ipa",
            }],
        }],
    }  # fmt: skip
    bot.hub.push({"apps.json": json.dumps(old)})
    start(bot)
    bot.hub.release("v1.0")
    bot.drain()
    assert versions(bot) == ["1.0", "0.9"]
    assert document(bot)["custom"] == {"kept": True}
    first = bot.hub.git(SITE, "log", "--format=%H", "--grep=Taken over", "main").split()
    assert len(first) == 1
    assert "took it over" in commit_comments(bot, SITE, first[0])[0]


def test_outputs_may_live_on_another_branch(installation: Installation) -> None:
    bot = installation
    bot.hub.git(SITE, "branch", "pages", "main")
    catalog = bot.hub.file("altpress.yml")
    bot.hub.push({"altpress.yml": "publish-to: pages\n" + catalog})
    start(bot)
    bot.hub.release("v1.0")
    bot.drain()
    [app] = document(bot, branch="pages")["apps"]
    assert app["versions"][0]["version"] == "1.0"
    assert "apps.json" not in bot.hub.git(SITE, "ls-tree", "--name-only", "main")
    assert ".altpress/lock.jsonl" in bot.hub.git(SITE, "ls-tree", "-r", "--name-only", "main")


def test_a_lost_race_is_planned_again_on_the_new_head(installation: Installation) -> None:
    bot = installation
    start(bot)
    bot.hub.release("v1.0")

    class Raced(GitHub):
        """Somebody pushes between the plan and the commit, once."""

        raced = False

        def apply_commit(self, *args: Any) -> SiteTree:
            if not self.raced:
                self.raced = True
                bot.hub.push({"README.md": "changed meanwhile"})
            return super().apply_commit(*args)

    with bot.acting(Raced) as ctx:
        release = bot.hub.get(f"/repos/{APP}/releases/tags/v1.0")["id"]
        ingest_release.work(ctx, KEY, APP, release, None)
        publish_site.work(ctx, KEY, "0")
    assert bot.hub.commits()[:2] == ["Publish Acme 1.0", "Edit"]
    assert bot.hub.file("README.md") == "changed meanwhile"


def test_requests_stay_within_their_budgets(installation: Installation) -> None:
    bot = installation
    start(bot)
    bot.hub.release("v1.0")
    bot.drain()
    release = bot.hub.release("v1.1", {"Acme.ipa": make_ipa(version="1.1", padding=200_000)})
    with bot.acting(GitHub) as ctx:
        ctx.github.login()
        ctx.github.requests.clear()
        ingest_release.work(ctx, KEY, APP, release, None)
        assert ctx.github.requests["api"] == 1, "the release"
        assert ctx.github.requests["asset"] <= 5, "the redirect and four ranges at most"
        ctx.github.requests.clear()
        publish_site.work(ctx, KEY, "0")
        assert versions(bot) == ["1.1", "1.0"]
        assert ctx.github.requests["api"] <= 6, "on the head that the bot left"

        bot.hub.push({"README.md": "a foreign commit"})
        release = bot.hub.release("v1.2")
        ingest_release.work(ctx, KEY, APP, release, None)
        ctx.github.requests.clear()
        publish_site.work(ctx, KEY, "0")
        assert versions(bot)[0] == "1.2"
        assert ctx.github.requests["api"] <= 7, "one tree more on a moved head"
        assert ctx.github.requests["token"] == 0, "the token is still good"


def test_a_publish_that_dies_after_its_commit_makes_no_second_one(installation: Installation) -> None:
    bot = installation
    start(bot)
    release = bot.hub.release("v1.0")

    class Dying(GitHub):
        """The process ends right after GitHub took the commit."""

        def apply_commit(self, *args: Any) -> SiteTree:
            super().apply_commit(*args)
            raise KeyboardInterrupt

    with bot.acting(Dying) as ctx:
        ingest_release.work(ctx, KEY, APP, release, None)
        with pytest.raises(KeyboardInterrupt):
            publish_site.work(ctx, KEY, "0")
    commits = bot.hub.commits()
    assert commits[0] == "Publish Acme 1.0"
    bot.drain()
    assert bot.hub.commits() == commits
    state = bot.store.sites.find(KEY)
    assert state is not None
    assert state.generation == state.published_generation


def test_a_branch_that_refuses_is_told_once(installation: Installation) -> None:
    bot = installation
    start(bot)
    release = bot.hub.release("v1.0")

    class Protected(GitHub):
        """The branch takes no commits."""

        def apply_commit(self, *_: Any) -> SiteTree:
            raise NotAllowed("acme/source@main: GitHub answered 422: Protected branch update failed")

    with bot.acting(Protected) as ctx:
        ingest_release.work(ctx, KEY, APP, release, None)
        for _ in range(2):
            with pytest.raises(NotAllowed):
                publish_site.work(ctx, KEY, "0")
        report_site.work(ctx, KEY)
    [issue] = [i for i in bot.hub.get(f"/repos/{SITE}/issues") if i["user"]["type"] == "Bot"]
    assert issue["body"].count("altpress cannot write to") == 1, "in the site's issue, not in one of its own"
    bot.drain()
    assert versions(bot) == ["1.0"], "once it may write, what was triggered before is published"
    assert bot.hub.get(f"/repos/{SITE}/issues/{issue['number']}")["state"] == "closed"


def test_a_catalog_pushed_into_an_installed_repository_makes_it_a_site(installation: Installation) -> None:
    bot = installation
    start(bot)
    catalog = bot.hub.file("altpress.yml")
    bot.hub.push({"altpress.yml": None})
    bot.drain()
    assert bot.store.sites.find(KEY) is None
    bot.hub.push({"altpress.yml": catalog})
    bot.drain()
    assert bot.store.sites.find(KEY) is not None
    bot.hub.release("v1.0")
    bot.drain()
    assert versions(bot) == ["1.0"]


def test_the_commit_for_a_deleted_release_names_it(installation: Installation) -> None:
    bot = installation
    start(bot)
    bot.hub.release("v1.0")
    bot.hub.release("v2.0")
    bot.drain()
    bot.hub.delete_release("v2.0")
    bot.drain()
    assert versions(bot) == ["1.0"]
    assert "Altpress-Release: acme/app@v2.0" in bot.hub.git(SITE, "log", "-1", "--format=%B", "main")
