"""Killed, late or raced: what was decided is neither lost nor done twice, and answered once."""

import base64
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from bot.context import Context
from bot.errors import Unavailable, Underway
from bot.github import GitHub
from bot.github.publisher import BlobCache, SiteTree
from bot.records import RequestProgress, RequestState
from bot.records import Site as SiteValue
from bot.store import Store
from bot.store.decision_edits import DecisionEdits
from bot.store.sites import Sites
from bot.store.talks import Talks
from jobs.command import run_comment
from jobs.publish import publish_site
from tests.deciding import DECISIONS, DONE, KEY, REFUSED, SITE, Site
from tests.installation import Installation, empty_stores, installation
from tests.sandboxes import as_user

pytestmark = pytest.mark.long

__all__ = ["empty_stores", "installation"]


class Killed(BaseException):
    """Nothing of ours catches it, as nothing catches a SIGKILL."""


def die(*_: Any, **__: Any) -> Any:
    raise Killed


class CutTrigger(Sites):
    trigger = die


class CutSaid(Talks):
    say = die


class CutEnd(Talks):
    end = die


class CutOutcome(DecisionEdits):
    settle = die


class CutPublished(Sites):
    published = die


@pytest.fixture
def site(installation: Installation) -> Site:
    return Site(installation).start("1.0", "1.1")


def context(site: Site, **parts: Callable[[Any], Any]) -> Context:
    """One in which some part of the store kills the worker."""
    bot = site.bot
    store = Store(bot.store.database)
    for name, kind in parts.items():
        setattr(store, name, kind(bot.store.database))
    return Context(bot.context.settings, store=store, queue=bot.context.queue, github=bot.context.github)


def comment(site: Site, text: str) -> int:
    site.bot.hub.comment(text, by="maintainer")
    return int(site.comments()[-1]["id"])


def finish(site: Site) -> str:
    """What follows by itself; the one reply."""
    site.bot.drain()
    site.bot.run_later(expect=lambda: bool(site.replies()))
    site.sweep()
    [reply] = site.replies()
    return reply


def check_yanked(site: Site, reply: str, commits: int = 1) -> None:
    assert site.versions() == ["1.0"]
    assert site.kinds() == [("yank", "app", "1.1")]
    subjects = [subject for subject in site.bot.hub.commits() if "Yank" in subject]
    assert subjects == ["Yank Acme 1.1"] * commits
    [commit] = site.bot.hub.git(SITE, "log", "--format=%H", "--grep=^Yank Acme", "main").split()
    assert f"Committed as [`{commit[:7]}`]" in reply
    assert site.reactions() == DONE
    assert site.open_requests() == 0


@pytest.mark.parametrize(
    "part",
    [
        pytest.param({"sites": CutTrigger}, id="trigger"),
        pytest.param({"talks": CutSaid}, id="said", marks=pytest.mark.long),
    ],
)
def test_killed_while_it_is_recorded(site: Site, part: dict[str, Any]) -> None:
    number = comment(site, "/yank app 1.1")
    with pytest.raises(Killed):
        run_comment.work(context(site, **part), SITE, 1, number, None)
    reply = finish(site)
    assert "**Yank Acme 1.1**" in reply
    check_yanked(site, reply)


@pytest.mark.parametrize(
    "part",
    [
        pytest.param({"decision_edits": CutOutcome}, id="outcome"),
        pytest.param({"sites": CutPublished}, id="published", marks=pytest.mark.long),
    ],
)
def test_killed_after_the_commit(site: Site, part: dict[str, Any]) -> None:
    number = comment(site, "/yank app 1.1")
    with pytest.raises(Underway):
        run_comment.work(site.bot.context, SITE, 1, number, None)
    with pytest.raises(Killed):
        publish_site.work(context(site, **part), KEY, "0")
    assert site.versions() == ["1.0"]
    check_yanked(site, finish(site))


@pytest.mark.long
def test_killed_after_the_commit_and_taken_back_by_hand(site: Site) -> None:
    """What is on the branch already is not done again."""
    number = comment(site, "/yank app 1.1")
    with pytest.raises(Underway):
        run_comment.work(site.bot.context, SITE, 1, number, None)
    with pytest.raises(Killed):
        publish_site.work(context(site, decision_edits=CutOutcome), KEY, "0")
    site.bot.hub.push({DECISIONS: '{"decisions": []}'})
    assert "Committed as" in finish(site)
    assert site.versions() == ["1.1", "1.0"]
    assert site.decisions() == []


