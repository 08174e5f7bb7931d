"""What the tests of a release's life have in common: doing something on GitHub, told by webhook or not."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Unavailable
from bot.github import GitHub
from bot.github.comments import OwnIssue
from bot.records import DeliveryState
from tests.installation import SITE, Hub, Installation, serving

CATALOG = "name: Acme Apps\noutputs:\n  - path: apps.json\napps:\n  - id: app\n    repository: acme/app\n"


class Told(StrEnum):
    """Whether GitHub's webhooks arrive."""

    BY_WEBHOOK = "webhook"
    BY_NOBODY = "sweep"


class Mute(GitHub):
    """Comments cannot be written, once."""

    muted = False

    def comment_on_commit(self, repository: str, sha: str, body: str) -> str:
        if not self.muted:
            self.muted = True
            raise Unavailable("not now")
        return str(super().comment_on_commit(repository, sha, body))


class MuteIssues(GitHub):
    """No issue can be opened, once."""

    muted = False

    def open_issue(self, repository: str, title: str, body: str) -> OwnIssue:
        if not self.muted:
            self.muted = True
            raise Unavailable("not now")
        return super().open_issue(repository, title, body)


@dataclass
class Life:
    """An installation to which things happen."""

    bot: Installation
    told: Told
    site: str = SITE

    def __post_init__(self) -> None:
        self._reads: list[logging.LogRecord] = []
        opening = logging.getLogger("jobs.opening")
        opening.setLevel(logging.INFO)
        opening.addFilter(self._note)

    def _note(self, record: logging.LogRecord) -> bool:
        if record.msg == "ipa_read":
            self._reads.append(record)
        return True

    def close(self) -> None:
        opening = logging.getLogger("jobs.opening")
        opening.removeFilter(self._note)
        opening.setLevel(logging.NOTSET)

    def start(self, *versions: str, catalog: str = "") -> list[int]:
        """A site with one app and these releases, published; `catalog` are further lines of the app."""
        if catalog:
            self.bot.hub.push({"altpress.yml": CATALOG + catalog})
        self.sweep()
        numbers = [self.bot.hub.release(f"v{version}") for version in versions]
        self.bot.drain()
        assert sorted(self.versions()) == sorted(versions)
        self._reads.clear()
        return numbers

    def catalog(self, lines: str) -> None:
        """Further lines of the app; a push is always told."""
        self.bot.hub.push({"altpress.yml": CATALOG + lines}, repository=self.site)
        self.bot.drain()

    def act(self, what: Callable[[Hub], object]) -> None:
        """Do something on GitHub; its webhooks arrive, or never do, and GitHub's own log knows of none."""
        lost = self.told is Told.BY_NOBODY
        self.bot.hub.ask("PUT", "faults", json={"vanished": 1 if lost else 0})
        what(self.bot.hub)
        self.bot.hub.ask("PUT", "faults", json={})

    def do(self, what: Callable[[Hub], object], *, files: bool = False) -> None:
        """The same, and everything that follows: a sweep where no webhook came; none tells of `files`."""
        self.act(what)
        self.bot.drain()
        if files or self.told is Told.BY_NOBODY:
            self.sweep()

    def sweep(self) -> None:
        self.bot.sweep()

    def hurry(self) -> None:
        """What was put off is done now, however late its time."""
        queue = self.bot.context.queue.rq
        for job_id in queue.scheduled_job_registry.get_job_ids(cleanup=False):
            queue.scheduled_job_registry.remove(job_id)
            queue.push_job_id(job_id)
        self.bot.drain()

    # ---- the resulting world

    def document(self) -> Any:
        return json.loads(self.bot.hub.git(self.site, "show", "main:apps.json"))

    def apps(self) -> list[Any]:
        return list(self.document()["apps"])

    def versions(self) -> list[str]:
        return [version["version"] for app in self.apps() for version in app["versions"]]

    def newest(self) -> Any:
        return self.apps()[0]["versions"][0]

    def commits(self) -> list[str]:
        return self.bot.hub.git(self.site, "log", "--format=%s", "main").splitlines()

    def downloads(self) -> int:
        """How many files were read since the start."""
        return len(self._reads)

    def told_maintainer(self, kind: str) -> list[str]:
        """What altpress wrote in the site about this, by the hidden marker: on commits and in issues."""
        hub, site = self.bot.hub, self.site
        shas = hub.git(site, "rev-list", "main").split()
        bodies = [c["body"] for sha in shas for c in hub.get(f"/repos/{site}/commits/{sha}/comments")]
        bodies += [c["body"] for c in hub.get(f"/repos/{site}/issues/comments?per_page=100")]
        for issue in hub.get(f"/repos/{site}/issues?state=all"):
            bodies += (issue["body"] or "").splitlines()  # an entry's mark stands on its first line
        return [body for body in bodies if f"altpress:{kind}" in body]

    def unfinished(self) -> list[str]:
        """Deliveries with something still to do, or failed."""
        page = self.bot.store.deliveries.page(200)
        return [
            f"{d.event}.{d.action}: {d.state} {d.open} {d.reason}"
            for d in page
            if d.open or d.state is DeliveryState.FAILED
        ]


@pytest.fixture(params=[Told.BY_WEBHOOK, pytest.param(Told.BY_NOBODY, marks=pytest.mark.long)])
def life(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    empty_stores: dict[str, str],
) -> Iterator[Life]:
    with serving(tmp_path, empty_stores, monkeypatch) as bot:
        found = Life(bot, request.param)
        yield found
        found.close()
