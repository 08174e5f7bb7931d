"""What altpress says about a commit: a check run, or a commit status.

Check runs are for Apps alone (`checks: write`). A token gets 403, and speaks by a status (`statuses: write`).
https://docs.github.com/rest/checks/runs
"""

from dataclasses import dataclass
from typing import Any

from bot.github.access import quote
from bot.github.client import Client
from bot.replies.pulls import Annotation, CheckReport

MOST_AT_ONCE = 50  # annotations that GitHub takes in one request; they add up
LONGEST_TEXT = 65_535  # characters


@dataclass(frozen=True, slots=True)
class CheckRun:
    """A check run, as far as altpress asks."""

    id: int
    app: int | None
    external_id: str
    head: str  # commit
    done: bool


class Checks:
    """Reads and writes what is said about commits."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def fetch_check_run(self, repository: str, run: int) -> CheckRun:
        return _run(self._client.call("GET", repository, f"/check-runs/{run}", what=f"{repository}: check"))

    def find_check_run(self, repository: str, sha: str, name: str, app: int) -> CheckRun | None:
        """That App's newest run of this name at the commit."""
        path = f"/commits/{quote(sha)}/check-runs"
        data = self._client.call(
            "GET", repository, path, what=f"{repository}@{sha[:7]}: checks",
            parameters={"check_name": name, "app_id": app, "filter": "latest"},
        )  # fmt: skip
        return next((_run(found) for found in data["check_runs"] if found["name"] == name), None)

    def create_check_run(
        self, repository: str, sha: str, name: str, external_id: str, report: CheckReport
    ) -> str:
        """The check run's page. It is not completed before all annotations are there."""
        pieces = _pieces(report.annotations)
        ends = {"status": "completed", "conclusion": report.conclusion.value}
        body = {
            "name": name,
            "head_sha": sha,
            "external_id": external_id,
            "output": _output(report, pieces[0]),
            **(ends if len(pieces) == 1 else {"status": "in_progress"}),
        }
        what = f"{repository}@{sha[:7]}: check"
        data = self._client.call("POST", repository, "/check-runs", what=what, body=body)
        for number, piece in enumerate(pieces[1:], start=2):
            more = {"output": _output(report, piece), **(ends if number == len(pieces) else {})}
            self._client.call("PATCH", repository, f"/check-runs/{data['id']}", what=what, body=more)
        return str(data["html_url"])

    def set_status(  # noqa: PLR0917  # a status, in full
        self, repository: str, sha: str, context: str, state: str, description: str, url: str | None
    ) -> bool:
        """Say it, unless it was the last thing said under this name; whether it was news.

        States: error, failure, pending, success. GitHub keeps 1,000 for a commit and name.
        """
        what = f"{repository}@{sha[:7]}: status"
        said = self._client.call(
            "GET", repository, f"/commits/{quote(sha)}/status", what=what, parameters={"per_page": 100}
        )
        body = {"state": state, "context": context, "description": description, "target_url": url}
        if any(all(row.get(key) == body[key] for key in body) for row in said["statuses"]):
            return False
        self._client.call("POST", repository, f"/statuses/{quote(sha)}", what=what, body=body)
        return True


def _run(data: Any) -> CheckRun:
    return CheckRun(
        id=int(data["id"]), app=(data.get("app") or {}).get("id"), external_id=data.get("external_id") or "",
        head=str(data["head_sha"]), done=data["status"] == "completed",
    )  # fmt: skip


def _pieces(annotations: tuple[Annotation, ...]) -> list[tuple[Annotation, ...]]:
    """As many as requests; one where there is nothing to annotate."""
    starts = range(0, max(len(annotations), 1), MOST_AT_ONCE)
    return [annotations[start : start + MOST_AT_ONCE] for start in starts]


def _output(report: CheckReport, annotations: tuple[Annotation, ...]) -> dict[str, Any]:
    output: dict[str, Any] = {
        "title": report.title,
        "summary": report.summary[:LONGEST_TEXT],
        "annotations": [
            {
                "path": one.path, "start_line": one.line, "end_line": one.line,
                "annotation_level": one.level, "title": one.title, "message": one.message,
            }
            for one in annotations
        ],
    }  # fmt: skip
    return output | ({"text": report.text[:LONGEST_TEXT]} if report.text else {})
