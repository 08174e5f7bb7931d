"""A branch that takes pull requests only: what altpress proposes, keeps up to date, and closes."""

import json
from typing import Any

import pytest
import requests

from bot.context import Context
from bot.errors import NotAllowed
from bot.github import GitHub
from bot.github.publisher import SiteTree
from bot.records import CauseKind, Delivery, DeliveryState, Liveness
from bot.sandbox.make_ipa import make_ipa
from bot.source.proposal import Pull
from jobs.ingest import ingest_release
from jobs.publish import publish_site
from jobs.report import report_site
from tests.installation import APP, KEY, SITE, Installation, empty_stores, installation

pytestmark = pytest.mark.long

__all__ = ["empty_stores", "installation"]
HEAD = "altpress/publish/main"


@pytest.fixture
def bot(installation: Installation) -> Installation:
    """It knows its site, which holds nothing yet."""
    installation.sweep()
    assert installation.store.sites.find(KEY) is not None
    return installation


def protect(bot: Installation, branch: str = "main", *, off: bool = False, ruleset: bool = False) -> None:
    body = {"repository": SITE, "branch": branch, "off": off, "ruleset": ruleset}
    bot.hub.ask("PUT", "protection", json=body)


def pulls(bot: Installation, state: str = "all") -> list[dict[str, Any]]:
    return list(bot.hub.ask("GET", "pulls", params={"repository": SITE, "state": state}))


def one_open(bot: Installation) -> dict[str, Any]:
    [pull] = pulls(bot, "open")
    return pull


def merge(bot: Installation, number: int, method: str = "merge", **fields: Any) -> str:
    body = {"repository": SITE, "as": "maintainer", "method": method, **fields}
    return str(bot.hub.ask("POST", f"pulls/{number}/merge", json=body)["sha"])


def edit_pull(bot: Installation, number: int, **fields: Any) -> None:
    bot.hub.ask("PATCH", f"pulls/{number}", json={"repository": SITE, "as": "maintainer", **fields})


def said(bot: Installation, number: int) -> list[str]:
    return [comment["body"] for comment in bot.hub.get(f"/repos/{SITE}/issues/{number}/comments")]


