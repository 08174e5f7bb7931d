"""From a webhook to a commit, with everything real: web, stores, queue, sandbox, git."""

import json

from bot.records import Job
from tests.installation import KEY, Installation, installation

__all__ = ["installation"]


def start(bot: Installation) -> None:
    """What a first start does: find the sites."""
    bot.context.queue.enqueue(Job(name="sweep"))
    bot.drain(expect=lambda: bot.store.sites.find(KEY) is not None)


def versions(bot: Installation) -> list[str]:
    [app] = json.loads(bot.hub.file("apps.json"))["apps"]
    return [version["version"] for version in app["versions"]]


def test_a_release_becomes_a_commit(installation: Installation) -> None:
    bot = installation
    start(bot)
    bot.hub.release("v1.0")
    bot.drain()
    assert versions(bot) == ["1.0"]
    print(bot.hub.commits(), bot.hub.file("apps.json"), bot.hub.git("acme/source", "log", "-1", "main"))
