import pytest

from bot.catalog import App, Catalog
from bot.records import ACCEPTED, Asset, Facts, InnerIpa, Release, RepositoryFacts, Verdict
from bot.source.text import clean_notes
from jobs.records import (
    MAX_NOTES_KEPT,
    build_record,
    digest_of,
    is_current,
    plan_scan,
    refresh_record,
    same_file,
    wanted_assets,
)

REPOSITORY = RepositoryFacts(
    id=1, full_name="Acme/App", owner="Acme", private=False, default_branch="main", html_url="https://x"
)
AT = "2026-11-22T12:00:00Z"
APP = App(repository="acme/app", id="acme")
CATALOG = Catalog(name="Acme", apps=(APP,))
FACTS = Facts(bundle_identifier="com.acme.app", name="Acme", version="1.0", build_version="1")
REFUSED = Verdict(accepted=False, code="bad_ipa.not_a_zip", reason="It is no zip.")


def asset(number: int = 10, **changes):
    values = {
        "id": number,
        "name": f"{number}.ipa",
        "state": "uploaded",
        "size": 5,
        "digest": "sha256:AB",
        "created_at": AT,
        "updated_at": AT,
        "download_url": f"https://d/{number}",
        "api_url": "a",
    }
    return Asset(**{**values, **changes})


def release(number: int = 1, *assets: Asset, **changes):
    values = {
        "id": number,
        "repository": REPOSITORY,
        "tag": f"v{number}",
        "name": None,
        "body": "notes",
        "draft": False,
        "prerelease": False,
        "created_at": AT,
        "published_at": AT,
        "html_url": "h",
        "assets": assets or (asset(),),
    }
    return Release(**{**values, **changes})


def record(of: Release, one: Asset, *, facts: Facts | None = FACTS, verdict: Verdict = ACCEPTED):
    return build_record(APP, of, one, facts=facts, sha256=None, verdict=verdict)


def test_a_record_says_where_its_file_came_from():
    made = record(release(), asset())
    assert (made.app, made.repository, made.tag, made.notes) == ("acme", "Acme/App", "v1", "notes")
    assert (made.key, made.sha256, made.download_url) == ("1:10", "ab", "https://d/10")


def test_a_catalogs_address_replaces_githubs():
    app = APP.model_copy(update={"download_url": "https://cdn.example/{tag}/{asset}"})
    assert (
        build_record(app, release(), asset(), facts=FACTS, sha256=None).download_url
        == "https://cdn.example/v1/10.ipa"
    )


@pytest.mark.parametrize(
    ("digest", "expected"),
    [("sha256:AB", "ab"), ("sha512:ab", None), ("sha256:", None), (None, None), ("ab", None)],
)
def test_only_sha256_is_a_hash_for_clients(digest, expected):
    assert digest_of(asset(digest=digest)) == expected


@pytest.mark.parametrize(
    ("now", "same"),
    [
        (asset(), True),
        (asset(digest=None), True),
        (asset(name="renamed.ipa"), True),
        (asset(size=6), False),
        (asset(updated_at="2026-11-22T12:00:01Z"), False),
        (asset(digest="sha256:cd"), False),
        (asset(11), False),
    ],
)
def test_the_same_file_is_not_read_again(now, same):
    assert same_file(now, record(release(), asset())) is same


WRAPPED = APP.model_copy(update={"wrapped": True, "download_url": "https://cdn.example/{tag}/{file}"})
HASHES = CATALOG.model_copy(update={"hashes": True})
INNER = InnerIpa(name="Acme.ipa", size=3)
HASHED = InnerIpa(name="Acme.ipa", size=3, sha256="cd")
WRAPS = Verdict(accepted=False, code="bad_ipa.wraps_ipa", reason="It wraps one.")
OLD = asset(digest=None)


