"""What the sandbox itself is made of, changed while it runs: more repositories, and faults.

| request | does |
|---|---|
| POST repositories | one more of the organisation's, with files, where the bot is installed |
| GET, PUT faults | shares of calls and deliveries that go wrong (`faults.py`), and what was done so far |
"""

from dataclasses import asdict

from flask import Response, current_app

from bot.sandbox.control import control
from bot.sandbox.control_lookups import find_actor, read_files
from bot.sandbox.faults import Faults
from bot.sandbox.http import ApiError, answer, read_field, read_json
from bot.sandbox.model import Repository
from bot.sandbox.objects import BadObjectError
from bot.sandbox.routes.lookups import find_world
from bot.sandbox.shapes import Json
from bot.sandbox.state import AlreadyExistsError
from bot.sandbox.webhooks import note_sent
from bot.sandbox.world import World


@control.post("/repositories")
def add_repository() -> Response:
    """`repository`, `files` (as for pushes), `description`, `roles` (login -> role), `private`.

    An organisation or user of that name must be there. The people get the roles that they have elsewhere,
    unless `roles` says otherwise: maintainer admin, developer write.
    """
    world, body = find_world(), read_json()
    name = read_field(body, "repository", str, "Repository")
    files = {path: data for path, data in read_files(body).items() if data is not None}
    with note_sent() as guids:
        row = _add_repository(world, name, body)
        bare = world.git.create(row.full_name, default_branch=row.default_branch)
        actor = find_actor({}, row, role="admin")
        bare.commit_files(row.default_branch, files, "Start", world.build_signature(actor))
        world.announcer.repository(row, "created", actor)
        installation = world.state.find_installation(row.id)
        if installation:
            world.announcer.installation_repositories(installation, added=[row.id], sender=actor)
    return answer({"id": row.id, "full_name": row.full_name, "guids": guids}, 201)


def _add_repository(world: World, full_name: str, body: Json) -> Repository:
    owner, _, name = full_name.partition("/")
    account = world.state.find_user(owner)
    if account is None or not name:
        raise ApiError(422, f"{full_name!r}: give OWNER/NAME of an owner that is there, such as acme/second")
    roles = body.get("roles") or {"maintainer": "admin", "developer": "write"}
    now = world.state.now()
    try:
        world.git.find(f"{account.login}/{name}")
        with world.state.transaction():
            row = world.state.repositories.add(
                owner=account.login, name=name, description=body.get("description"),
                private=bool(body.get("private")), created_at=now, pushed_at=now,
            )  # fmt: skip
            for login, role in roles.items():
                world.state.collaborators.add(repository=row.id, login=str(login), role=str(role))
            world.state.add_issue(row.id, title="altpress", body=None, author=next(iter(roles)))
            _install(world, row)
    except AlreadyExistsError:
        raise ApiError(409, f"there is a repository {full_name} already") from None
    except BadObjectError as error:
        raise ApiError(422, str(error)) from None
    return row


def _install(world: World, row: Repository) -> None:
    """The App sees all repositories of its account, as after "All repositories" on GitHub."""
    for installation in world.state.installations.select():
        if installation.account.lower() == row.owner.lower():
            covered = (*installation.repositories, row.id)
            world.state.installations.update(installation.id, repositories=covered)


@control.get("/faults")
def show_faults() -> Response:
    faults = _faults()
    return answer({**asdict(faults.shares), "done": dict(faults.counts)})


@control.put("/faults")
def set_faults() -> Response:
    """Shares by name, the others 0; `seed` makes the choices repeatable."""
    body = read_json()
    seed = body.pop("seed", None)
    try:
        _faults().set({name: float(value) for name, value in body.items()}, seed)
    except (TypeError, ValueError) as error:
        raise ApiError(422, str(error)) from None
    return show_faults()


def _faults() -> Faults:
    faults = current_app.extensions["faults"]
    assert isinstance(faults, Faults)
    return faults
