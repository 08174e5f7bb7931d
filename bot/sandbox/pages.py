"""The sandbox in a browser, only to look at: releases, issues with what the bot answered, commits.

What people and the bot wrote is shown as Markdown with every tag escaped but a few without attributes; a
strict Content-Security-Policy stands behind that: no script, no picture, nothing from elsewhere.
"""

from typing import Any

from flask import Blueprint, Response, render_template
from markupsafe import Markup

from bot.sandbox import checks, pull_follow, releases
from bot.sandbox.git import EMPTY_TREE, Bare
from bot.sandbox.http import not_found
from bot.sandbox.markdown import render_markdown
from bot.sandbox.objects import run_git
from bot.sandbox.routes.lookups import find_repository, find_world

pages = Blueprint(
    "pages", __name__, template_folder="templates", static_folder="static", static_url_path="/_pages"
)
POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_NEWEST = 50  # rows of a list
_MOST_DIFF = 200_000  # bytes of a difference that are shown


@pages.after_request
def add_policy(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@pages.app_template_filter("markdown")
def show_markdown(text: str | None) -> Markup:
    return Markup(render_markdown(text or ""))  # noqa: S704  # render_markdown escapes


@pages.get("/")
def show_home() -> str:
    rows = [row for row in find_world().state.repositories.select() if not row.private]
    return render_template("home.html", repositories=rows)


@pages.get("/<owner>/<name>")
def show_repository(owner: str, name: str) -> str:
    """Its newest commits, releases and issues."""
    repository, world = find_repository(owner, name), find_world()
    bare = world.bare(repository)
    head = bare.ref(f"refs/heads/{repository.default_branch}")
    published = world.state.releases.select(
        repository=repository.id, draft=False, newest_first=True, limit=_NEWEST
    )
    return render_template(
        "repository.html", repository=repository, clone_url=f"{world.urls.page(repository)}.git",
        commits=[bare.commit(sha) for sha in bare.log(head, limit=_NEWEST)] if head else [],
        releases=[world.views.release(repository, release) for release in published],
        issues=[
            world.views.issue(repository, issue)
            for issue in world.state.issues.select(repository=repository.id, newest_first=True, limit=_NEWEST)
        ],
    )  # fmt: skip


@pages.get("/<owner>/<name>/pull/<int:number>")
def show_pull(owner: str, name: str, number: int) -> str:
    """What a pull request asks for, what was said to it, and the difference that it makes."""
    repository, world = find_repository(owner, name), find_world()
    row = world.state.pulls.find(repository=repository.id, number=number)
    if row is None:
        raise not_found()
    bare = world.bare(repository)
    comments = world.state.comments.select(repository=repository.id, issue=number)
    of_head: dict[str, Any] = {"repository": repository.id, "sha": row.head_sha}
    return render_template(
        "pull.html", repository=repository, pull=pull_follow.show_pull(world, repository, row),
        commits=[bare.commit(sha) for sha in pull_follow.list_commits(bare, row)],
        diff=_read_diff(bare, bare.merge_base(row.base_sha, row.head_sha), row.head_sha),
        comments=[world.views.comment(repository, comment) for comment in comments],
        runs=checks.latest_runs(world.state.check_runs.select(**of_head)),
        statuses=checks.latest_statuses(world.state.statuses.select(**of_head)),
    )  # fmt: skip


@pages.get("/<owner>/<name>/runs/<int:number>")
def show_run(owner: str, name: str, number: int) -> str:
    """What an App says about a commit, with the lines that it says it of."""
    repository, world = find_repository(owner, name), find_world()
    run = world.state.check_runs.find(repository=repository.id, id=number)
    if run is None:
        raise not_found()
    return render_template("run.html", repository=repository, run=run)


@pages.get("/<owner>/<name>/issues/<int:number>")
def show_issue(owner: str, name: str, number: int) -> str:
    """The talk under an issue; each comment has the anchor that its `html_url` names."""
    repository, world = find_repository(owner, name), find_world()
    issue = world.state.issues.find(repository=repository.id, number=number)
    if issue is None:
        raise not_found()
    comments = world.state.comments.select(repository=repository.id, issue=number)
    return render_template(
        "issue.html", repository=repository, issue=world.views.issue(repository, issue),
        comments=[world.views.comment(repository, comment) for comment in comments],
    )  # fmt: skip


@pages.get("/<owner>/<name>/releases/tag/<path:tag>")
def show_release(owner: str, name: str, tag: str) -> str:
    repository, world = find_repository(owner, name), find_world()
    release = releases.find_release(world, repository, tag)
    if release is None:
        raise not_found()
    return render_template(
        "release.html", repository=repository, release=world.views.release(repository, release)
    )


@pages.get("/<owner>/<name>/commit/<sha>")
def show_commit(owner: str, name: str, sha: str) -> str:
    """What a commit says, what it changed, and what was said to it."""
    repository, world = find_repository(owner, name), find_world()
    bare = world.bare(repository)
    found = bare.resolve(sha)
    if found is None:
        raise not_found()
    commit = bare.commit(found)
    parent = commit.parents[0] if commit.parents else None
    comments = world.state.comments.select(repository=repository.id, commit=found)
    return render_template(
        "commit.html", repository=repository, commit=commit,
        verified=world.state.verified.find(repository=repository.id, sha=found) is not None,
        diff=_read_diff(bare, parent, found),
        comments=[world.views.comment(repository, comment) for comment in comments],
    )  # fmt: skip


def _read_diff(bare: Bare, parent: str | None, sha: str) -> list[str]:
    """The lines of a commit's difference, as far as a person would read."""
    raw = run_git(bare.directory, "diff-tree", "-p", "--no-color", "-r", parent or EMPTY_TREE, sha)
    return raw[:_MOST_DIFF].decode("utf-8", "replace").splitlines()
