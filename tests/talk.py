"""Talking to altpress in the sandbox, the whole way: comment, webhook, worker, reply."""

from itertools import count
from typing import Any

from tests.installation import KEY, SITE, Installation

ISSUE = 1
PAGE = 100  # comments
DONE, REFUSED, IDLE = ["eyes", "rocket"], ["eyes", "confused"], ["eyes", "heart"]


def start(bot: Installation) -> None:
    bot.sweep()
    assert bot.store.sites.find(KEY) is not None


def say(bot: Installation, text: str, *, by: str = "maintainer", repository: str = SITE) -> str:
    """Comment, let everything happen, and read the one reply; "" when there is none."""
    before = len(replies(bot, repository))
    bot.hub.comment(text, by=by, repository=repository)
    bot.drain()
    new = replies(bot, repository)[before:]
    assert len(new) <= 1
    return new[0] if new else ""


def comments(bot: Installation, repository: str = SITE) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for page in count(1):
        new = bot.hub.get(f"/repos/{repository}/issues/{ISSUE}/comments?per_page={PAGE}&page={page}")
        found += new
        if len(new) < PAGE:
            break
    return found


def replies(bot: Installation, repository: str = SITE) -> list[str]:
    return [c["body"] for c in comments(bot, repository) if c["user"]["login"] == "altpress[bot]"]


def reactions(bot: Installation, repository: str = SITE) -> list[str]:
    """To the last comment of a person, in order."""
    last = [c for c in comments(bot, repository) if c["user"]["type"] != "Bot"][-1]
    listed = bot.hub.get(f"/repos/{repository}/issues/comments/{last['id']}/reactions")
    return [reaction["content"] for reaction in listed]
