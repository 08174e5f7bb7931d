"""What the author of a comment may do: looked up now, for each command."""

import logging

from bot.commands import Role
from bot.commands.teams import parse_teams, raise_role
from bot.context import Context
from bot.errors import NotAllowed

log = logging.getLogger(__name__)


def find_role(ctx: Context, repository: str, login: str) -> str:
    """The role on the repository, or the one that a team of its organisation stands in for."""
    role = Role.of(ctx.github.fetch_permission(repository, login))
    teams = parse_teams(ctx.settings.command_teams)
    return raise_role(role, repository, teams, lambda team: _is_member(ctx, repository, team, login)).value


def _is_member(ctx: Context, repository: str, team: str, login: str) -> bool:
    """Where altpress may not look, nobody is: nothing falls open."""
    try:
        return ctx.github.is_member(repository, team, login)
    except NotAllowed as error:
        log.warning("team_not_readable", extra={"team": team, "reason": error.public})
        return False
