"""Teams stand in for roles: those of the repository's own organisation, and never to somebody's loss."""

import pytest

from bot.commands import Role
from bot.commands.teams import parse_teams, raise_role
from bot.errors import BadSettings
from bot.setup.rights import check_teams
from config.settings import load_settings

TEAMS = parse_teams(["acme/dev=write", "acme/leads=maintain", "other/all=admin"])


@pytest.mark.parametrize(
    ("role", "member_of", "found", "asked"),
    [
        ("read", {"acme/dev"}, "write", ["acme/leads", "acme/dev"]),
        ("read", {"acme/dev", "acme/leads"}, "maintain", ["acme/leads"]),
        ("write", set(), "write", ["acme/leads"]),
        ("none", {"other/all"}, "none", ["acme/leads", "acme/dev"]),
        ("maintain", {"acme/leads"}, "maintain", []),
        ("admin", {"acme/dev"}, "admin", []),
    ],
)
def test_the_highest_team_counts_and_no_more_are_asked_about(role, member_of, found, asked):
    seen = []

    def is_member(team):
        seen.append(team)
        return team in member_of

    assert raise_role(Role.of(role), "Acme/source", TEAMS, is_member).value == found
    assert seen == asked


@pytest.mark.parametrize(
    "value", ["acme=write", "acme/dev", "acme/dev=owner", "acme/dev=none", "a/b/c=write"]
)
def test_a_setting_that_says_something_else_stops_the_start(value, monkeypatch):
    monkeypatch.setenv("ALTPRESS_COMMAND_TEAMS", f"acme/ok=write,{value}")
    with pytest.raises(BadSettings, match="ALTPRESS_COMMAND_TEAMS: must be a list of `org/team=role`"):
        load_settings()


def test_doctor_tells_of_a_team_that_cannot_be_asked_about():
    [found] = check_teams("acme", "https://page", {}, ["acme/dev", "other/all"])
    assert "lacks Members: read (who is in acme/dev)" in found.message
    assert not list(check_teams("acme", "https://page", {"members": "read"}, ["acme/dev"]))
    assert not list(check_teams("elsewhere", "https://page", {}, ["acme/dev"]))
