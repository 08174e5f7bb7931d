"""Commits, their comments, and comparisons."""

from dataclasses import replace

from flask import Blueprint, Response, request

from bot.sandbox import shapes
from bot.sandbox.http import ApiError, Json, answer, answer_page, read_field, read_json
from bot.sandbox.model import Repository
from bot.sandbox.routes.lookups import find_actor, find_bare, find_repository, find_world
from bot.sandbox.shapes import CommitObject, FileChange

api = Blueprint("commits", __name__)
MOST_BODY = 65_536  # characters of a comment


def mark_verified(repository: Repository, commit: CommitObject) -> CommitObject:
    """The commit, with GitHub's signature where the sandbox made it for an App."""
    found = find_world().state.verified.find(repository=repository.id, sha=commit.sha)
    return replace(commit, verified=found is not None)


def build_commit(repository: Repository, commit: CommitObject, files: list[FileChange] | None = None) -> Json:
    """The long form, of `/commits`."""
    world = find_world()
    return shapes.render_commit(
        world.urls, repository, mark_verified(repository, commit), files=files,
        author=world.find_author(commit.author), committer=world.find_author(commit.committer),
        comments=world.state.comments.count(repository=repository.id, commit=commit.sha),
    )  # fmt: skip


@api.get("/repos/<owner>/<name>/commits")
def list_commits(owner: str, name: str) -> Response:
    """Newest first; `?sha=` is a branch, tag or commit, `?path=` a file or folder."""
    repository = find_repository(owner, name)
    bare = find_bare(repository)
    start = bare.resolve(request.args.get("sha") or repository.default_branch)
    if start is None:
        raise ApiError(404, "Not Found")
    names = bare.log(start, path=request.args.get("path"))
    return answer_page(names, lambda sha: build_commit(repository, bare.commit(sha)))


@api.get("/repos/<owner>/<name>/commits/<path:ref>")
def show_commit(owner: str, name: str, ref: str) -> Response:
    """With its files; `Accept: application/vnd.github.sha` asks for the name alone."""
    repository = find_repository(owner, name)
    bare = find_bare(repository)
    sha = bare.resolve(ref)
    if sha is None:
        raise ApiError(422, f"No commit found for SHA: {ref}")
    if "sha" in request.headers.get("Accept", "").rpartition(".")[2]:
        return Response(sha, content_type="application/vnd.github.sha; charset=utf-8")
    commit = bare.commit(sha)
    files = bare.changes(commit.parents[0] if commit.parents else None, sha)
    return answer(build_commit(repository, commit, files))


@api.get("/repos/<owner>/<name>/comments")
def list_all_comments(owner: str, name: str) -> Response:
    """On any commit of the repository, oldest first."""
    repository, world = find_repository(owner, name), find_world()
    rows = [row for row in world.state.comments.select(repository=repository.id) if row.commit is not None]
    return answer_page(rows, lambda row: world.views.comment(repository, row))


@api.get("/repos/<owner>/<name>/commits/<sha>/comments")
def list_comments(owner: str, name: str, sha: str) -> Response:
    repository, world = find_repository(owner, name), find_world()
    rows = world.state.comments.select(repository=repository.id, commit=_find_sha(repository, sha))
    return answer_page(rows, lambda row: world.views.comment(repository, row))


@api.post("/repos/<owner>/<name>/commits/<sha>/comments")
def add_comment(owner: str, name: str, sha: str) -> Response:
    """Anybody who can read a repository may comment; an App needs `contents: write`."""
    repository, world = find_repository(owner, name, "contents", "write", role="read"), find_world()
    body = read_field(read_json(), "body", str, "CommitComment")
    if not body.strip() or len(body) > MOST_BODY:
        raise ApiError(422, "Validation Failed")
    now = world.state.now()
    row = world.state.comments.add(
        repository=repository.id, issue=None, commit=_find_sha(repository, sha), author=find_actor().login,
        body=body, created_at=now, updated_at=now,
    )  # fmt: skip
    return answer(world.views.comment(repository, row), 201)


@api.get("/repos/<owner>/<name>/compare/<path:spec>")
def compare(owner: str, name: str, spec: str) -> Response:
    """`A...B`: what B has since it left A."""
    repository, world = find_repository(owner, name), find_world()
    bare = find_bare(repository)
    one, _, other = spec.partition("...")
    base, head = bare.resolve(one), bare.resolve(other)
    fork = bare.merge_base(base, head) if base and head else None
    if base is None or head is None or fork is None:
        raise ApiError(404, "Not Found")
    ahead, behind = bare.log(head, f"^{base}"), bare.log(base, f"^{head}")
    files = bare.changes(fork, head)
    own = f"{world.urls.repo(repository)}/compare/{spec}"
    page = f"{world.urls.page(repository)}/compare/{spec}"
    return answer({
        "url": own, "html_url": page, "permalink_url": page,
        "diff_url": f"{page}.diff", "patch_url": f"{page}.patch",
        "base_commit": build_commit(repository, bare.commit(base)),
        "merge_base_commit": build_commit(repository, bare.commit(fork)),
        "status": _compare_status(len(ahead), len(behind)),
        "ahead_by": len(ahead), "behind_by": len(behind), "total_commits": len(ahead),
        "commits": [build_commit(repository, bare.commit(sha)) for sha in reversed(ahead)],
        "files": build_commit(repository, bare.commit(head), files)["files"],
    })  # fmt: skip


def _compare_status(ahead: int, behind: int) -> str:
    if ahead and behind:
        return "diverged"
    return "ahead" if ahead else "behind" if behind else "identical"


def _find_sha(repository: Repository, ref: str) -> str:
    sha = find_bare(repository).resolve(ref)
    if sha is None:
        raise ApiError(404, "Not Found")
    return sha
