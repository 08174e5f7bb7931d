"""What altpress reads and says in issues and on commits."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from bot.github.access import quote
from bot.github.client import Client
from bot.github.shapes import IssueComment, parse_comment

LONGEST_BODY = 65_536  # characters; GitHub refuses more
MOST_LOOKED_AT = 1_000  # issues or comments, where one of altpress's is looked for


@dataclass(frozen=True, slots=True)
class OwnIssue:
    """An issue that altpress wrote."""

    number: int
    url: str
    open: bool
    body: str


class Comments:
    """Issue comments, reactions, commit comments."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def fetch_comment(self, repository: str, comment_id: int) -> IssueComment:
        path = f"/issues/comments/{comment_id}"
        return parse_comment(self._client.call("GET", repository, path, what=f"{repository}: comment"))

    def react(self, repository: str, comment_id: int, content: str) -> None:
        """+1 -1 laugh confused heart hooray rocket eyes; GitHub keeps one of each kind, so twice is once."""
        path = f"/issues/comments/{comment_id}/reactions"
        self._client.call("POST", repository, path, what=f"{repository}: reaction", body={"content": content})

    def reply(self, repository: str, issue: int, body: str) -> str:
        """A new comment in an issue or pull request; its address."""
        path = f"/issues/{issue}/comments"
        data = self._client.call("POST", repository, path, what=f"{repository}#{issue}", body=_bounded(body))
        return str(data["html_url"])

    def find_reply(
        self, repository: str, issue: int, marker: str, *, by: str, since: str | None = None
    ) -> str | None:
        """The address of that login's comment with this hidden marker, among those since then (ISO 8601)."""
        path = f"/issues/{issue}/comments"
        parameters = {"since": since} if since else None
        for data in self._client.pages(repository, path, what=f"{repository}#{issue}", parameters=parameters):
            if marker in (data.get("body") or "") and parse_comment(data).author == by:
                return str(data["html_url"])
        return None

    def find_said(self, repository: str, marker: str, *, by: str, commit: str | None = None) -> str | None:
        """Where that login said this (a hidden marker): on the commit, or in one of its newest issues."""
        path = f"/commits/{quote(commit)}/comments" if commit else "/issues"
        parameters = None if commit else {"state": "all", "creator": by}
        found = self._client.pages(repository, path, what=f"{repository}: comments", parameters=parameters)
        for data in islice(found, MOST_LOOKED_AT):
            if (data.get("user") or {}).get("login") == by and marker in (data.get("body") or ""):
                return str(data["html_url"])
        return None

    def comment_on_commit(self, repository: str, sha: str, body: str) -> str:
        path = f"/commits/{quote(sha)}/comments"
        data = self._client.call(
            "POST", repository, path, what=f"{repository}@{sha[:7]}", body=_bounded(body)
        )
        return str(data["html_url"])

    def open_issue(self, repository: str, title: str, body: str) -> OwnIssue:
        """A new issue. Raises NotFound where issues are switched off."""
        data = self._client.call(
            "POST",
            repository,
            "/issues",
            what=f"{repository}: issue",
            body={"title": title, **_bounded(body)},
        )
        return _own(data)

    def find_issue(self, repository: str, marker: str, *, by: str) -> OwnIssue | None:
        """That login's first issue with this hidden marker, open or closed; looked for among the latest.

        Raises NotFound where issues are switched off.
        """
        parameters = {"state": "all", "creator": by, "sort": "updated"}
        found = self._client.pages(repository, "/issues", what=f"{repository}: issues", parameters=parameters)
        theirs = [
            _own(data)
            for data in islice(found, MOST_LOOKED_AT)
            if "pull_request" not in data
            and (data.get("user") or {}).get("login") == by
            and marker in (data.get("body") or "")
        ]
        return min(theirs, key=lambda issue: issue.number, default=None)

    def fetch_issue(self, repository: str, number: int) -> OwnIssue:
        """An issue by its number. Raises NotFound when it is gone."""
        return _own(self._client.call("GET", repository, f"/issues/{number}", what=f"{repository}#{number}"))

    def close_issue(self, repository: str, number: int) -> None:
        """Its words stay."""
        path, what = f"/issues/{number}", f"{repository}#{number}"
        self._client.call("PATCH", repository, path, what=what, body={"state": "closed"})

    def edit_issue(
        self, repository: str, number: int, *, title: str, body: str, state: str | None = None
    ) -> OwnIssue:
        """Other words, and `open` or `closed` (None: as it is). Raises NotFound when it is gone."""
        changes = {"title": title, **_bounded(body), **({"state": state} if state else {})}
        path, what = f"/issues/{number}", f"{repository}#{number}"
        return _own(self._client.call("PATCH", repository, path, what=what, body=changes))


def _own(data: Any) -> OwnIssue:
    return OwnIssue(
        int(data["number"]), str(data["html_url"]), data.get("state") == "open", data.get("body") or ""
    )


def _bounded(body: str) -> dict[str, str]:
    return {"body": body if len(body) <= LONGEST_BODY else body[: LONGEST_BODY - 2] + "\n…"}