def test_a_forged_trailer_settles_nothing(site: Site) -> None:
    """Anybody who may push, or merge, can write altpress's trailers."""

    class CutCommit(GitHub):
        apply_commit = die

    number = comment(site, "/yank app 1.1")
    with site.bot.acting(CutCommit) as ctx:
        with pytest.raises(Underway):
            run_comment.work(ctx, SITE, 1, number, None)
        with pytest.raises(Killed):
            publish_site.work(ctx, KEY, "0")
    message = f"Yank Acme\n\nAltpress-Cause: command\nAltpress-Decision: comment:{number}:0"
    data = base64.b64encode(b'{"decisions": []}').decode()
    push = {"repository": SITE, "files": {DECISIONS: data}, "as": "maintainer", "message": message}
    site.bot.hub.ask("POST", "pushes", json=push)
    reply = finish(site)
    assert site.kinds() == [("yank", "app", "1.1")]
    assert site.versions() == ["1.0"]
    assert f"Committed as [`{site.head()[:7]}`]" in reply


def test_a_site_that_is_renamed_while_a_command_waits(site: Site) -> None:
    number = comment(site, "/yank app 1.1")
    with pytest.raises(Underway):
        run_comment.work(site.bot.context, SITE, 1, number, None)
    site.bot.hub.change_repository(SITE, name="moved")
    site.bot.drain()
    site.bot.run_later(expect=lambda: bool(site.replies("acme/moved")))
    [reply] = site.replies("acme/moved")
    assert "**Yank Acme 1.1**" in reply
    assert "Committed as" in reply
    assert '"1.1"' not in site.bot.hub.git("acme/moved", "show", "main:apps.json")


@pytest.mark.long
def test_killed_after_the_reply(site: Site) -> None:
    number = comment(site, "/yank app 1.1")
    with pytest.raises(Underway):
        run_comment.work(site.bot.context, SITE, 1, number, None)
    publish_site.work(site.bot.context, KEY, "0")
    with pytest.raises(Killed):
        run_comment.work(context(site, talks=CutEnd), SITE, 1, number, None)
    check_yanked(site, finish(site))


@pytest.mark.long
def test_a_request_of_which_nobody_knows_any_more_is_made_by_the_sweep(site: Site) -> None:
    number = comment(site, "/yank app 1.1")
    with pytest.raises(Killed):
        run_comment.work(context(site, sites=CutTrigger), SITE, 1, number, None)
    for delivery in site.bot.store.deliveries.pending(50):
        site.bot.store.deliveries.ignore(delivery.guid, "lost, let us say", 1)
    site.sweep()
    assert site.versions() == ["1.0"]
    assert site.open_requests() == 0


@pytest.mark.long
def test_a_lost_queue_costs_no_answer(site: Site) -> None:
    site.bot.hub.comment("/yank app 1.1", by="maintainer")
    site.bot._settle_webhooks()
    site.bot.drain()
    site.bot.context.queue.connection.flushall()
    site.sweep()
    check_yanked(site, finish(site))


def test_a_job_that_runs_twice_at_once_decides_and_answers_once(site: Site) -> None:
    """The second begins where the first is about to record."""
    number = comment(site, "/yank app 1.1")

    class Twice(DecisionEdits):
        def find(self, site_key: str, request_id: str) -> RequestProgress | None:
            found = super().find(site_key, request_id)
            if found is None and not twice:
                twice.append(True)
                with pytest.raises(Underway):
                    run_comment.work(site.bot.context, SITE, 1, number, None)
                publish_site.work(site.bot.context, KEY, "0")
                return None
            return found

    twice: list[bool] = []
    run_comment.work(context(site, decision_edits=Twice), SITE, 1, number, None)
    check_yanked(site, finish(site))


class Racing(GitHub):
    """Somebody pushes between the plan and the commit."""

    races = 2
    site: Site

    def apply_commit(
        self,
        site: SiteValue,
        base: SiteTree,
        files: Mapping[str, bytes | None],
        message: str,
        cache: BlobCache,
    ) -> SiteTree:
        if self.races:
            self.races -= 1
            hand = {
                "kind": "pin",
                "app": "app",
                "version": "1.0",
                "actor": "hand",
                "at": "2026-01-01T00:00:00Z",
            }
            self.site.bot.hub.push({DECISIONS: f'{{"decisions": [{str(hand).replace(chr(39), chr(34))}]}}'})
        return super().apply_commit(site, base, files, message, cache)


