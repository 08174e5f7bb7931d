"""What was committed to a branch: the memory that outlives every database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from bot.github.access import PER_PAGE
from bot.github.client import Client
from bot.records import Site


@dataclass(frozen=True, slots=True)
class PastCommit:
    """A commit of a site's branch."""

    sha: str
    parent: str  # the first one's id; empty for a root
    message: str
    at_ms: int  # the committer's date: milliseconds since 1970
    author: str = ""  # the login, or the name that git knows, where GitHub knows no account


class History:
    """Reads the commits of a site's branch, and what was said on them."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def fetch_commits(
        self, site: Site, start: str | None = None, *, path: str | None = None, limit: int = PER_PAGE
    ) -> list[PastCommit]:
        """The newest commits (that touched `path`) from `start` back, else from the branch's head.

        One request for each hundred. Raises NotFound without the branch.
        """
        parameters = {"sha": start or site.branch} | ({"path": path} if path else {})
        pages = self._client.pages(
            site.repository, "/commits", what=f"{site.key}: history", parameters=parameters
        )
        return [_commit(data) for data in islice(pages, limit)]

    def stream_said(self, repository: str, *, by: str, limit: int) -> Iterator[str]:
        """What this login wrote on commits and as issues of a repository; `limit` of each are looked at."""
        for path, parameters in (("/comments", {}), ("/issues", {"state": "all", "creator": by})):
            pages = self._client.pages(
                repository, path, what=f"{repository}: {path[1:]}", parameters=parameters
            )
            for data in islice(pages, limit):
                if (data.get("user") or {}).get("login") == by:
                    yield str(data.get("body") or "")


def _commit(data: Any) -> PastCommit:
    at = datetime.fromisoformat(data["commit"]["committer"]["date"])
    parents = data["parents"]
    return PastCommit(
        sha=str(data["sha"]),
        parent=str(parents[0]["sha"]) if parents else "",
        message=str(data["commit"]["message"]),
        at_ms=int(at.timestamp() * 1000),
        author=str((data.get("author") or {}).get("login") or data["commit"]["author"]["name"]),
    )
