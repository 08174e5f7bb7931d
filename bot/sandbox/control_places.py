"""What people do by hand on GitHub's settings pages, and to tags and assets.

| request | does |
|---|---|
| PATCH repositories | `name`: rename; `owner`: transfer; `private`: hide or show; `issues`: switch them |
| GET issues | `?repository=&state=`: GitHub's whole shape, newest first, pull requests left out |
| DELETE repositories | delete |
| PUT, DELETE tags | `tag` on `to` (a branch or commit; else a new commit); or away |
| DELETE releases/N/assets | the asset `?name=` |
| PATCH, DELETE installations | of `account`: `suspended`, `permissions`, `add`, `remove`; remove it |
| POST installations | the App on one more account |
"""

from typing import Any

from flask import Response, request

from bot.sandbox import discussion, places, releases
from bot.sandbox.control import control
from bot.sandbox.control_lookups import explain, find_actor, find_target, read_release
from bot.sandbox.git import RefMovedError
from bot.sandbox.http import ApiError, answer, read_field, read_json
from bot.sandbox.model import Installation, Repository, User
from bot.sandbox.pushes import Move, announce_push, move_ref
from bot.sandbox.routes.lookups import find_world
from bot.sandbox.shapes import Json
from bot.sandbox.webhooks import note_sent
from bot.sandbox.world import World


@control.patch("/repositories")
def change_repository() -> Response:
    body = read_json()
    world, row = find_world(), find_target(body)
    actor = find_actor(body, row, role="admin")
    with note_sent() as guids, explain():
        row = _changed(world, row, actor, body)
    return answer({"id": row.id, "full_name": row.full_name, "guids": guids})


def _changed(world: World, row: Repository, actor: User, body: Json) -> Repository:
    if body.get("owner"):
        name = str(body["name"]) if body.get("name") else None
        try:
            row = places.transfer_repository(world, row, str(body["owner"]), actor, name=name)
        except KeyError:
            raise ApiError(422, f"there is no account {body['owner']!r} here") from None
    elif body.get("name"):
        row = places.rename_repository(world, row, str(body["name"]), actor)
    if body.get("private") is not None:
        row = places.set_private(world, row, actor, private=bool(body["private"]))
    if body.get("issues") is not None:
        discussion.switch_issues(world, row, on=bool(body["issues"]))
    return row


@control.get("/issues")
def list_issues() -> Response:
    """Whether they are switched off or not."""
    world, row, state = find_world(), find_target(request.args), request.args.get("state", "all")
    pulls = {pull.number for pull in world.state.pulls.select(repository=row.id)}
    rows = world.state.issues.select(repository=row.id, newest_first=True)
    shown = [issue for issue in rows if issue.number not in pulls and state in {"all", issue.state}]
    return answer([world.views.issue(row, issue) for issue in shown])


@control.delete("/repositories")
def remove_repository() -> Response:
    body = read_json()
    row = find_target(body)
    with note_sent() as guids:
        places.delete_repository(find_world(), row, find_actor(body, row, role="admin"))
    return answer({"guids": guids})


@control.put("/tags")
def put_tag() -> Response:
    """By force, as `git push -f origin TAG` does."""
    body = read_json()
    world, row = find_world(), find_target(body)
    actor, tag = find_actor(body, row, role="write"), read_field(body, "tag", str, "Reference")
    bare = world.bare(row)
    sha = bare.resolve(str(body.get("to") or row.default_branch))
    if sha is None:
        raise ApiError(422, f"{row.full_name} has no commit {body.get('to')!r}")
    if not body.get("to"):
        me = world.build_signature(actor)
        sha = bare.write_commit(bare.commit(sha).tree, [sha], me, me, f"Move {tag}")
    with note_sent() as guids, explain():
        try:
            if bare.ref(f"refs/tags/{tag}"):
                move_ref(world, row, f"refs/tags/{tag}", sha, actor, force=True)
            else:
                bare.update_ref(f"refs/tags/{tag}", sha, None)
                announce_push(world, row, Move(f"refs/tags/{tag}", None, sha), actor)
        except RefMovedError as error:
            raise ApiError(422, f"git refuses it: {error}") from None
    return answer({"sha": sha, "guids": guids})


@control.delete("/tags")
def remove_tag() -> Response:
    body = read_json()
    world, row = find_world(), find_target(body)
    actor, ref = find_actor(body, row, role="write"), f"refs/tags/{read_field(body, 'tag', str, 'Reference')}"
    sha = world.bare(row).ref(ref)
    if sha is None:
        raise ApiError(404, f"{row.full_name} has no {ref}")
    world.bare(row).update_ref(ref, None, sha)
    with note_sent() as guids:
        announce_push(world, row, Move(ref, sha, None), actor)
    return answer({"guids": guids})


@control.delete("/releases/<int:number>/assets")
def remove_asset(number: int) -> Response:
    world, row, name = find_world(), read_release(number), request.args.get("name", "")
    found = world.state.assets.find(release=row.id, name=name)
    if found is None:
        raise ApiError(404, f"{row.tag} has no asset {name!r}")
    releases.remove_asset(world, found)
    return answer({})


@control.post("/installations")
def add_installation() -> Response:
    body = read_json()
    world, account = find_world(), str(body.get("account", ""))
    first = next(iter(world.state.installations.select()), None)
    app = world.state.apps.select()[0]
    from_seed: dict[str, Any] = world.state.load_fact("app") or {}
    like = {
        "app": app.id,
        "permissions": first.permissions if first else from_seed.get("permissions", {}),
        "events": first.events if first else tuple(from_seed.get("events", ())),
    }
    with note_sent() as guids, explain():
        try:
            row = places.install(world, account, _person(world), like)
        except KeyError:
            raise ApiError(422, f"there is no account {account!r} here") from None
    return answer({"id": row.id, "guids": guids}, 201)


@control.patch("/installations")
def change_installation() -> Response:
    body = read_json()
    world, row = find_world(), _find_installation(body)
    with note_sent() as guids:
        if body.get("suspended") is not None:
            places.suspend_installation(world, row, _person(world), suspended=bool(body["suspended"]))
        if body.get("permissions"):
            granted = {**row.permissions, **body["permissions"]}
            row = world.state.installations.update(row.id, permissions=granted)
        for key in ("add", "remove"):
            ids = [find_target({"repository": name}).id for name in body.get(key) or ()]
            if ids:
                places.change_cover(world, row, ids, _person(world), added=key == "add")
                row = _find_installation(body)
    return answer({"id": row.id, "guids": guids})


@control.delete("/installations")
def remove_installation() -> Response:
    body = read_json()
    world, row = find_world(), _find_installation(body)
    world.state.save_fact("app", {"permissions": row.permissions, "events": list(row.events)})
    with note_sent() as guids:
        places.remove_installation(world, row, _person(world))
    return answer({"guids": guids})


def _find_installation(body: Json) -> Installation:
    world, account = find_world(), str(body.get("account", ""))
    rows = world.state.installations.select()
    found = next((row for row in rows if row.account.lower() == account.lower()), None)
    if found is None:
        known = ", ".join(row.account for row in rows) or "none"
        raise ApiError(404, f"the App is not installed for {account!r}, but for {known}")
    return found


def _person(world: World) -> User:
    return next(user for user in world.state.users.select() if user.type == "User")