def branches(bot: Installation) -> list[str]:
    return bot.hub.git(SITE, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()


def head(bot: Installation, branch: str = HEAD) -> str:
    return bot.hub.git(SITE, "rev-parse", branch).strip()


def versions(bot: Installation, branch: str = "main") -> list[str]:
    if "apps.json" not in bot.hub.git(SITE, "ls-tree", "--name-only", branch).split():
        return []
    document = json.loads(bot.hub.git(SITE, "show", f"{branch}:apps.json"))
    return [version["version"] for app in document["apps"] for version in app["versions"]]


def writes(bot: Installation) -> dict[str, int]:
    """Requests that create content, by who sent them; the refused ones count, too."""
    used = bot.hub.ask("GET", "limits")["used"]
    return {who: counts["total"] for who, counts in used.items() if "maintainer" not in who}


def with_key(bot: Installation, line: str) -> str:
    return f"{line}\n{bot.hub.file('altpress.yml')}"


def releases(bot: Installation) -> list[Delivery]:
    return [d for d in bot.store.deliveries.page(50) if d.event == "release" and d.action == "published"]


def push_as(bot: Installation, files: dict[str, str], branch: str) -> None:
    """A commit of the maintainer's on another branch than the default one."""
    import base64  # for this alone

    coded = {path: base64.b64encode(text.encode()).decode() for path, text in files.items()}
    body = {"repository": SITE, "files": coded, "as": "maintainer", "message": "By hand", "branch": branch}
    bot.hub.ask("POST", "pushes", json=body)


def test_a_protected_branch_gets_one_pull_request_that_says_why(bot: Installation) -> None:
    protect(bot)
    before = head(bot, "main")
    bot.hub.release("v1.0", notes="First.")
    bot.drain()
    assert (head(bot, "main"), versions(bot)) == (before, [])
    pull = one_open(bot)
    assert (pull["head"]["ref"], pull["base"]["ref"]) == (HEAD, "main")
    assert (pull["title"], pull["user"]["login"]) == ("Publish Acme 1.0", "altpress[bot]")
    assert (pull["commits"], pull["mergeable"]) == (1, True)
    for words in (
        "`main` is protected",
        "1.0",
        "release acme/app@\u200bv1.0",
        "accepted by altstore, sidestore",
    ):
        assert words in pull["body"]
    assert versions(bot, HEAD) == ["1.0"]
    [delivery] = releases(bot)
    assert delivery.state is DeliveryState.DONE
    assert delivery.reason == f"It waits in pull request #{pull['number']}: {pull['html_url']}"
    assert delivery.publications == ()
    assert not bot.store.records.is_published(KEY)
    latest = bot.store.publications.latest(KEY)
    assert latest is None or latest.commit == before, "a version is published when it is merged"
    assert [d for d in bot.store.deliveries.page(50) if d.state is DeliveryState.FAILED] == []
    state = bot.store.sites.find(KEY)
    assert state is not None
    assert state.proposal is not None
    proposed = bot.store.blobs.get(state.proposal.files["apps.json"])
    assert proposed is not None, "the dashboard shows what is proposed"
    assert b'"1.0"' in proposed


@pytest.mark.parametrize("method", ["merge", "squash"])
def test_what_is_merged_is_published_once(bot: Installation, method: str) -> None:
    protect(bot)
    bot.hub.release("v1.0")
    bot.drain()
    merged = merge(bot, one_open(bot)["number"], method)
    bot.drain()
    bot.sweep()
    assert versions(bot) == ["1.0"]
    assert head(bot, "main") == merged
    assert len(pulls(bot)) == 1
    assert branches(bot) == ["main"]
    publication = bot.store.publications.latest(KEY)
    assert publication is not None
    assert (publication.commit, publication.subject) == (merged, "Publish Acme 1.0")
    assert {cause.tag for cause in publication.causes} == {"v1.0"}
    [delivery] = releases(bot)  # `released` came along, and ended so, too
    assert (delivery.publications, delivery.reason) == ((merged,), None)
    assert bot.store.records.is_published(KEY)
    assert is_live(bot, "main")
    bot.hub.release("v1.1")
    bot.drain()
    assert one_open(bot)["title"] == "Publish Acme 1.1"
    assert "v1.0" not in one_open(bot)["body"], "the causes of what is merged are told once"


def is_live(bot: Installation, branch: str) -> bool:
    """Whether the newest publication was seen at its public address, with the bytes that are there now."""
    publication = bot.store.publications.latest(KEY)
    assert publication is not None
    blob = bot.hub.git(SITE, "rev-parse", f"{branch}:apps.json").strip()
    shown = {output.path: (output.url.partition(SITE)[2], output.blob) for output in publication.outputs}
    assert shown == {"apps.json": (f"/{branch}/apps.json", blob)}
    return publication.live is Liveness.LIVE


def test_what_is_edited_right_after_the_merge_was_not_what_went_live(bot: Installation) -> None:
    protect(bot)
    bot.hub.release("v1.0")
    bot.drain()
    merged = merge(bot, one_open(bot)["number"])
    blob = bot.hub.git(SITE, "rev-parse", f"{merged}:apps.json").strip()
    bot.hub.push({"apps.json": bot.hub.file("apps.json").replace("Acme Apps", "By hand")})
    bot.drain()
    [publication] = [p for p in bot.store.publications.page(9, KEY) if p.commit == merged]
    assert [output.blob for output in publication.outputs] == [blob]
    assert publication.live is Liveness.SUPERSEDED
    assert "v1.0" not in one_open(bot)["body"], "what is put back was published by the merge"


def test_it_is_updated_in_place_and_otherwise_left_alone(bot: Installation) -> None:
    protect(bot)
    bot.hub.release("v1.0")
    bot.drain()
    first, commit = one_open(bot), head(bot)
    bot.sweep()
    bot.hub.push({"README.md": "something else"})
    bot.drain()
    now = one_open(bot)
    assert (now["number"], now["updated_at"], now["body"]) == tuple(
        first[key] for key in ("number", "updated_at", "body")
    )
    assert (now["mergeable"], head(bot)) == (True, commit), "nothing has changed for it"
    bot.hub.release("v1.1")
    bot.drain()
    second = one_open(bot)
    assert (second["number"], second["commits"]) == (first["number"], 1)
    assert versions(bot, HEAD) == ["1.1", "1.0"]
    assert "v1.0" in second["body"]
    assert "v1.1" in second["body"]
    message = bot.hub.git(SITE, "log", "-1", "--format=%B", HEAD)
    assert "Altpress-Release: acme/app@v1.0" in message
    assert "Altpress-Release: acme/app@v1.1" in message
    merge(bot, second["number"])
    bot.drain()
    assert versions(bot) == ["1.1", "1.0"]
    assert bot.hub.file("README.md") == "something else"
    assert len(pulls(bot)) == 1


@pytest.mark.parametrize("ruleset", [False, True])
def test_what_waits_costs_a_sweep_no_refused_write(bot: Installation, ruleset: bool) -> None:
    protect(bot, ruleset=ruleset)
    bot.hub.release("v1.0")
    bot.drain()
    first = one_open(bot)
    written = writes(bot)
    bot.hub.push({"README.md": "something else"})
    bot.drain()
    for _ in range(3):
        bot.sweep()
    assert writes(bot) == written
    assert one_open(bot)["updated_at"] == first["updated_at"]
    protect(bot, off=True, ruleset=ruleset)
    bot.sweep()
    assert versions(bot) == ["1.0"], "what waited is committed"
    assert pulls(bot, "open") == []


def test_a_hand_commit_on_the_same_file_moves_it_to_the_new_head(bot: Installation) -> None:
    bot.hub.release("v1.0")
    bot.drain()
    protect(bot)
    bot.hub.release("v1.1")
    bot.drain()
    number = one_open(bot)["number"]
    document = json.loads(bot.hub.file("apps.json"))
    bot.hub.push({"apps.json": json.dumps({**document, "name": "By hand"})})
    bot.drain()
    pull = one_open(bot)
    assert (pull["number"], pull["mergeable"], pull["commits"]) == (number, True, 1)
    assert bot.hub.git(SITE, "rev-parse", f"{HEAD}^").strip() == head(bot, "main")


def test_what_is_superseded_is_closed_with_the_reason(bot: Installation) -> None:
    bot.hub.release("v1.0")
    bot.drain()
    protect(bot)
    bot.hub.release("v1.1")
    bot.drain()
    pull = one_open(bot)
    bot.hub.delete_release("v1.1")
    bot.drain()
    assert pulls(bot, "open") == []
    assert any("nothing is left to merge" in body for body in said(bot, pull["number"]))
    assert branches(bot) == ["main"]
    bot.hub.release("v1.1")
    bot.drain()
    assert one_open(bot)["number"] != pull["number"], "altpress's own closing is nobody's refusal"


def test_without_protection_it_commits_and_closes(bot: Installation) -> None:
    protect(bot)
    bot.hub.release("v1.0")
    bot.drain()
    number = one_open(bot)["number"]
    protect(bot, off=True)
    bot.hub.release("v1.1")
    bot.drain()
    assert versions(bot) == ["1.1", "1.0"]
    assert pulls(bot, "open") == []
    assert any("without a pull request" in body for body in said(bot, number))
    assert branches(bot) == ["main"]
    publication = bot.store.publications.latest(KEY)
    assert publication is not None
    assert {cause.tag for cause in publication.causes} == {"v1.0", "v1.1"}
    # of a release's two deliveries, published and released, the later one may have found the work done
    told = [d for d in bot.store.deliveries.page(50) if d.event == "release" and d.publications]
    assert {p for d in told for p in d.publications} == {publication.commit}


def test_a_sweep_commits_what_waited_when_protection_is_lifted(bot: Installation) -> None:
    protect(bot)
    bot.hub.release("v1.0")
    bot.drain()
    protect(bot, off=True)
    bot.sweep()
    assert versions(bot) == ["1.0"]
    assert pulls(bot, "open") == []


def test_the_catalog_may_ask_for_pull_requests(bot: Installation) -> None:
    bot.hub.push({"altpress.yml": with_key(bot, "mode: pull-request")})
    bot.hub.release("v1.0")
    bot.drain()
    assert versions(bot) == []
    assert "`mode: pull-request`" in one_open(bot)["body"]
    bot.hub.push({"altpress.yml": bot.hub.file("altpress.yml").replace("mode: pull-request", "mode: commit")})
    bot.drain()
    assert versions(bot) == ["1.0"]
    assert pulls(bot, "open") == []


def test_what_somebody_declined_is_not_proposed_again(bot: Installation) -> None:
    protect(bot)
    bot.hub.release("v1.0")
    bot.drain()
    number = one_open(bot)["number"]
    edit_pull(bot, number, state="closed")
    bot.drain()
    bot.sweep()
    assert pulls(bot, "open") == []
    assert len(pulls(bot)) == 1
    state = bot.store.sites.find(KEY)
    assert state is not None
    assert state.proposal is not None
    assert state.proposal.declined
    edit_pull(bot, number, state="open")
    bot.drain()
    assert one_open(bot)["number"] == number
    edit_pull(bot, number, state="closed")
    bot.hub.release("v1.1")
    bot.drain()
    assert one_open(bot)["number"] != number, "something else is another question"
    assert versions(bot, HEAD) == ["1.1", "1.0"]


def test_commits_of_others_on_the_branch_stay(bot: Installation) -> None:
    protect(bot)
    bot.hub.release("v1.0")
    bot.drain()
    push_as(bot, {"notes.txt": "mine"}, HEAD)
    mine, number = head(bot), one_open(bot)["number"]
    bot.hub.release("v1.1")
    bot.drain()
    bot.sweep()
    assert head(bot) == mine
    told = [body for body in said(bot, number) if mine[:12] in body]
    assert len(told) == 1
    merge(bot, number)
    bot.drain()
    assert versions(bot) == ["1.0"]
    assert bot.hub.file("notes.txt") == "mine"
    assert one_open(bot)["title"] == "Publish Acme 1.1"
    assert versions(bot, HEAD) == ["1.1", "1.0"]


def test_a_branch_that_github_updated_is_still_altpress_own(bot: Installation) -> None:
    protect(bot)
    bot.hub.release("v1.0")
    bot.drain()
    number = one_open(bot)["number"]
    bot.hub.push({"README.md": "something else"})
    headers = {"Authorization": f"Bearer {bot.hub.sandbox.tokens['maintainer']}"}
    url = f"{bot.hub.sandbox.api}/repos/{SITE}/pulls/{number}/update-branch"
    assert requests.put(url, headers=headers, timeout=10).status_code == 202
    updated = head(bot)
    bot.sweep()
    assert head(bot) == updated, "the same is proposed"
    bot.hub.release("v1.1")
    bot.drain()
    assert versions(bot, HEAD) == ["1.1", "1.0"]
    assert (one_open(bot)["number"], one_open(bot)["commits"], said(bot, number)) == (number, 1, [])


def test_a_branch_of_that_name_that_nobody_proposed_is_told(bot: Installation) -> None:
    push_as(bot, {"mine.txt": "mine"}, HEAD)
    mine = head(bot)
    protect(bot)
    bot.hub.release("v1.0")
    bot.drain()
    bot.sweep()
    assert head(bot) == mine
    issues = [i for i in bot.hub.get(f"/repos/{SITE}/issues") if "pull_request" not in i]
    [issue] = [i for i in issues if "cannot write" in i["body"]]
    assert HEAD in issue["body"].replace("\\", "")


def test_a_process_that_died_before_the_pull_request_opens_it_later(bot: Installation) -> None:
    class Cut(GitHub):
        """The worker dies when the branch is there, and the pull request is not."""

        def open_pull(self, *_: Any) -> Pull:
            raise Killed

    protect(bot)
    bot.hub.release("v1.0")
    with bot.acting(Cut) as ctx:
        take_in(bot, ctx)
        with pytest.raises(Killed):
            publish_site.work(ctx, KEY, "0")
    commit = head(bot)
    assert pulls(bot) == []
    bot.drain()
    assert head(bot) == commit
    assert one_open(bot)["head"]["sha"] == commit
    assert len(pulls(bot)) == 1


def test_a_process_that_died_before_it_noted_the_pull_request_finds_it(bot: Installation) -> None:
    class Cut(GitHub):
        """GitHub opens it, and its answer never comes."""

        def open_pull(self, *words: Any) -> Pull:
            super().open_pull(*words)
            raise Killed

    protect(bot)
    bot.hub.release("v1.0")
    with bot.acting(Cut) as ctx:
        take_in(bot, ctx)
        with pytest.raises(Killed):
            publish_site.work(ctx, KEY, "0")
    number = one_open(bot)["number"]
    bot.drain()
    assert one_open(bot)["number"] == number
    assert len(pulls(bot)) == 1


def test_one_that_nobody_noted_is_closed_when_its_release_is_gone(bot: Installation) -> None:
    class Cut(GitHub):
        """GitHub opens it, and its answer never comes."""

        def open_pull(self, *words: Any) -> Pull:
            super().open_pull(*words)
            raise Killed

    bot.hub.release("v0.9")
    bot.drain()  # noted: nothing waits
    protect(bot)
    bot.hub.release("v1.0")
    with bot.acting(Cut) as ctx:
        take_in(bot, ctx)
        with pytest.raises(Killed):
            publish_site.work(ctx, KEY, "0")
    assert one_open(bot)
    release = bot.hub.get(f"/repos/{APP}/releases/tags/v1.0")["id"]
    bot.hub.delete_release("v1.0")
    ingest_release.work(bot.context, KEY, APP, release, None)
    publish_site.work(bot.context, KEY, "0")
    assert pulls(bot, "open") == []


def test_sweeps_while_it_waits_crowd_no_release_out_of_it(bot: Installation) -> None:
    protect(bot)
    bot.hub.release("v1.0")
    bot.drain()
    for _ in range(3):
        bot.sweep()
    state = bot.store.sites.find(KEY)
    assert state is not None
    assert state.proposal is not None
    assert [cause.kind for cause in state.proposal.causes].count(CauseKind.SWEEP) <= 1
    assert "v1.0" in {cause.tag for cause in state.proposal.causes}


def test_an_empty_database_finds_it_on_github(bot: Installation) -> None:
    protect(bot)
    bot.hub.release("v1.0")
    bot.drain()
    first, commit = one_open(bot), head(bot)
    bot.context.queue.connection.flushall()
    with bot.emptied() as later:
        later.sweep()
        assert (one_open(later)["number"], head(later)) == (first["number"], commit)
        later.hub.release("v1.1")
        later.sweep()  # the web application still serves the old database
        assert one_open(later)["number"] == first["number"]
        assert versions(later, HEAD) == ["1.1", "1.0"]
        merge(later, first["number"], "squash")
        later.sweep()
        assert versions(later) == ["1.1", "1.0"]
        assert later.store.publications.latest(KEY) is not None
        assert len(pulls(later)) == 1


def test_an_empty_database_closes_what_is_superseded(bot: Installation) -> None:
    protect(bot)
    bot.hub.release("v1.0")
    bot.drain()
    protect(bot, off=True)
    with bot.emptied() as later:
        later.sweep()
        assert versions(later) == ["1.0"]
        assert pulls(later, "open") == []


def test_a_lost_race_is_no_protection(bot: Installation) -> None:
    class Racing(GitHub):
        """Somebody pushes just before altpress does, and protects the branch at the same moment."""

        raced = False

        def apply_commit(self, *words: Any) -> SiteTree:
            if not self.raced:
                type(self).raced = True
                bot.hub.push({"README.md": "first"})
            return super().apply_commit(*words)

    bot.hub.release("v1.0")
    with bot.acting(Racing) as ctx:
        take_in(bot, ctx)
        publish_site.work(ctx, KEY, "0")
    assert versions(bot) == ["1.0"]
    assert pulls(bot) == []
    assert bot.hub.file("README.md") == "first"
    protect(bot)
    Racing.raced = False
    bot.hub.release("v1.1")
    with bot.acting(Racing) as ctx:
        take_in(bot, ctx, "v1.1")
        publish_site.work(ctx, KEY, "0")
    assert one_open(bot)["title"] == "Publish Acme 1.1"
    assert bot.hub.git(SITE, "rev-parse", f"{HEAD}^").strip() == head(bot, "main")


@pytest.mark.parametrize("guarded", [("main", "pages"), ("pages",), ("main",)])
def test_outputs_on_another_branch_are_proposed_after_the_lock(
    bot: Installation, guarded: tuple[str, ...]
) -> None:
    bot.hub.push({"altpress.yml": with_key(bot, "publish-to: pages")})
    bot.hub.git(SITE, "update-ref", "refs/heads/pages", "main")
    bot.drain()
    for branch in guarded:
        protect(bot, branch)
    bot.hub.release("v1.0")
    bot.drain()
    for branch in guarded:
        assert "1.0" not in versions(bot, "pages")
        pull = one_open(bot)
        assert pull["base"]["ref"] == branch
        merge(bot, pull["number"])
        bot.drain()
    assert versions(bot, "pages") == ["1.0"]
    assert '"v1.0"' in bot.hub.file(".altpress/lock.jsonl")
    assert pulls(bot, "open") == []
    bot.sweep()
    assert len(pulls(bot)) == len(guarded)
    publication = bot.store.publications.latest(KEY)
    assert publication is not None
    assert "v1.0" in {cause.tag for cause in publication.causes}
    assert bot.store.records.is_published(KEY)
    assert is_live(bot, "pages")


def test_a_rejected_release_is_told_while_the_rest_waits(bot: Installation) -> None:
    protect(bot)
    bot.hub.release("v1.0")
    bot.hub.release("v1.1", {"Acme.ipa": make_ipa(version="1.1", bundle_identifier="com.evil.app")})
    bot.drain()
    bot.sweep()
    sha = bot.hub.git(APP, "rev-parse", "v1.1^{commit}").strip()
    comments = [c["body"] for c in bot.hub.get(f"/repos/{APP}/commits/{sha}/comments")]
    assert len([body for body in comments if "bundle_id_mismatch" in body]) == 1
    assert versions(bot, HEAD) == ["1.0"]


def test_a_right_that_is_missing_is_told(bot: Installation) -> None:
    class Narrow(GitHub):
        """An App that was installed without the right to open pull requests."""

        def open_pull(self, *_: Any) -> Pull:
            raise NotAllowed("acme/source@main: GitHub answered 403: Resource not accessible by integration")

    protect(bot)
    bot.hub.release("v1.0")
    with bot.acting(Narrow) as ctx:
        take_in(bot, ctx)
        with pytest.raises(NotAllowed):
            publish_site.work(ctx, KEY, "0")
        report_site.work(ctx, KEY)
    assert any("cannot write" in issue["body"] for issue in bot.hub.get(f"/repos/{SITE}/issues"))


class Killed(BaseException):
    """Nothing of ours catches it, as nothing catches a SIGKILL."""


def take_in(bot: Installation, ctx: Context, tag: str = "v1.0") -> None:
    """What the ingest does: the release is known, and a publish is due."""
    release = bot.hub.get(f"/repos/{APP}/releases/tags/{tag}")["id"]
    ingest_release.work(ctx, KEY, APP, release, None)
