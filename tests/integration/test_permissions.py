"""Who may give which command, the whole way: roles, teams that stand in for them, and how many at a time."""

import pytest

from jobs.runner import settings as cached_settings
from tests.installation import APP, SITE, Installation, empty_stores, serving
from tests.talk import DONE, REFUSED, reactions, replies, say, start

__all__ = ["empty_stores"]
SETTINGS = {"COMMAND_TEAMS": "acme/release-team=write,acme/leads=maintain,other/all=admin"}


@pytest.fixture
def bot(tmp_path, monkeypatch, empty_stores):
    with serving(tmp_path, {**empty_stores, **SETTINGS}, monkeypatch) as found:
        start(found)
        yield found


def let_teams_be_seen(bot: Installation) -> None:
    rights = {"checks": "write", "contents": "write", "issues": "write", "metadata": "read"}
    bot.hub.change_installation(permissions={**rights, "pull_requests": "write", "members": "read"})


def put_team(bot: Installation, team: str, **people: list[str]) -> None:
    bot.hub.ask("PUT", "teams", json={"team": team, **people})


def test_a_team_stands_in_for_a_role(bot):
    put_team(bot, "acme/release-team", members=["visitor"], pending=["developer"])
    put_team(bot, "other/all", members=["visitor", "developer"])
    assert "yours is **read**" in say(bot, "/rebuild", by="visitor"), "members: read is not granted"
    let_teams_be_seen(bot)
    assert "Read 0 releases of `app`" in say(bot, "/rebuild", by="visitor")
    assert "needs the role **maintain** (or more) on `acme/source`; yours is **write**" in say(
        bot, "/promote", by="visitor"
    )
    assert "yours is **read**" in say(bot, "/rebuild", by="developer"), "asked, and has not answered"
    assert reactions(bot) == REFUSED
    put_team(bot, "acme/leads", members=["Visitor"])
    assert "maintain" not in say(bot, "/promote", by="visitor")
    put_team(bot, "acme/leads")
    put_team(bot, "acme/release-team")
    assert "yours is **read**" in say(bot, "/rebuild", by="visitor"), "looked up each time"


def test_a_person_may_give_so_many_commands_at_a_time(bot, monkeypatch):
    monkeypatch.setenv("ALTPRESS_COMMANDS_PER_USER", "3")
    cached_settings.cache_clear()
    assert "**not** run" not in say(bot, "/help\n/status", by="visitor")
    reply = say(bot, "/lint\n/status\n/help", by="visitor")
    assert reply.count("> `/") == 2
    assert "> `/status`\n\nThat is more than altpress takes from one person at a time" in reply
    assert "The next one is taken in 10 minutes" in reply
    assert reactions(bot) == REFUSED
    told = len(replies(bot))
    assert say(bot, "/help", by="visitor") == ""
    assert reactions(bot) == ["confused"], "one write to GitHub, no more"
    assert say(bot, "/help", by="visitor", repository=APP) == "", "wherever it is given"
    assert reactions(bot, APP) == ["confused"]
    assert len(replies(bot, SITE)) == told, "said once"
    say(bot, "/help", by="maintainer")
    assert reactions(bot) == DONE, "another person's are not concerned"
