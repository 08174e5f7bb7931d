"""Releases become records: the real store, a GitHub in memory."""

from typing import cast

import pytest

from bot.catalog import App, Catalog
from bot.context import Context
from bot.errors import NotAllowed, NotFound, NotReady, Unavailable
from bot.github import GitHub
from bot.records import RepositoryFacts, Site, SiteState
from bot.sandbox.make_ipa import make_ipa
from bot.store import Store
from config.settings import Settings
from jobs.readiness import moment
from jobs.reading import Reader
from tests.fakes import AT, FakeGitHub, make_repository

KEY = "acme/source@main"
IPA = make_ipa(version="1.0")


class World:
    def __init__(self, store: Store, app_repository: RepositoryFacts, **app: object) -> None:
        self.github = FakeGitHub(writable={"acme/source", "acme/app"})
        self.github.repositories[app_repository.full_name.lower()] = app_repository
        self.store, self.facts = store, app_repository
        self.app = App(repository=app_repository.full_name, id="acme", **app)
        self.clock = moment(AT) + 60

    def reader(self, *, site: str = "acme/source", again: bool = False) -> Reader:
        context = Context(
            Settings(quiet_period=10),
            store=self.store,
            github=cast("GitHub", self.github),
            clock=lambda: self.clock,
        )
        state = SiteState(
            site=Site(repository=site, branch="main"),
            repository=make_repository(site),
            head="f" * 40,
            catalog_sha="1",
        )
        return Reader(context, state, Catalog(name="Acme", apps=(self.app,)), self.facts, again)

    def records(self, site: str = KEY) -> dict[str, str | None]:
        return {r.asset_name: r.facts.version if r.facts else None for r in self.store.records.of_site(site)}


@pytest.fixture
def world(store: Store) -> World:
    return World(store, make_repository("acme/app"))


def test_every_wanted_file_becomes_a_record(world: World) -> None:
    world.github.add_release(world.facts, 1, {"a.ipa": IPA, "b.ipa": make_ipa(version="1.1"), "c.txt": b"no"})
    reading = world.reader().read_release(1)
    assert (reading.changed, reading.later) == (2, ())
    assert world.records() == {"a.ipa": "1.0", "b.ipa": "1.1"}


def test_doing_it_again_changes_nothing_and_reads_nothing(world: World) -> None:
    world.github.add_release(world.facts, 1, {"a.ipa": IPA})
    world.reader().read_release(1)
    assert world.reader().read_release(1).changed == 0
    assert len(world.github.opened) == 1


def test_one_unreachable_file_does_not_stop_another(world: World) -> None:
    world.github.add_release(world.facts, 1, {"a.ipa": None, "b.ipa": IPA})
    reading = world.reader().read_release(1)
    assert world.records() == {"b.ipa": "1.0"}
    assert [type(error) for error in reading.later] == [Unavailable]


def test_another_sites_facts_are_used_without_a_download(world: World) -> None:
    world.github.add_release(world.facts, 1, {"a.ipa": IPA})
    world.reader().read_release(1)
    assert world.reader(site="other/source").read_release(1).changed == 1
    assert world.records("other/source@main") == {"a.ipa": "1.0"}
    assert len(world.github.opened) == 1


def test_a_fresh_release_is_waited_for(world: World) -> None:
    world.clock = moment(AT) + 3
    world.github.add_release(world.facts, 1, {"a.ipa": IPA})
    [later] = world.reader().read_release(1).later
    assert isinstance(later, NotReady)
    assert later.retry_after == 7
    assert world.records() == {}


def test_a_deleted_release_takes_its_records_along(world: World) -> None:
    world.github.add_release(world.facts, 1, {"a.ipa": IPA})
    world.reader().read_release(1)
    del world.github.releases[1]
    assert world.reader().read_release(1).changed == 1
    assert world.records() == {}


def test_a_repository_out_of_sight_removes_nothing(world: World) -> None:
    world.github.add_release(world.facts, 1, {"a.ipa": IPA})
    world.reader().read_release(1)
    world.github.releases.clear()
    world.github.repositories.clear()
    with pytest.raises(NotFound):
        world.reader().read_release(1)
    assert world.records() == {"a.ipa": "1.0"}


def test_what_is_no_ipa_is_kept_with_the_reason_and_told_once_at_the_release(world: World) -> None:
    world.github.add_release(world.facts, 1, {"a.ipa": b"no zip"})
    for _ in range(3):
        world.reader().read_release(1)
    [record] = world.store.records.of_site(KEY)
    assert record.verdict.code == "bad_ipa.not_a_zip"
    [(repository, sha, body)] = world.github.commit_comments
    assert (repository, sha) == ("acme/app", "commit-of-v1")
    assert "`a.ipa`" in body
    assert len(world.github.opened) == 1


def test_it_is_told_in_the_site_where_altpress_may_not_write(world: World) -> None:
    world.github.writable = {"acme/source"}
    world.github.add_release(world.facts, 1, {"a.ipa": b"no zip"})
    world.reader().read_release(1)
    [(repository, title, _)] = world.github.issues
    assert (repository, title) == ("acme/source", "acme/app v1 was not published")


def test_nobody_to_tell_is_no_failure(world: World) -> None:
    world.github.writable = set()
    world.github.add_release(world.facts, 1, {"a.ipa": b"no zip"})
    assert world.reader().read_release(1).later == ()


def test_asked_to_do_it_again_a_refused_file_is_read_again(world: World) -> None:
    world.github.add_release(world.facts, 1, {"a.ipa": b"no zip"})
    world.reader().read_release(1)
    world.github.files[100] = IPA[: len(b"no zip")]  # the same size: only reading tells
    world.reader(again=True).read_release(1)
    assert len(world.github.opened) == 2


@pytest.mark.parametrize(
    ("private_owner", "allow", "template", "allowed"),
    [
        ("acme", None, None, False),
        ("acme", None, "https://cdn.example/{asset}", True),
        ("other", None, "https://cdn.example/{asset}", False),
        ("other", "acme/source\n", "https://cdn.example/{asset}", True),
        ("other", "acme/source\n", None, False),
        ("other", "evil/source\n", "https://cdn.example/{asset}", False),
    ],
)
def test_a_private_repository_needs_consent_and_a_public_address(
    store: Store, private_owner: str, allow: str | None, template: str | None, allowed: bool
) -> None:
    facts = make_repository(f"{private_owner}/app", private=True)
    world = World(store, facts, **({"download_url": template} if template else {}))
    if allow is not None:
        world.github.allow_files[facts.full_name] = allow
    world.github.add_release(facts, 1, {"a.ipa": IPA})
    later = [error for _ in range(2) for error in world.reader().read_release(1).later]
    if allowed:
        assert later == []
        assert world.records() == {"a.ipa": "1.0"}
        assert world.github.opened == [(100, facts.full_name)], "through the API, with credentials"
        return
    assert [type(error) for error in later] == [NotAllowed] * 2
    assert world.records() == {}
    assert world.github.opened == [], "not even read"
    [(repository, _, body)] = world.github.commit_comments
    assert repository == "acme/source"
    assert "private" in body


def test_an_icon_is_kept_for_the_next_publish(world: World) -> None:
    world.github.add_release(world.facts, 1, {"a.ipa": IPA})
    world.reader().read_release(1)
    [record] = world.store.records.of_site(KEY)
    assert record.facts is not None
    assert record.facts.icon is not None
    picture = world.store.blobs.get(f"sha256:{record.facts.icon.sha256}")
    assert picture is not None
    assert picture.startswith(b"\x89PNG")
