"""The rows of the PAL install vectors (P01, …) that a manifest decides, and others beside them."""

import pytest

from bot.clients import build_verdicts, check_manifest, check_source
from bot.clients.marketplace import manifest_address

MANIFEST = {
    "bundleId": "com.ex.a",
    "appleItemId": "1234567890",
    "shortVersionString": "1.0",
    "bundleVersion": "7",
}
APP = {"bundleIdentifier": "com.ex.a", "marketplaceID": "1234567890"}
VERSION = {"version": "1.0", "buildVersion": "7"}


@pytest.mark.parametrize(
    ("row", "app", "version", "number"),
    [
        ("as it should be", {}, {}, None),
        ("P01", {"bundleIdentifier": "com.ex.b"}, {}, 101),
        ("beside P01", {"marketplaceID": "1234567891"}, {}, 102),
        ("beside P01", {"marketplaceID": "01234567890"}, {}, 102),
        ("P03", {}, {"version": "1.0.0"}, 104),
        ("beside P03", {}, {"buildVersion": "8"}, 105),
        ("beside P03", {}, {"buildVersion": ""}, 105),
        ("P13", {}, {"buildVersion": None}, 105),
        (
            "order",
            {"bundleIdentifier": "x", "marketplaceID": "1"},
            {"version": "2", "buildVersion": "8"},
            101,
        ),
        ("order", {"marketplaceID": "1"}, {"version": "2"}, 102),
        ("order", {}, {"version": "2", "buildVersion": "8"}, 104),
    ],
)
def test_what_is_compared(row, app, version, number):
    problems = check_manifest(APP | app, VERSION | version, MANIFEST)
    first = problems[0].message.split(":")[0] if problems else None
    assert first == (f"VerificationError {number}" if number else None), row


def test_grandfathered_versions_may_mismatch():  # P11
    app = {"bundleIdentifier": "com.rileytestut.Delta", "marketplaceID": "1"}
    assert check_manifest(app, {"version": "1.6.2"}, MANIFEST) == []
    assert check_manifest(app, {"version": "1.6.3"}, MANIFEST) != []


@pytest.mark.parametrize(
    ("url", "codes"),
    [
        ("https://xitrix.github.io/iTorrent/AltStoreEU.json", []),
        ("http://www.xitrix.github.io/itorrent/altstoreeu.json?x", []),
        ("https://e.x/apps.json", ["incorrectSource"]),
        (None, []),
    ],
)
def test_an_app_that_is_bound_to_its_source(url, codes):  # beside P11
    app = APP | {"bundleIdentifier": "com.xitrix.iTorrent2"}
    manifest = MANIFEST | {"bundleId": "com.xitrix.iTorrent2"}
    assert [p.code for p in check_manifest(app, VERSION, manifest, source_url=url)] == codes


def test_without_a_marketplace_id_nothing_is_compared():
    (problem,) = check_manifest({"bundleIdentifier": "x"}, VERSION, MANIFEST)
    assert (problem.code, problem.path) == ("unknownMarketplaceID", "apps > 0 > marketplaceID")


@pytest.mark.parametrize("end", ["", "/", "/manifest.json", "/MANIFEST.json"])
def test_one_package_however_it_is_written(end):  # P07
    assert manifest_address({"downloadURL": f"https://e.x/adp{end}"}) == "https://e.x/adp/manifest.json"


def test_where_else_a_manifest_may_lie():
    assets = {"manifest": "https://e.x/files/manifest-1.json"}
    version = {"downloadURL": "https://e.x/adp", "assetURLs": assets}
    assert manifest_address(version) == assets["manifest"]  # beside P07
    post = {"downloadURL": "https://www.patreon.com/posts/title-123456"}
    assert manifest_address(post) is None  # P19


def test_two_versions_of_one_package():  # P09: the older one's numbers differ from the manifest's
    older = VERSION | {"version": "0.9", "buildVersion": "6"}
    assert [p.code for p in check_manifest(APP, older, MANIFEST)] == [
        "mismatchedVersion",
        "mismatchedBuildVersion",
    ]


def test_builds_of_one_version_decode():  # P15
    entry = {"version": "1.0", "date": "2024-01-02", "downloadURL": "https://e.x/1", "size": 1}
    app = APP | {
        "name": "A",
        "developerName": "D",
        "localizedDescription": "x",
        "iconURL": "https://e.x/i.png",
        "versions": [{**entry, "buildVersion": "7"}, {**entry, "buildVersion": "6"}],
    }
    found = check_source({"name": "S", "apps": [app]}, ["altstore-pal"])
    assert build_verdicts(found, ["altstore-pal"]) == {"altstore-pal": "accept"}
