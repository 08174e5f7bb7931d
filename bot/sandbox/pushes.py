"""References that move: checked, written atomically, and told to the App like a push."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.sandbox.git import ZERO, Bare, RefMovedError
from bot.sandbox.guarding import check_move
from bot.sandbox.model import Repository, User
from bot.sandbox.pull_follow import follow_push
from bot.sandbox.shapes import CommitObject
from bot.sandbox.shapes.payloads import MOST_COMMITS, Push, PushedCommit
from bot.sandbox.treediff import diff_trees
from bot.sandbox.world import World

_TRIES = 5  # a reference that moves under an API call is read again; each time somebody else got on


class NoFileError(Exception):
    """Somebody wants to remove what is not there."""


class NotFastForwardError(Exception):
    """The new commit does not descend from where the reference is."""


@dataclass(frozen=True, slots=True)
class Move:
    """A reference that moved; `old` is None for a new one, `new` for a deleted one."""

    ref: str
    old: str | None
    new: str | None


def move_ref(
    world: World, repository: Repository, name: str, new: str, actor: User, *, force: bool = False
) -> None:
    """Point an existing reference at `new`.

    Raises KeyError (no such reference), NotFastForwardError, ProtectedBranchError.

    The check and the write are one: `git update-ref` takes the value that was checked, and when somebody
    moved it in between all is looked at again.
    """
    bare = world.bare(repository)
    for _ in range(_TRIES):
        old = bare.ref(name)
        if old is None:
            raise KeyError(name)
        forced = not bare.is_ancestor(old, new)
        if forced and not force:
            raise NotFastForwardError(name)
        check_move(world, repository, name, actor, forced=forced)
        try:
            bare.update_ref(name, new, old)
        except RefMovedError:
            continue
        announce_push(world, repository, Move(name, old, new), actor)
        return
    raise NotFastForwardError(name)


def push_files(
    world: World, repository: Repository, files: Mapping[str, bytes | None], message: str, actor: User,
    *, branch: str | None = None,
) -> str:  # fmt: skip
    """What a person commits and pushes, in one step; the commit's name. A new branch leaves the default one.

    Raises BadObjectError, ProtectedBranchError, and NoFileError with the paths that are to be removed and
    not there.
    """
    bare, name = world.bare(repository), f"refs/heads/{branch or repository.default_branch}"
    check_move(world, repository, name, actor)
    for _ in range(_TRIES):
        old = bare.ref(name)
        on = old or bare.ref(f"refs/heads/{repository.default_branch}")
        if absent := [p for p, data in files.items() if data is None and not (on and bare.entry_at(on, p))]:
            raise NoFileError(", ".join(absent))
        new = bare.write_files(on, files, message, world.build_signature(actor))
        try:
            bare.update_ref(name, new, old)
        except RefMovedError:
            continue
        announce_push(world, repository, Move(name, old, new), actor)
        return new
    raise NotFastForwardError(name)


def announce_push(world: World, repository: Repository, move: Move, actor: User) -> None:
    """Write down that the repository was pushed to, and tell the App.

    A release whose tag is gone is a draft, as on GitHub, and no event of its own tells of that.
    """
    if move.new is None and move.ref.startswith("refs/tags/"):
        tag = move.ref.removeprefix("refs/tags/")
        for release in world.state.releases.select(repository=repository.id, tag=tag, draft=False):
            world.state.releases.update(release.id, draft=True)
    changed = world.state.repositories.update(repository.id, pushed_at=world.state.now())
    bare = world.bare(repository)
    forced = bool(move.old and move.new and not bare.is_ancestor(move.old, move.new))
    commits = tuple(_pushed(world, bare, commit) for commit in _list_new(bare, move))
    push = Push(move.ref, move.old or ZERO, move.new or ZERO, commits, forced=forced)
    world.announcer.push(changed, push, actor)
    follow_push(world, changed, move.ref, move.new, actor)


def _list_new(bare: Bare, move: Move) -> list[CommitObject]:
    """The commits that a branch gained, oldest first; none for a tag."""
    if move.new is None or not move.ref.startswith("refs/heads/"):
        return []
    head = bare.commit(move.new)
    if head.parents == ((move.old,) if move.old else ()):  # the usual case needs no process
        return [head]
    known = [move.old] if move.old else [s for r, s in bare.refs("refs/heads/").items() if r != move.ref]
    names = bare.log(move.new, *(f"^{sha}" for sha in known), limit=MOST_COMMITS)
    return [bare.commit(sha) for sha in reversed(names)]


def _pushed(world: World, bare: Bare, commit: CommitObject) -> PushedCommit:
    parent = bare.commit(commit.parents[0]).tree if commit.parents else None
    paths = diff_trees(bare, parent, commit.tree)
    by_status = {
        status: tuple(path for path, found in paths.items() if found == status)
        for status in ("added", "removed", "modified")
    }
    author, committer = world.find_author(commit.author), world.find_author(commit.committer)
    return PushedCommit(
        commit, by_status["added"], by_status["removed"], by_status["modified"],
        author=author.login if author else None, committer=committer.login if committer else None,
    )  # fmt: skip
