"""Somebody's pull request, as altpress reads it, and the one comment that altpress keeps there.

All of it is read in the repository that it is to go into: GitHub has the commits of forks there, too, and
altpress need not be installed in the fork.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from bot.github.access import quote
from bot.github.client import Client
from bot.github.comments import LONGEST_BODY
from bot.github.shapes import parse_comment

MOST_COMMENTS = 1_000  # of an issue that are looked through, the oldest first
MOST_FILES = 3_000  # that GitHub lists of a pull request


@dataclass(frozen=True, slots=True)
class PullState:
    """A pull request at one moment."""

    number: int
    open: bool
    base: str  # branch
    head: str  # commit
    branch: str | None  # that it comes from; None: one of another repository
    mergeable: bool | None  # None: GitHub has not worked it out yet
    merge_commit: str | None  # GitHub's test merge, where it is mergeable
    files: int  # how many it changes


@dataclass(frozen=True, slots=True)
class OwnComment:
    """A comment that altpress wrote."""

    id: int
    url: str
    body: str


class Reviews:
    """Reads pull requests; keeps a comment up to date."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def fetch_pull(self, repository: str, number: int) -> PullState:
        what = f"{repository}#{number}"
        return parse_pull(self._client.call("GET", repository, f"/pulls/{number}", what=what))

    def stream_pull_files(self, repository: str, number: int) -> Iterator[tuple[str, ...]]:
        """The paths of each changed file: one, or of a renamed one both. GitHub lists 3,000 of them."""
        what = f"{repository}#{number}: files"
        found = self._client.pages(repository, f"/pulls/{number}/files", what=what)
        for data in islice(found, MOST_FILES):
            before = data.get("previous_filename")
            yield (str(data["filename"]), *([str(before)] if before else []))

    def fetch_parents(self, repository: str, sha: str) -> tuple[str, ...]:
        """The commits that a commit was made on."""
        path = f"/git/commits/{quote(sha)}"
        data = self._client.call("GET", repository, path, what=f"{repository}@{sha[:7]}")
        return tuple(str(parent["sha"]) for parent in data["parents"])

    def find_comment(self, repository: str, issue: int, marker: str, *, by: str) -> OwnComment | None:
        """That login's first comment with this hidden marker."""
        path = f"/issues/{issue}/comments"
        found = self._client.pages(repository, path, what=f"{repository}#{issue}: comments")
        for data in islice(found, MOST_COMMENTS):
            if marker in (data.get("body") or "") and parse_comment(data).author == by:
                return OwnComment(int(data["id"]), str(data["html_url"]), data["body"])
        return None

    def edit_comment(self, repository: str, comment: int, body: str) -> None:
        """Other words. Raises NotFound for one that somebody removed."""
        path, words = f"/issues/comments/{comment}", {"body": body[:LONGEST_BODY]}
        self._client.call("PATCH", repository, path, what=f"{repository}: comment", body=words)


def parse_pull(data: Any) -> PullState:
    """GitHub's whole shape of a pull request."""
    head, base = data["head"], data["base"]
    source = head.get("repo")  # None: that fork is gone
    own = source is not None and source["id"] == base["repo"]["id"]
    mergeable = data.get("mergeable")
    return PullState(
        number=int(data["number"]), open=data["state"] == "open", base=str(base["ref"]),
        head=str(head["sha"]), branch=str(head["ref"]) if own else None,
        mergeable=mergeable if isinstance(mergeable, bool) else None,
        merge_commit=data.get("merge_commit_sha"), files=int(data.get("changed_files") or 0),
    )  # fmt: skip
