"""A release's whole life: after each event the source says what docs/life.md says, told by webhook or not.

Each case runs twice: with the webhook, and with it lost, when the next sweep must end in the same source.
"""

from bot.sandbox.make_ipa import make_ipa
from tests.installation import APP, empty_stores
from tests.life import Life, Told, life

__all__ = ["empty_stores", "life"]


def test_published_and_released(life: Life) -> None:
    life.start()
    life.do(lambda hub: hub.release("v1.0", notes="First."))
    assert life.versions() == ["1.0"]
    assert life.newest()["localizedDescription"] == "First."


def test_prereleased_counts_where_the_catalog_says_so(life: Life) -> None:
    life.start()
    life.do(lambda hub: hub.release("v2.0", prerelease=True))
    assert life.versions() == []
    life.catalog("    prereleases: include\n")
    assert life.versions() == ["2.0"]


def test_edited_notes_and_name(life: Life) -> None:
    life.start("1.0")
    life.do(lambda hub: hub.edit_release("v1.0", notes="Better words.", name="Big one"))
    assert life.newest()["localizedDescription"] == "Better words."
    assert life.downloads() == 0


def test_the_prerelease_flag_takes_a_version_out_and_brings_it_back(life: Life) -> None:
    life.start("1.0", "1.1")
    life.do(lambda hub: hub.edit_release("v1.1", prerelease=True))
    assert life.versions() == ["1.0"]
    life.do(lambda hub: hub.edit_release("v1.1", prerelease=False))
    assert life.versions() == ["1.1", "1.0"]


def test_a_renamed_tag_moves_the_address(life: Life) -> None:
    life.start("1.0")
    life.do(lambda hub: hub.edit_release("v1.0", new_tag="final"))
    assert life.newest()["downloadURL"].endswith("/acme/app/releases/download/final/Acme.ipa")
    assert life.downloads() == 0


def test_unpublished_and_published_again(life: Life) -> None:
    life.start("1.0", "1.1")
    life.do(lambda hub: hub.edit_release("v1.1", draft=True))
    assert life.versions() == ["1.0"]
    life.do(lambda hub: hub.edit_release("v1.1", draft=False))
    assert life.versions() == ["1.1", "1.0"]


def test_deleted(life: Life) -> None:
    life.start("1.0", "1.1")
    life.do(lambda hub: hub.delete_release("v1.1"))
    assert life.versions() == ["1.0"]
    life.do(lambda hub: hub.delete_release("v1.0"))
    assert life.apps() == []


def test_a_moved_tag_changes_nothing(life: Life) -> None:
    life.start("1.0")
    before = life.commits()
    life.do(lambda hub: hub.ask("PUT", "tags", json={"repository": APP, "tag": "v1.0"}))
    assert (life.versions(), life.commits()) == (["1.0"], before)


def test_a_deleted_tag_takes_the_version_out(life: Life) -> None:
    life.start("1.0", "1.1")
    life.do(lambda hub: hub.ask("DELETE", "tags", json={"repository": APP, "tag": "v1.1"}))
    assert life.versions() == ["1.0"]


def test_an_asset_added_and_removed(life: Life) -> None:
    numbers = life.start("1.0")
    life.do(lambda hub: hub.replace_asset(numbers[0], "Other.ipa", make_ipa(version="1.1")), files=True)
    assert life.versions() == ["1.1", "1.0"]
    life.do(lambda hub: hub.delete_asset(numbers[0], "Other.ipa"), files=True)
    assert life.versions() == ["1.0"]


def test_an_asset_replaced_by_another_version(life: Life) -> None:
    numbers = life.start("1.0")
    life.do(lambda hub: hub.replace_asset(numbers[0], "Acme.ipa", make_ipa(version="1.0.1")), files=True)
    assert life.versions() == ["1.0.1"]
    assert life.told_maintainer("bytes") == []


def test_a_lower_version_is_never_put_first_unless_the_catalog_allows_it(life: Life) -> None:
    life.start("2.0", "nightly")
    life.do(lambda hub: hub.release("v1.9.1"))
    assert life.versions() == ["nightly", "2.0", "1.9.1"]
    life.catalog("    downgrades: true\n")
    assert life.versions()[0] == "1.9.1"


def test_a_lost_webhook_is_really_lost(life: Life) -> None:
    """What the other tests rest upon."""
    life.start()
    life.act(lambda hub: hub.release("v1.0"))
    life.bot.drain()
    assert life.versions() == (["1.0"] if life.told is Told.BY_WEBHOOK else [])
