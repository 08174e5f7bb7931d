"""The protection of a repository's branches, asked before a reference moves."""

from bot.sandbox import protection
from bot.sandbox.model import Repository, User
from bot.sandbox.protection import ProtectedBranchError, Pusher
from bot.sandbox.shapes import Json
from bot.sandbox.world import World

HEADS = "refs/heads/"


def find_rules(world: World, repository: Repository, branch: str) -> Json | None:
    """The rules of a branch, its own or a ruleset's; None: it has none."""
    found = world.state.protections.find(repository=repository.id, branch=branch)
    return found.rules if found else None


def find_protection(world: World, repository: Repository, branch: str) -> Json | None:
    """The rules that make GitHub call it protected: a ruleset's do not."""
    rules = find_rules(world, repository, branch)
    return None if rules is None or rules.get(protection.RULESET) else rules


def check_move(
    world: World,
    repository: Repository,
    ref: str,
    actor: User,
    *,
    forced: bool = False,
    deleted: bool = False,
) -> None:
    """Raise ProtectedBranchError when the reference is a protected branch, and not for this one to move."""
    branch = ref.removeprefix(HEADS)
    rules = find_rules(world, repository, branch) if ref.startswith(HEADS) else None
    if rules is not None:
        protection.check_push(
            rules, branch, find_pusher(world, repository, actor), forced=forced, deleted=deleted
        )


def find_refused(world: World, repository: Repository, actor: User) -> dict[str, str]:
    """The branches that somebody may not push to at all, with the reason."""
    refused = {}
    for row in world.state.protections.select(repository=repository.id):
        try:
            check_move(world, repository, HEADS + row.branch, actor)
        except ProtectedBranchError as error:
            refused[HEADS + row.branch] = error.reason
    return refused


def find_pusher(world: World, repository: Repository, actor: User) -> Pusher:
    slug = actor.login.removesuffix("[bot]") if actor.type == "Bot" else None
    return Pusher(actor.login, world.state.find_role(repository, actor.login), slug)
