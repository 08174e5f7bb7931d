"""Repositories and installations as wholes: renamed, transferred, hidden, deleted, suspended, removed.

As on GitHub an old name leads to the repository until another one takes it (`moved.py`). Raises
`AlreadyExistsError` for a name that is taken, BadObjectError for one that is none, KeyError for an account
that is not there.
"""

import shutil
from collections.abc import Iterable

from bot.sandbox.model import Installation, Release, Repository, User
from bot.sandbox.shapes import Json
from bot.sandbox.state import AlreadyExistsError, State
from bot.sandbox.world import World

MOVED = "moved"  # the fact: old full name in lower case -> the repository's id, 0 for a deleted one


def rename_repository(world: World, repository: Repository, name: str, actor: User) -> Repository:
    """Another name of the same owner's."""
    changed = _move(world, repository, owner=repository.owner, name=name)
    world.announcer.repository(changed, "renamed", actor, {"repository": {"name": {"from": repository.name}}})
    return changed


def transfer_repository(
    world: World, repository: Repository, owner: str, actor: User, *, name: str | None = None
) -> Repository:
    """To another account. Its App's installation follows only where the new owner has it, too."""
    account, before = world.state.find_user(owner), world.state.find_user(repository.owner)
    if account is None or before is None:
        raise KeyError(owner)
    changed = _move(world, repository, owner=account.login, name=name or repository.name)
    kind = "organization" if before.type == "Organization" else "user"
    shown = {"login": before.login, "id": before.id, "type": before.type}
    world.announcer.repository(changed, "transferred", actor, {"owner": {"from": {kind: shown}}})
    for installation in world.state.installations.select():
        here = installation.account.lower() == account.login.lower()
        if here != (repository.id in installation.repositories):
            change_cover(world, installation, [repository.id], actor, added=here)
    return changed


def fork_repository(world: World, repository: Repository, actor: User) -> Repository:
    """A copy of the actor's own, where the App is not installed; the one that is there already."""
    known = world.state.repositories.find(owner=actor.login, parent=repository.id)
    if known is not None:
        return known
    now = world.state.now()
    row = world.state.repositories.add(
        owner=actor.login, name=repository.name, default_branch=repository.default_branch,
        description=repository.description, private=repository.private, parent=repository.id,
        created_at=now, pushed_at=now,
    )  # fmt: skip
    bare = world.git.create(row.full_name, default_branch=row.default_branch)
    bare.fetch(world.bare(repository), "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
    return row


def set_private(world: World, repository: Repository, actor: User, *, private: bool) -> Repository:
    changed = world.state.repositories.update(repository.id, private=private)
    if changed.private != repository.private:
        world.announcer.repository(changed, "privatized" if private else "publicized", actor)
    return changed


def delete_repository(world: World, repository: Repository, actor: User) -> None:
    """With all that it held. The event comes while the App could still see it, without a second one."""
    world.announcer.repository(repository, "deleted", actor)
    with world.state.transaction():
        for release in world.state.releases.select(repository=repository.id):
            _drop_release(world, release)
        for installation in _covering(world.state, repository.id):
            left = tuple(n for n in installation.repositories if n != repository.id)
            world.state.installations.update(installation.id, repositories=left)
        world.state.repositories.remove(id=repository.id)
        _note_move(world.state, repository.full_name, 0)
    shutil.rmtree(world.bare(repository).directory, ignore_errors=True)


def suspend_installation(world: World, installation: Installation, actor: User, *, suspended: bool) -> None:
    """Its tokens are refused, and only this is told, until it is let in again."""
    moment = world.state.now() if suspended else None
    changed = world.state.installations.update(installation.id, suspended_at=moment)
    world.announcer.installation(changed, "suspend" if suspended else "unsuspend", actor)


def remove_installation(world: World, installation: Installation, actor: User) -> None:
    world.announcer.installation(installation, "deleted", actor)
    world.state.installations.remove(id=installation.id)


def install(world: World, account: str, actor: User, like: Json) -> Installation:
    """The App on one more account, for all of its repositories; `like` has `app permissions events`."""
    owner = world.state.find_user(account)
    if owner is None:
        raise KeyError(account)
    covered = tuple(
        row.id for row in world.state.repositories.select() if row.owner.lower() == owner.login.lower()
    )
    row = world.state.installations.add(
        account=owner.login, repositories=covered, created_at=world.state.now(), **like
    )
    world.announcer.installation(row, "created", actor)
    return row


def change_cover(
    world: World, installation: Installation, ids: Iterable[int], actor: User, *, added: bool
) -> None:
    """Let the App into repositories, or no longer."""
    wanted = set(ids)
    kept = tuple(n for n in installation.repositories if n not in wanted)
    covered = (*kept, *sorted(wanted)) if added else kept
    changed = world.state.installations.update(installation.id, repositories=covered)
    told = sorted(wanted)
    world.announcer.installation_repositories(
        changed, added=told if added else (), removed=() if added else told, sender=actor
    )


def find_moved(state: State, full_name: str) -> Repository | None:
    """The repository that had this name before."""
    number = (state.load_fact(MOVED) or {}).get(full_name.lower())
    return state.repositories.find(id=number) if number else None


def was_there(state: State, full_name: str) -> bool:
    """Whether a repository of this name was moved away or deleted."""
    return full_name.lower() in (state.load_fact(MOVED) or {})


def _move(world: World, repository: Repository, *, owner: str, name: str) -> Repository:
    old, target = world.bare(repository).directory, world.git.find(f"{owner}/{name}").directory
    with world.state.transaction():
        changed = world.state.repositories.update(repository.id, owner=owner, name=name)
        if target != old and target.exists():
            raise AlreadyExistsError("name")
        target.parent.mkdir(parents=True, exist_ok=True)
        old.rename(target)
        _note_move(world.state, repository.full_name, repository.id)
    return changed


def _note_move(state: State, full_name: str, number: int) -> None:
    state.save_fact(MOVED, {**(state.load_fact(MOVED) or {}), full_name.lower(): number})


def _drop_release(world: World, release: Release) -> None:
    for asset in world.state.assets.select(release=release.id):
        world.state.assets.remove(id=asset.id)
        if asset.blob:
            world.files.remove(asset.blob)
    world.state.releases.remove(id=release.id)


def _covering(state: State, repository: int) -> list[Installation]:
    return [row for row in state.installations.select() if repository in row.repositories]
