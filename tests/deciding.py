"""What the tests of commands that decide have in common: what is said, and what stands there afterwards."""

import json
import time
from dataclasses import dataclass
from typing import Any

from bot.store import Store
from tests import talk
from tests.installation import APP, KEY, SITE, Installation
from tests.talk import DONE, IDLE, REFUSED

DECISIONS = ".altpress/decisions.json"


@dataclass
class Site:
    """An installation whose maintainers decide things."""

    bot: Installation

    def start(self, *versions: str, catalog: str | None = None) -> "Site":
        """It knows its site, and has published these versions of `acme/app`."""
        if catalog is not None:
            self.bot.hub.push({"altpress.yml": catalog})
        self.sweep()
        for version in versions:
            self.bot.hub.release(f"v{version}")
        self.bot.drain()
        return self

    def sweep(self) -> None:
        self.bot.sweep()

    def say(self, text: str, *, by: str = "maintainer", repository: str = SITE) -> str:
        """Comment, let everything happen, and read the one reply."""
        before = len(self.replies(repository))
        self.bot.hub.comment(text, by=by, repository=repository)
        self.bot.drain()
        self.bot.run_later(expect=lambda: len(self.replies(repository)) > before)
        new = self.replies(repository)[before:]
        assert len(new) == 1
        return new[0]

    def release_later(self, tag: str) -> None:
        """In another second than what was decided before: GitHub's times are whole seconds."""
        time.sleep(1 - time.time() % 1 + 0.01)
        self.bot.hub.release(tag)

    # ---- the resulting world

    def comments(self, repository: str = SITE) -> list[dict[str, Any]]:
        return talk.comments(self.bot, repository)

    def replies(self, repository: str = SITE) -> list[str]:
        return talk.replies(self.bot, repository)

    def reactions(self, repository: str = SITE) -> list[str]:
        """To the last comment of a person, in order."""
        return talk.reactions(self.bot, repository)

    def versions(self, path: str = "apps.json") -> list[str]:
        return [v["version"] for app in json.loads(self.bot.hub.file(path))["apps"] for v in app["versions"]]

    def decisions(self) -> list[dict[str, Any]]:
        """As the file has them; [] without one."""
        if DECISIONS not in self.bot.hub.git(SITE, "ls-tree", "-r", "--name-only", "main").split():
            return []
        return list(json.loads(self.bot.hub.file(DECISIONS))["decisions"])

    def kinds(self) -> list[tuple[str, str | None, str | None]]:
        return [(d["kind"], d.get("app"), d.get("version")) for d in self.decisions()]

    def message(self) -> str:
        """Of the newest commit."""
        return self.bot.hub.git(SITE, "log", "-1", "--format=%B", "main")

    def head(self) -> str:
        return self.bot.hub.git(SITE, "rev-parse", "main").strip()

    def changed(self) -> list[str]:
        """The files of the newest commit."""
        return self.bot.hub.git(SITE, "show", "--name-only", "--format=", "main").split()

    def open_requests(self) -> int:
        return len(Store(self.bot.store.database).decision_edits.pending(KEY))


__all__ = ["APP", "DECISIONS", "DONE", "IDLE", "KEY", "REFUSED", "SITE", "Site"]
