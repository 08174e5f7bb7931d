"""Reactions to issues, to comments on them, and to comments on commits."""

from flask import Blueprint, Response, request

from bot.sandbox import shapes
from bot.sandbox.http import answer, answer_page, invalid, not_found, read_field, read_json
from bot.sandbox.model import Repository
from bot.sandbox.routes.issues import read_issue
from bot.sandbox.routes.lookups import find_actor, find_repository, find_world
from bot.sandbox.shapes.issues import REACTIONS
from bot.sandbox.state import AlreadyExistsError

api = Blueprint("reactions", __name__)
# the subject's kind -> the permission that an App needs
_PERMISSIONS = {"comment": "issues", "issue": "issues", "commit_comment": "contents"}


@api.route("/repos/<owner>/<name>/issues/<int:number>/reactions", methods=["GET", "POST"])
def serve_issue(owner: str, name: str, number: int) -> Response:
    return _serve(owner, name, "issue", number)


@api.route("/repos/<owner>/<name>/issues/comments/<int:number>/reactions", methods=["GET", "POST"])
def serve_comment(owner: str, name: str, number: int) -> Response:
    return _serve(owner, name, "comment", number)


@api.route("/repos/<owner>/<name>/comments/<int:number>/reactions", methods=["GET", "POST"])
def serve_commit_comment(owner: str, name: str, number: int) -> Response:
    return _serve(owner, name, "commit_comment", number)


@api.delete("/repos/<owner>/<name>/issues/<int:number>/reactions/<int:reaction>")
def remove_from_issue(owner: str, name: str, number: int, reaction: int) -> Response:
    return _remove(find_repository(owner, name, "issues", "write", role="read"), "issue", number, reaction)


@api.delete("/repos/<owner>/<name>/issues/comments/<int:number>/reactions/<int:reaction>")
def remove_from_comment(owner: str, name: str, number: int, reaction: int) -> Response:
    return _remove(find_repository(owner, name, "issues", "write", role="read"), "comment", number, reaction)


@api.delete("/repos/<owner>/<name>/comments/<int:number>/reactions/<int:reaction>")
def remove_from_commit_comment(owner: str, name: str, number: int, reaction: int) -> Response:
    repository = find_repository(owner, name, "contents", "write", role="read")
    return _remove(repository, "commit_comment", number, reaction)


def _serve(owner: str, name: str, kind: str, number: int) -> Response:
    if request.method == "POST":
        repository = find_repository(owner, name, _PERMISSIONS[kind], "write", role="read")
        return _add(_find_subject(repository, kind, number))
    repository, world = find_repository(owner, name, _PERMISSIONS[kind]), find_world()
    rows = world.state.reactions.select(subject=_find_subject(repository, kind, number))
    wanted = request.args.get("content")
    chosen = [row for row in rows if wanted in {None, row.content}]
    return answer_page(chosen, lambda row: shapes.render_reaction(world.urls, row, world.views.find_user))


def _add(subject: str) -> Response:
    """201; the same reaction of the same user again is 200."""
    world = find_world()
    content = read_field(read_json(), "content", str, "Reaction")
    if content not in REACTIONS:
        raise invalid("Reaction", "content")
    values = {"subject": subject, "content": content, "user": find_actor().login}
    try:
        row, status = world.state.reactions.add(**values, created_at=world.state.now()), 201
    except AlreadyExistsError:
        found = world.state.reactions.find(**values)
        if found is None:
            raise not_found() from None
        row, status = found, 200
    return answer(shapes.render_reaction(world.urls, row, world.views.find_user), status)


def _remove(repository: Repository, kind: str, number: int, reaction: int) -> Response:
    subject = _find_subject(repository, kind, number)
    row = find_world().state.reactions.find(id=reaction, subject=subject)
    if row is None or row.user != find_actor().login:
        raise not_found()
    find_world().state.reactions.remove(id=row.id)
    return Response(status=204)


def _find_subject(repository: Repository, kind: str, number: int) -> str:
    """`kind:id`; an issue is named by its number, and known by its id. Raises ApiError 404."""
    if kind == "issue":
        return f"issue:{read_issue(repository, number).id}"
    row = find_world().state.comments.find(id=number, repository=repository.id)
    if row is None or (row.issue is None) != (kind == "commit_comment"):
        raise not_found()
    return f"{kind}:{row.id}"
