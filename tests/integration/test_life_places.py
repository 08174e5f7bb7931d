"""Repositories and installations that change under a running source; docs/life.md has the table."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from bot.records import DeliveryState
from bot.sandbox.make_ipa import make_ipa
from jobs.runner import settings as cached_settings
from tests.installation import APP, SITE, empty_stores, serving
from tests.life import Life, Told

__all__ = ["empty_stores"]
FOREIGN = "maintainer/app"


@pytest.fixture(params=[Told.BY_WEBHOOK, pytest.param(Told.BY_NOBODY, marks=pytest.mark.long)])
def life(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    empty_stores: dict[str, str],
) -> Iterator[Life]:
    monkeypatch.setenv("ALTPRESS_GONE_AFTER", "0")
    with serving(tmp_path, empty_stores, monkeypatch) as bot:
        found = Life(bot, request.param)
        yield found
        found.close()


def addresses(life: Life) -> list[str]:
    return [version["downloadURL"].partition("/releases/")[0] for version in life.apps()[0]["versions"]]


def test_a_renamed_app_repository_is_followed_in_one_commit(life: Life) -> None:
    life.start("1.0", "1.1")
    before = len(life.commits())
    life.do(lambda hub: hub.change_repository(APP, name="better"))
    assert {address.rpartition("/")[2] for address in addresses(life)} == {"better"}
    assert len(life.commits()) == before + 1
    assert life.downloads() == 0
    assert len(life.told_maintainer("moved")) == 1

    life.do(lambda hub: hub.release("v1.2", repository="acme/better"))
    assert life.versions() == ["1.2", "1.1", "1.0"], "webhooks name the new repository, the catalog the old"
    life.sweep()
    assert len(life.commits()) == before + 2
    assert len(life.told_maintainer("moved")) == 1


def test_a_transferred_app_repository_is_followed(life: Life) -> None:
    life.start("1.0", catalog="    bundle-id: com.acme.app\n")
    life.do(lambda hub: hub.change_repository(APP, owner="maintainer"))
    assert addresses(life)[0].endswith("/maintainer/app")
    assert life.downloads() == 0


def test_an_app_repository_made_private_takes_its_versions_out_until_it_is_public(life: Life) -> None:
    life.start("1.0", "1.1")
    life.do(lambda hub: hub.change_repository(APP, private=True))
    assert life.apps() == []
    assert len(life.told_maintainer("app")) == 1
    life.do(lambda hub: hub.change_repository(APP, private=False))
    assert life.versions() == ["1.1", "1.0"]
    assert life.downloads() == 0, "the lock kept what was read"


def test_a_private_app_repository_of_the_site_s_owner_stays_with_a_public_address(life: Life) -> None:
    life.start("1.0", catalog='    download-url: "https://cdn.acme.example/{tag}/{asset}"\n')
    life.do(lambda hub: hub.change_repository(APP, private=True))
    assert life.versions() == ["1.0"]


def test_a_deleted_app_repository_takes_its_versions_out(life: Life) -> None:
    life.start("1.0")
    life.do(lambda hub: hub.delete_repository(APP))
    if life.told is Told.BY_NOBODY:
        assert life.versions() == ["1.0"], "one 404 proves nothing"
        life.sweep()
    assert life.apps() == []
    assert life.unfinished() == []


def test_whoever_takes_the_name_of_a_deleted_repository_publishes_nothing_by_it(life: Life) -> None:
    life.start("1.0")
    life.do(lambda hub: hub.delete_repository(APP))
    life.do(lambda hub: hub.ask("POST", "repositories", json={"repository": APP, "files": {"a": ""}}))
    life.do(lambda hub: hub.release("v9.0", **{"as": "maintainer"}))
    life.sweep()
    assert life.apps() == []
    said = [issue["body"] for issue in life.bot.hub.get(f"/repos/{SITE}/issues")]
    assert any("another repository" in body for body in said)
    if life.told is Told.BY_WEBHOOK:
        life.do(lambda hub: hub.comment("/approve app 9.0", by="maintainer"))
        assert life.versions() == ["9.0"]


def test_a_repository_of_others_that_nobody_can_see_any_more_is_gone_after_two_looks(life: Life) -> None:
    """Without the App there, no webhook says so; a sweep does, and a second one."""
    life.bot.hub.ask("POST", "repositories", json={"repository": FOREIGN, "files": {"a": ""}})
    life.bot.hub.push({"altpress.yml": f"name: Others\napps:\n  - repository: {FOREIGN}\n"})
    life.sweep()
    life.bot.hub.release("v1.0", repository=FOREIGN, **{"as": "maintainer"})
    life.sweep()
    assert life.versions() == ["1.0"]
    life.do(lambda hub: hub.change_repository(FOREIGN, private=True))
    life.sweep()
    life.sweep()
    assert life.apps() == []
    life.do(lambda hub: hub.change_repository(FOREIGN, private=False))
    life.sweep()
    assert life.versions() == ["1.0"]


def test_two_looks_too_near_each_other_prove_nothing(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALTPRESS_GONE_AFTER", "600")
    cached_settings.cache_clear()
    life.start("1.0")
    life.bot.hub.ask("PUT", "faults", json={"vanished": 1})
    life.bot.hub.delete_repository(APP)
    for _ in range(3):
        life.sweep()
    assert life.versions() == ["1.0"]


def test_a_private_repository_out_of_sight_proves_nothing(life: Life) -> None:
    life.start("1.0", catalog='    download-url: "https://cdn.acme.example/{tag}/{asset}"\n')
    life.bot.hub.change_repository(APP, private=True)
    life.bot.drain()
    life.do(lambda hub: hub.change_installation(remove=[APP]))
    life.sweep()
    life.sweep()
    assert life.versions() == ["1.0"]


def test_a_renamed_site_is_written_under_its_new_name(life: Life) -> None:
    life.start("1.0")
    life.do(lambda hub: hub.change_repository(SITE, name="store"))
    life.site = "acme/store"
    assert life.versions() == ["1.0"]
    assert [state.site.key for state in life.bot.store.sites.all()] == ["acme/store@main"]
    [told] = life.told_maintainer("moved")
    assert "identifier: com.github.acme.source" in told
    assert life.document()["identifier"] == "com.github.acme.source", "installed sources know it by that"
    life.do(lambda hub: hub.release("v1.1"))
    assert life.versions() == ["1.1", "1.0"]
    assert life.downloads() == 1
    assert life.unfinished() == []


def test_the_first_identifier_is_told_by_git_alone(life: Life) -> None:
    life.start("1.0")
    before = life.bot.hub.file(".altpress/lock.jsonl")
    assert "com.github" not in before, "only a site that was renamed has the line"
    for name in ("store", "shop"):
        life.do(lambda hub, name=name: hub.change_repository(life.site, name=name))
        life.site = f"acme/{name}"
    document = life.document()
    assert document["identifier"] == "com.github.acme.source"
    with life.bot.emptied() as bot:
        again = Life(bot, life.told, site=life.site)
        again.sweep()
        assert again.document() == document
        again.close()


def test_what_an_app_repository_says_of_itself_is_shown_at_once(life: Life) -> None:
    life.start("1.0")
    hub = life.bot.hub
    token = hub.sandbox.tokens["maintainer"]
    changed = requests.patch(
        f"{hub.sandbox.api}/repos/{APP}",
        json={"description": "Now with colours"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    )
    assert changed.ok
    life.bot.drain()
    assert life.apps()[0]["localizedDescription"] == "Now with colours"


def test_a_private_site_is_written_as_before(life: Life) -> None:
    life.start("1.0")
    life.do(lambda hub: hub.change_repository(SITE, private=True))
    life.do(lambda hub: hub.release("v1.1"))
    assert life.versions() == ["1.1", "1.0"]


def test_a_deleted_site_is_forgotten(life: Life) -> None:
    life.start("1.0")
    life.do(lambda hub: hub.delete_repository(SITE))
    life.do(lambda hub: hub.release("v1.1"))
    assert life.bot.store.sites.all() == []
    assert [d for d in life.bot.store.deliveries.page(50) if d.state is DeliveryState.FAILED] == []


def test_a_site_given_to_somebody_without_the_app_is_left_alone(life: Life) -> None:
    life.start("1.0")
    life.do(lambda hub: hub.change_repository(SITE, owner="maintainer"))
    life.site = "maintainer/source"
    before = life.commits()
    life.do(lambda hub: hub.release("v1.1"))
    assert life.commits() == before
    life.do(lambda hub: hub.ask("POST", "installations", json={"account": "maintainer"}))
    assert life.versions() == ["1.1", "1.0"], "installed there, it goes on"


def test_a_suspended_installation_changes_nothing_and_misses_nothing(life: Life) -> None:
    life.start("1.0", "1.1")
    before = life.commits()
    life.do(lambda hub: hub.change_installation(suspended=True))
    life.act(lambda hub: hub.release("v1.2"))
    life.act(lambda hub: hub.delete_release("v1.1"))
    life.bot.drain()
    life.sweep()
    life.sweep()
    assert life.commits() == before
    life.do(lambda hub: hub.change_installation(suspended=False))
    assert life.versions() == ["1.2", "1.0"]


def test_a_removed_app_leaves_everything_as_it_is_and_goes_on_when_it_is_back(life: Life) -> None:
    life.start("1.0")
    before = life.commits()
    life.do(lambda hub: hub.ask("DELETE", "installations", json={"account": "acme"}))
    life.bot.hub.release("v1.1")
    life.sweep()
    life.sweep()
    assert life.commits() == before
    life.do(lambda hub: hub.ask("POST", "installations", json={"account": "acme"}))
    assert life.versions() == ["1.1", "1.0"]


def test_a_site_that_the_app_may_not_see_any_more_is_left_alone(life: Life) -> None:
    life.start("1.0")
    before = life.commits()
    life.do(lambda hub: hub.change_installation(remove=[SITE]))
    life.do(lambda hub: hub.release("v1.1"))
    assert life.commits() == before
    life.do(lambda hub: hub.change_installation(add=[SITE]))
    assert life.versions() == ["1.1", "1.0"]


def test_an_app_repository_without_the_app_is_still_read(life: Life) -> None:
    life.start("1.0")
    life.do(lambda hub: hub.change_installation(remove=[APP]))
    assert life.versions() == ["1.0"]
    life.do(lambda hub: hub.release("v1.1", {"Acme.ipa": make_ipa(version="1.1")}))
    life.sweep()
    assert life.versions() == ["1.1", "1.0"]


def test_a_repository_with_a_catalog_becomes_a_site_when_the_app_is_installed(life: Life) -> None:
    life.start("1.0")
    life.bot.hub.change_installation(remove=[SITE])
    life.bot.drain()
    life.bot.hub.push({"note.txt": "away"})
    life.do(lambda hub: hub.change_installation(add=[SITE]))
    assert [state.site.key for state in life.bot.store.sites.all()] == ["acme/source@main"]


def test_a_github_that_fails_proves_nothing(life: Life) -> None:
    life.start("1.0")
    before = life.commits()
    life.bot.hub.ask("PUT", "faults", json={"calls": 0.9, "seed": 1})
    for _ in range(4):
        life.sweep()
    life.bot.hub.ask("PUT", "faults", json={})
    assert life.commits() == before
    life.do(lambda hub: hub.release("v1.1"))
    life.hurry()
    assert life.versions() == ["1.1", "1.0"]