def test_a_lost_race_applies_it_again_on_the_new_head(site: Site) -> None:
    number = comment(site, "/yank app 1.1")
    with site.bot.acting(Racing) as ctx:
        ctx.github.site = site  # type: ignore[attr-defined]  # the class above
        with pytest.raises(Underway):
            run_comment.work(ctx, SITE, 1, number, None)
        publish_site.work(ctx, KEY, "0")
    assert site.kinds() == [("pin", "app", "1.0"), ("yank", "app", "1.1")], "both are there"
    assert "Committed as" in finish(site)


@pytest.mark.long
def test_a_redelivery_and_a_second_job_do_nothing(site: Site) -> None:
    guid = site.bot.hub.comment("/yank app 1.1", by="maintainer")[-1]
    number = site.comments()[-1]["id"]
    check_yanked(site, finish(site))
    before = site.head()
    site.bot.hub.ask("POST", f"deliveries/{guid}/attempts")
    finish(site)
    run_comment.work(site.bot.context, SITE, 1, number, None)
    finish(site)
    assert site.head() == before


@pytest.mark.long
def test_a_comment_that_is_edited_meanwhile_is_answered_all_the_same(site: Site) -> None:
    number = comment(site, "/yank app 1.1")
    with pytest.raises(Underway):
        run_comment.work(site.bot.context, SITE, 1, number, None)
    publish_site.work(site.bot.context, KEY, "0")
    time.sleep(1.05)  # GitHub's times are whole seconds
    with as_user(site.bot.hub.sandbox, "maintainer") as session:
        url = f"{site.bot.hub.sandbox.api}/repos/{SITE}/issues/comments/{number}"
        assert session.patch(url, json={"body": "/yank app 1.0"}, timeout=60).ok
    check_yanked(site, finish(site))


@pytest.mark.long
def test_what_does_not_come_is_told_after_a_while(site: Site) -> None:
    """GitHub takes no writes for now; the reply does not wait for ever, and the decision is not lost."""
    number = comment(site, "/yank app 1.1")

    class Away(GitHub):
        def apply_commit(self, *_: Any) -> SiteTree:
            raise Unavailable("GitHub is away.")

    with site.bot.acting(Away) as ctx:
        with pytest.raises(Underway):
            run_comment.work(ctx, SITE, 1, number, None)
        with pytest.raises(Unavailable):
            publish_site.work(ctx, KEY, "0")
        ctx.clock = lambda: site.bot.context.clock() + 300
        run_comment.work(ctx, SITE, 1, number, None)
    [reply] = site.replies()
    assert "**Recorded, and not in effect yet**" in reply
    assert site.reactions() == REFUSED
    assert site.open_requests() == 1
    site.sweep()
    assert site.versions() == ["1.0"]
    assert len(site.replies()) == 1


def test_decisions_that_cannot_be_read_are_told_and_not_overwritten(site: Site) -> None:
    broken = '{"decisions": [{"kind": "yonk"}, {"kind": "hold"}]}'
    site.bot.hub.push({DECISIONS: broken})
    site.bot.drain()
    reply = site.say("/yank app 1.1")
    assert "cannot be used" in reply
    assert "decisions \\> 0 \\> kind" in reply
    assert site.reactions() == REFUSED
    assert site.bot.hub.file(DECISIONS) == broken
    assert site.open_requests() == 0


def test_decisions_that_break_meanwhile_wait_until_they_are_mended(site: Site) -> None:
    number = comment(site, "/yank app 1.1")
    with pytest.raises(Underway):
        run_comment.work(site.bot.context, SITE, 1, number, None)
    site.bot.hub.push({DECISIONS: "{"})
    reply = finish(site)
    assert "**Recorded, and not in effect yet**: .altpress/decisions.json cannot be used" in reply
    assert site.reactions() == REFUSED
    site.bot.hub.push({DECISIONS: '{"decisions": []}'})
    site.bot.drain()
    assert site.kinds() == [("yank", "app", "1.1")]
    assert site.versions() == ["1.0"]
    found = site.bot.store.decision_edits.find(KEY, f"comment:{number}:0")
    assert found is not None
    assert found.state is RequestState.COMMITTED
