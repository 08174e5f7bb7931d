"""What a developer may decide from a repository of their own about a site that is somebody else's. No I/O."""

import pytest

from bot.commands import Place, Reach, answer_request, parse_commands
from bot.decisions import Decision, Decisions
from bot.errors import BadSource, NotFound, Unavailable
from tests.unit.commands.test_deciding import World as Site

FOREIGN = Place("dev/app", (Reach("acme/source@main", ("app",), whole=False),))
OWN = Place("acme/app", (Reach("acme/source@main", ("app",), whole=False),))
ELSEWHERE = "https://h/acme/source/issues/1#issuecomment-1"


class World(Site):
    """The developer is admin of the app's repository; on the site's they have `site_role`."""

    site_role = "none"

    private = False

    def role(self, site):
        return self.site_role

    def name(self, site, asked_in):
        return None if self.private else site


def decision(kind: str, link: str | None = ELSEWHERE, **more: str) -> Decision:
    values = {"kind": kind, "app": "app", "actor": "octocat", "at": "2026-01-01T00:00:00Z", "link": link}
    return Decision(**{**values, **more})


def say(text: str, world: Site, place: Place = FOREIGN):
    [request] = parse_commands(text, None)
    return answer_request(request, place, lambda: "admin", world)


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("/approve app 1.4", []),
        ("/unyank app 1.0", [decision("yank", version="1.0")]),
        ("/unyank app 1.0", [decision("yank", None, version="1.0")]),
        ("/resume app", [decision("hold")]),
        ("/unpin app", [decision("pin", version="1.0")]),
        ("/pin app 1.2", [decision("pin", version="1.0")]),
        ("/rollback app 1.2", [decision("yank", version="1.2")]),
    ],
)
def test_what_the_site_decided_is_not_undone_from_a_foreign_repository(text, before):
    world = World(Decisions(decisions=tuple(before)))
    answer = say(text, world)
    assert (answer.done, world.intents) == (False, [])
    assert "needs the role **" in answer.text
    assert "on `acme/source`; yours is **none**" in answer.text
    world.site_role = "maintain"
    assert say(text, world).done
    assert len(world.intents) == 1
    same_owner = World(Decisions(decisions=tuple(before)))
    assert say(text, same_owner, OWN).done


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("/yank app 1.0", []),
        ("/hold app", []),
        ("/pin app 1.0", []),
        ("/rollback app", []),
        ("/unyank app 1.0", [decision("yank", "https://h/dev/app/issues/3#issuecomment-4", version="1.0")]),
    ],
)
def test_what_their_own_repository_decided_may_be_undone_there(text, before):
    world = World(Decisions(decisions=tuple(before)))
    assert say(text, world).done
    assert len(world.intents) == 1


class Several(World):
    """Two sites, of which one answers with an error."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def standing(self, site):
        if site.startswith("evil/"):
            raise self.error
        return super().standing(site)


SHARED = Place(
    "acme/app",
    (Reach("evil/source@main", ("app",), whole=False), Reach("acme/source@main", ("app",), whole=False)),
)


@pytest.mark.parametrize("error", [NotFound("It is gone."), BadSource("It is too large.")])
def test_a_site_that_cannot_be_read_keeps_no_other_from_deciding(error):
    world = Several(error)
    answer = say("/yank app 1.0", world, SHARED)
    assert answer.done
    assert error.public in answer.text
    assert len(world.intents) == 1


def test_nor_does_one_that_has_to_wait():
    world = Several(Unavailable("GitHub asks for a pause."))
    with pytest.raises(Unavailable):
        say("/yank app 1.0", world, SHARED)
    assert len(world.intents) == 1


@pytest.mark.parametrize("place", [SHARED, OWN])
def test_what_is_wrong_with_a_private_site_is_told_there_alone(place):
    world = Several(NotFound("acme/hidden@main is gone."))
    world.private = True
    world.broken = place is OWN
    answer = say("/yank app 1.0", world, place)
    assert answer.done is (place is SHARED)
    assert "A source that lists this app cannot be read now" in answer.text
    for word in ("hidden", "everyone", "decisions.json"):
        assert word not in answer.text
