"""What the dashboard's pages work with, of the application that serves the request."""

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import current_app

from bot.context import Context
from bot.web.dashboard.password import Password
from bot.web.dashboard.throttle import Throttle
from bot.web.dashboard.view_links import GitHubPages
from bot.web.deadline import Asking

EXTENSION = "altpress-dashboard"
ACTOR = "dashboard"  # in commits and replies


@dataclass(frozen=True)
class Desk:
    """One a process."""

    context: Context
    password: Password
    queue: Asking  # whatever a page asks of Redis: it does not hang with it

    @property
    def throttle(self) -> Throttle:
        return Throttle(self.context.queue.connection)

    @property
    def pages(self) -> GitHubPages:
        return GitHubPages(self.context.settings.github_api_url)

    @property
    def now_ms(self) -> int:
        return self.context.now_ms()

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)


def find_desk() -> Desk:
    desk = current_app.extensions[EXTENSION]
    assert isinstance(desk, Desk)
    return desk
