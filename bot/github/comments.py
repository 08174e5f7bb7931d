"""What altpress reads and says in issues and on commits."""

from itertools import islice

from bot.github.access import quote
from bot.github.client import Client
from bot.github.shapes import IssueComment, parse_comment

LONGEST_BODY = 65_536  # characters; GitHub refuses more


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

    def find_reply(self, repository: str, issue: int, marker: str, *, by: str, since: str) -> str | None:
        """The address of that login's comment with this hidden marker, among those since then (ISO 8601)."""
        path = f"/issues/{issue}/comments"
        for data in self._client.pages(
            repository, path, what=f"{repository}#{issue}", parameters={"since": since}
        ):
            if marker in (data.get("body") or "") and parse_comment(data).author == by:
                return str(data["html_url"])
        return None

    def find_said(
        self, repository: str, marker: str, *, by: str, commit: str | None = None, limit: int = 100
    ) -> str | None:
        """Where that login said this (a hidden marker): on the commit, or in one of its newest issues."""
        path = f"/commits/{quote(commit)}/comments" if commit else "/issues"
        parameters = None if commit else {"state": "all", "creator": by}
        found = self._client.pages(repository, path, what=f"{repository}: comments", parameters=parameters)
        for data in islice(found, limit):
            if (data.get("user") or {}).get("login") == by and marker in (data.get("body") or ""):
                return str(data["html_url"])
        return None

    def comment_on_commit(self, repository: str, sha: str, body: str) -> str:
        path = f"/commits/{quote(sha)}/comments"
        data = self._client.call(
            "POST", repository, path, what=f"{repository}@{sha[:7]}", body=_bounded(body)
        )
        return str(data["html_url"])

    def open_issue(self, repository: str, title: str, body: str) -> str:
        """A new issue; its address. Raises NotFound where issues are switched off."""
        data = self._client.call(
            "POST",
            repository,
            "/issues",
            what=f"{repository}: issue",
            body={"title": title, **_bounded(body)},
        )
        return str(data["html_url"])


def _bounded(body: str) -> dict[str, str]:
    return {"body": body if len(body) <= LONGEST_BODY else body[: LONGEST_BODY - 2] + "\n…"}