@pytest.mark.parametrize(
    ("catalog", "app", "one", "known", "current"),
    [
        (CATALOG, APP, asset(), {}, True),
        (CATALOG, APP, OLD, {}, True),
        (HASHES, APP, asset(), {}, True),
        (HASHES, APP, OLD, {}, False),
        (HASHES, APP, OLD, {"sha256": "ab"}, True),
        (HASHES, APP, OLD, {"facts": None, "verdict": REFUSED}, True),
        (HASHES, WRAPPED, OLD, {"inner": HASHED}, True),
        (HASHES, WRAPPED, asset(), {"inner": INNER}, False),
        (CATALOG, WRAPPED, asset(), {"inner": INNER}, True),
        (CATALOG, WRAPPED, asset(), {}, True),
        (CATALOG, APP, asset(), {"inner": INNER}, False),
        (CATALOG, APP, asset(), {"facts": None, "verdict": WRAPS}, True),
        (CATALOG, WRAPPED, asset(), {"facts": None, "verdict": WRAPS}, False),
        (CATALOG, WRAPPED, asset(), {"facts": None, "verdict": REFUSED}, True),
    ],
)
def test_a_file_is_read_again_when_the_catalog_asks_for_more(catalog, app, one, known, current):
    before = build_record(app, release(), OLD, **{"facts": FACTS, "sha256": None, **known})
    assert is_current(catalog, app, one, before) is current
    scanned = catalog.model_copy(update={"apps": (app,)})
    as_told_now = refresh_record(app, release(1, one), one, before)
    assert plan_scan(scanned, [release(1, one)], [as_told_now]) == ([] if current else [1])


def test_a_zip_s_own_hash_and_size_are_not_those_that_are_published():
    made = build_record(WRAPPED, release(), asset(), facts=FACTS, sha256=None, inner=INNER)
    assert (made.size, made.sha256) == (5, "ab"), "it is known by them"
    assert (made.ipa_size, made.ipa_sha256) == (3, None)
    assert made.download_url == "https://cdn.example/v1/Acme.ipa"
    assert refresh_record(WRAPPED, release(), asset(), made) == made
    plain = record(release(), asset())
    assert (plain.ipa_size, plain.ipa_sha256) == (5, "ab")


def test_what_is_said_around_a_file_is_taken_anew():
    before = record(release(), asset(), verdict=REFUSED)
    after = refresh_record(APP, release(body="better", prerelease=True), asset(), before)
    assert (after.notes, after.prerelease, after.facts, after.verdict) == ("better", True, FACTS, REFUSED)


def test_only_complete_files_that_an_app_wants_count():
    found = release(1, asset(1), asset(2, state="starter"), asset(3, name="notes.txt"))
    assert [one.id for _, one in wanted_assets(CATALOG, found)] == [1]
    assert wanted_assets(CATALOG, release(1, prerelease=True)) == []


def test_a_scan_finds_nothing_where_all_is_known():
    one, two = release(1, asset(10)), release(2, asset(20))
    assert plan_scan(CATALOG, [one, two], [record(one, asset(10)), record(two, asset(20))]) == []


@pytest.mark.parametrize(
    "now",
    [
        release(1, asset(10), asset(11)),
        release(1, asset(12)),
        release(1, asset(10, size=6)),
        release(1, asset(10), body="other notes"),
        release(1, asset(10), tag="v2"),
        release(1, prerelease=True),
        release(1, asset(10, state="starter")),
    ],
    ids=[
        "new file",
        "replaced",
        "other size",
        "other notes",
        "other tag",
        "no longer wanted",
        "being uploaded",
    ],
)
def test_a_scan_finds_what_a_webhook_would_have_told(now):
    assert plan_scan(CATALOG, [now], [record(release(1), asset(10))]) == [1]


def test_a_scan_finds_what_is_gone():
    assert plan_scan(CATALOG, [], [record(release(7), asset(10))]) == [7]


def test_a_refused_file_is_read_again_only_when_asked():
    before = [record(release(), asset(), facts=None, verdict=REFUSED)]
    assert plan_scan(CATALOG, [release()], before) == []
    assert plan_scan(CATALOG, [release()], before, again=True) == [1]


def test_notes_without_end_do_not_fill_the_lock():
    long = "".join(f"- change {number}\n" for number in range(20_000))
    made = record(release(body=long), asset())
    assert len(made.notes) == MAX_NOTES_KEPT
    assert clean_notes(made.notes) == clean_notes(long)
    assert not plan_scan(CATALOG, [release(body=long)], [made]), "it is as it was read"
