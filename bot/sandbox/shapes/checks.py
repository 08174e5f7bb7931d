"""No I/O. Check runs, their annotations and webhook, and commit statuses."""

from collections.abc import Sequence

from bot.sandbox.model import PullRequest, Repository
from bot.sandbox.model_checks import CheckRun, CommitStatus
from bot.sandbox.shapes.objects import CommitObject
from bot.sandbox.shapes.payloads import Scene
from bot.sandbox.shapes.people import render_user
from bot.sandbox.shapes.urls import FindUser, Json, Urls, node_id


def render_check_run(  # noqa: PLR0917  # a run and what is around it
    urls: Urls, repository: Repository, run: CheckRun, suite: int, app: Json, pulls: Sequence[PullRequest]
) -> Json:
    """GET /check-runs/ID; `pulls` are the open ones of the same repository at its commit."""
    own, page = f"{urls.repo(repository)}/check-runs/{run.id}", f"{urls.page(repository)}/runs/{run.id}"
    return {
        "id": run.id,
        "name": run.name,
        "node_id": node_id("CheckRun", run.id),
        "head_sha": run.sha,
        "external_id": run.external_id,
        "url": own,
        "html_url": page,
        "details_url": page,
        "status": run.status,
        "conclusion": run.conclusion,
        "started_at": run.started_at,
        "completed_at": run.completed_at,
        "output": {
            "title": run.title,
            "summary": run.summary,
            "text": run.text,
            "annotations_count": len(run.annotations),
            "annotations_url": f"{own}/annotations",
        },
        "check_suite": {"id": suite},
        "app": app,
        "pull_requests": [_short_pull(urls, repository, pull) for pull in pulls],
    }


def render_annotation(urls: Urls, repository: Repository, run: CheckRun, given: Json) -> Json:
    """A row of GET /check-runs/ID/annotations."""
    optional = ("start_column", "end_column", "title", "raw_details")
    return {
        **{key: given[key] for key in ("path", "start_line", "end_line", "annotation_level", "message")},
        **{key: given.get(key) for key in optional},
        "blob_href": f"{urls.page(repository)}/blob/{run.sha}/{given['path']}",
    }


def render_check_run_event(  # noqa: PLR0917  # one event, said in full
    urls: Urls, scene: Scene, action: str, shown: Json, run: CheckRun, pulls: Sequence[PullRequest]
) -> Json:
    """`rerequested`; here the run carries its suite whole."""
    suite = _suite(urls, scene.repository, shown, run, pulls)
    return scene.wrap(urls, {"action": action, "check_run": shown | {"check_suite": suite}})


def render_check_suite_event(  # noqa: PLR0917  # one event, said in full
    urls: Urls, scene: Scene, action: str, shown: Json, run: CheckRun, pulls: Sequence[PullRequest],
    commit: CommitObject, runs: int,
) -> Json:  # fmt: skip
    """`rerequested`, of all of an App's runs of one commit; `shown` is one of them."""
    suite = _suite(urls, scene.repository, shown, run, pulls)
    head = {
        "id": commit.sha,
        "tree_id": commit.tree,
        "message": commit.message,
        "timestamp": commit.committer.date,
        "author": {"name": commit.author.name, "email": commit.author.email},
        "committer": {"name": commit.committer.name, "email": commit.committer.email},
    }
    more = {
        "check_runs_url": f"{suite['url']}/check-runs",
        "latest_check_runs_count": runs,
        "head_commit": head,
        "rerequestable": True,
        "runs_rerequestable": True,
    }
    return scene.wrap(urls, {"action": action, "check_suite": suite | more})


def _suite(  # a run, and what is around it
    urls: Urls, repository: Repository, shown: Json, run: CheckRun, pulls: Sequence[PullRequest]
) -> Json:
    number = shown["check_suite"]["id"]
    return {
        "id": number,
        "node_id": node_id("CheckSuite", number),
        "head_branch": pulls[0].head if pulls else None,
        "head_sha": run.sha,
        "status": "queued",
        "conclusion": None,
        "url": f"{urls.repo(repository)}/check-suites/{number}",
        "before": None,
        "after": run.sha,
        "pull_requests": shown["pull_requests"],
        "app": shown["app"],
        "created_at": run.started_at,
        "updated_at": run.completed_at or run.started_at,
    }


def render_status(urls: Urls, repository: Repository, row: CommitStatus, find_user: FindUser) -> Json:
    """POST /statuses/SHA and rows of GET /commits/REF/statuses."""
    creator = find_user(row.creator)
    return _short_status(urls, repository, row, find_user) | {"creator": render_user(urls, creator)}


def render_combined_status(  # noqa: PLR0917  # a commit and what is said about it
    urls: Urls, repository: Repository, sha: str, state: str, rows: Sequence[CommitStatus],
    find_user: FindUser, shown: Json,
) -> Json:  # fmt: skip
    """GET /commits/REF/status; `shown` is the repository's shape."""
    own = f"{urls.repo(repository)}/commits/{sha}"
    return {
        "state": state,
        "statuses": [_short_status(urls, repository, row, find_user) for row in rows],
        "sha": sha,
        "total_count": len(rows),
        "repository": shown,
        "commit_url": own,
        "url": f"{own}/status",
    }


def _short_status(urls: Urls, repository: Repository, row: CommitStatus, find_user: FindUser) -> Json:
    return {
        "url": f"{urls.repo(repository)}/statuses/{row.sha}",
        "avatar_url": render_user(urls, find_user(row.creator))["avatar_url"],
        "id": row.id,
        "node_id": node_id("StatusContext", row.id),
        "state": row.state,
        "description": row.description,
        "target_url": row.target_url,
        "context": row.context,
        "created_at": row.created_at,
        "updated_at": row.created_at,
    }


def _short_pull(urls: Urls, repository: Repository, pull: PullRequest) -> Json:
    named = {"id": repository.id, "url": urls.repo(repository), "name": repository.name}
    return {
        "id": pull.id,
        "number": pull.number,
        "url": f"{urls.repo(repository)}/pulls/{pull.number}",
        "head": {"ref": pull.head, "sha": pull.head_sha, "repo": named},
        "base": {"ref": pull.base, "sha": pull.base_sha, "repo": named},
    }
