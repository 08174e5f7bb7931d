"""Chat, the whole way: a comment's webhook, the worker, and what the sandbox shows afterwards."""

import time

from bot.github import GitHub
from bot.records import Job
from bot.sandbox.make_ipa import make_ipa
from jobs.command import run_comment
from tests.installation import APP, SITE, Installation, empty_stores, installation
from tests.sandboxes import as_user
from tests.talk import DONE, ISSUE, REFUSED, comments, reactions, replies, say, start

__all__ = ["empty_stores", "installation"]


def test_each_command_for_each_person(installation: Installation) -> None:
    bot = installation
    start(bot)
    reply = say(bot, "Hello!\n\n/help")
    assert reply.startswith("> `/help`\n\n| Command |")
    assert "`/status [app]`" in reply
    assert reactions(bot) == DONE

    reply = say(bot, "/rebuild", by="visitor")
    assert "needs the role **write** (or more) on `acme/source`; yours is **read**" in reply
    assert reactions(bot) == REFUSED

    reply = say(bot, "@altpress rebuild app")
    assert "Read 0 releases of `app` again" in reply
    assert reactions(bot) == DONE

    reply = say(bot, "/rebiuld\n/status apq\n/status", by="visitor")
    assert reply.count("\n> `/") == 2, "one reply quotes all of them"
    assert "Did you mean `/rebuild`? Known: `/help`, `/status`, `/preview`, `/lint`, `/rebuild`" in reply
    assert "Did you mean `app`? Known: `app`." in reply
    assert "**`app`**" in reply
    assert reactions(bot) == REFUSED

    many = "\n".join(f"/x{n * 'x'}" for n in range(12))
    assert "A comment may hold 10 commands" in say(bot, many)


def test_a_developer_reaches_that_app_alone(installation: Installation) -> None:
    bot = installation
    catalog = bot.hub.file("altpress.yml")
    entry = "  - id: other\n    repository: acme/other\n"
    bot.hub.push({"altpress.yml": catalog.replace("\napps:\n", f"\napps:\n{entry}")})
    start(bot)
    bot.hub.release("v1.0")
    bot.drain()
    reply = say(bot, "/rebuild", by="developer", repository=APP)
    assert "Read 1 release of `app` again" in reply
    assert "other" not in reply
    assert reactions(bot, APP) == DONE
    assert "No app is called `other` here" in say(bot, "/rebuild other", by="developer", repository=APP)
    assert "other" not in say(bot, "/status", by="visitor", repository=APP)
    assert "`other`" in say(bot, "/status", by="visitor")
    assert "yours is **read**" in say(bot, "/rebuild", by="developer")
    assert reactions(bot) == REFUSED
    assert say(bot, "/lgtm", by="developer", repository=APP) == "", "another bot's"
    assert reactions(bot, APP) == []


def test_status_tells_what_is_published_waits_and_was_rejected(installation: Installation) -> None:
    bot = installation
    start(bot)
    assert "- **`app`**: nothing published yet." in say(bot, "/status", by="visitor")
    bot.hub.release("v1.0")
    bot.hub.release("v1.1", {"Acme.ipa": b"no zip"}, notes="</details> @maintainer\n/rebuild")
    bot.hub.release("v1.2", {})
    bot.drain()
    good = bot.hub.file("altpress.yml")
    bot.hub.push({"altpress.yml": good + "\nnonsense: 1\n"})
    bot.drain()
    [commit] = bot.hub.git(SITE, "log", "-1", "--format=%H", "--author=altpress", "main").split()

    reply = say(bot, "/status", by="visitor")
    assert f"[{commit[:7]}]({bot.hub.sandbox.html}/acme/source/commit/{commit})" in reply
    assert f"1.0 (1), release [v1.0]({bot.hub.sandbox.html}/acme/app/releases/tag/v1.0)" in reply
    assert "(`com.acme.app`)" in reply
    assert "waits: [v1.2](" in reply
    assert "no complete file matches \\*.ipa" in reply
    assert "rejected: `Acme.ipa` of [v1.1](" in reply
    assert "`bad_ipa.not_a_zip`" in reply
    assert "nonsense" in reply
    assert reactions(bot) == DONE

    elsewhere = say(bot, "/status app", by="visitor", repository=APP)
    assert "nonsense" not in elsewhere
    assert "1.0 (1)" in elsewhere


def test_what_was_pulled_back_is_no_longer_told_as_published(installation: Installation) -> None:
    bot = installation
    start(bot)
    bot.hub.release("v1.0")
    bot.hub.release("v1.1", {"Acme.ipa": make_ipa(version="1.1")})
    bot.drain()
    assert "1.1 (1), release [v1.1]" in say(bot, "/status")
    bot.hub.delete_release("v1.1")
    bot.drain()
    assert "1.0 (1), release [v1.0]" in say(bot, "/status")


def test_bots_edits_and_repetitions_are_left_alone(installation: Installation) -> None:
    bot = installation
    start(bot)
    bot.context.github.reply(SITE, ISSUE, "/help")
    bot.drain()
    assert replies(bot) == ["/help"], "its own comments, and those of other bots"

    guid = bot.hub.comment("/help", by="maintainer")[-1]
    bot.drain()
    bot.hub.ask("POST", f"deliveries/{guid}/attempts")
    number = comments(bot, SITE)[-2]["id"]
    bot.context.queue.enqueue(Job(name="command", args=(SITE, ISSUE, number, None)))
    bot.drain()
    assert len(replies(bot)) == 2, "the same comment is answered once"

    bot.hub.comment("never mind", by="maintainer")
    number = comments(bot, SITE)[-1]["id"]
    edit(bot, number, "/rebuild")
    bot.drain()
    bot.context.queue.enqueue(Job(name="command", args=(SITE, ISSUE, number, None)))
    bot.drain()
    assert len(replies(bot)) == 2
    assert reactions(bot) == []


def test_the_eyes_come_first(installation: Installation) -> None:
    bot = installation
    start(bot)

    class Watched(GitHub):
        """Notes what was asked of GitHub before each reaction."""

        before: list[tuple[str, int]]

        def react(self, repository: str, comment_id: int, content: str) -> None:
            self.before.append((content, self.requests["api"]))
            super().react(repository, comment_id, content)

    bot.hub.comment("/status", by="visitor")
    number = comments(bot, SITE)[-1]["id"]
    with bot.acting(Watched) as ctx:
        ctx.github.before = []  # type: ignore[attr-defined]  # the class above
        run_comment.work(ctx, SITE, ISSUE, number, None)
        assert ctx.github.before[0] == ("eyes", 1), "after the comment itself"  # type: ignore[attr-defined]
        assert [content for content, _ in ctx.github.before] == DONE  # type: ignore[attr-defined]


def edit(bot: Installation, number: int, text: str) -> None:
    """As its author does; GitHub's times are whole seconds."""
    time.sleep(1.05)
    with as_user(bot.hub.sandbox, "maintainer") as session:
        url = f"{bot.hub.sandbox.api}/repos/{SITE}/issues/comments/{number}"
        assert session.patch(url, json={"body": text}, timeout=60).ok
