"""Teams that stand in for roles. No I/O."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from bot.commands.model import Role


class TeamRole(NamedTuple):
    """The members of `team` (`org/slug`) count as having `role`."""

    team: str
    role: Role


def parse_teams(entries: Sequence[str]) -> tuple[TeamRole, ...]:
    """`org/team=role`, as `ALTPRESS_COMMAND_TEAMS` holds them; the highest role first."""
    found = [TeamRole(team, Role.of(role)) for team, _, role in (entry.partition("=") for entry in entries)]
    return tuple(sorted(found, key=lambda one: list(Role).index(one.role), reverse=True))


def raise_role(
    role: Role, repository: str, teams: Sequence[TeamRole], is_member: Callable[[str], bool]
) -> Role:  # fmt: skip
    """The role that the person has with their teams: those of the repository's own organisation.

    Only a team that would raise it is asked about, the highest first.
    """
    owner = repository.partition("/")[0].lower()
    for team, stands_for in teams:
        if role.reaches(stands_for):
            break
        if team.partition("/")[0].lower() == owner and is_member(team):
            return stands_for
    return role
