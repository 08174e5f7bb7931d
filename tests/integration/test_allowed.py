"""A private repository of others allows a site by a file: what its absence means, and when."""

import pytest

from bot.errors import Unavailable
from bot.store import Store
from tests.fakes import make_repository
from tests.integration.test_reading import IPA, KEY, World

OTHERS = "wolf/app"


@pytest.fixture
def world(store: Store) -> World:
    found = World(store, make_repository(OTHERS, private=True), download_url="https://cdn.example/{asset}")
    found.github.allow_files[OTHERS] = "acme/source\n"
    return found


def refusal(world: World) -> str | None:
    return world.reader().find_refusal(world.app)


def test_one_404_of_the_file_takes_nothing_back(world: World) -> None:
    world.github.add_release(world.facts, 1, {"a.ipa": IPA})
    assert world.reader().read_release(1).changed == 1
    del world.github.allow_files[OTHERS]
    [error] = world.reader().read_release(1).later
    assert isinstance(error, Unavailable)
    assert [record.verdict.accepted for record in world.store.records.of_site(KEY)] == [True]
    assert world.github.issues == [], "nobody is told of a mishap"


def test_a_file_that_stays_away_is_gone(world: World) -> None:
    assert refusal(world) is None
    del world.github.allow_files[OTHERS]
    for seconds in (0, 300, 299):
        world.clock += seconds
        with pytest.raises(Unavailable, match="cannot be found"):
            refusal(world)
    world.clock += 1
    assert "does not allow acme/source" in (refusal(world) or "")


def test_a_file_that_is_back_begins_anew(world: World) -> None:
    assert refusal(world) is None
    for _ in range(2):
        del world.github.allow_files[OTHERS]
        with pytest.raises(Unavailable):
            refusal(world)
        world.clock += 1000
        world.github.allow_files[OTHERS] = "acme/source\n"
        assert refusal(world) is None


def test_a_file_that_names_the_site_no_more_is_an_answer(world: World) -> None:
    assert refusal(world) is None
    world.github.allow_files[OTHERS] = "# nobody\n"
    assert "does not allow acme/source" in (refusal(world) or "")


def test_a_repository_that_never_had_one_allows_nobody(world: World) -> None:
    del world.github.allow_files[OTHERS]
    assert "does not allow acme/source" in (refusal(world) or "")
