"""Each client's own reading, where they differ and where they agree."""

import json

import pytest

from bot.clients import CLIENTS, build_verdicts, check_source
from tests.unit.clients.documents import BASE, changed, first_error, verdicts, warnings

VERSION = BASE["apps"][0]["versions"][0]
OLD = {"version": "1.0", "versionDate": "2024-01-02", "downloadURL": "https://e.x/a.ipa", "size": 1000}

NEWS = {"identifier": "1", "title": "T", "caption": "C", "date": "2024-01-02"}
FIRST = "apps > 0 > versions > 0"
PLATFORM = {"platform": 0, "downloadURL": "https://e.x/a"}


@pytest.mark.parametrize(
    ("document", "expected"),  # altstore-2.0, altstore, sidestore, feather, livecontainer
    [
        (changed(), "+++++"),
        (changed(source={"name": None}), "---+-"),
        (changed(source={"apps": []}), "+++-+"),
        (changed(version={"size": "123"}), "---+-"),
        (changed(version={"size": 12.5}), "---+-"),
        (changed(version={"size": True}), "---+-"),
        (changed(version={"size": 2**63}), "---+-"),
        (changed(version={"size": -1}), "+++++"),
        (changed(source={"patreonURL": ""}), "---++"),
        (changed(source={"website": ""}), "----+"),
        (changed(app={"permissions": ["photos"]}), "+++-+"),
        (changed(without=["downloadURL"]), "---++"),
        (changed(version={"date": "2024-01-02T03:04"}), "+++++"),
        (changed(version={"date": "garbage"}), "---++"),
        (changed(app={"versionDate": "garbage"}), "+++-+"),
        (changed(app={"beta": "true"}), "--++-"),
        (changed(app={"tintColor": ""}), "---++"),
        (changed(without=["bundleIdentifier"]), "---++"),
        (changed(app={"appPermissions": []}), "----+"),
        (changed(version={"minOSVersion": 14}), "----+"),
        (changed(app={"iconURL": "icon.png"}), "+++++"),
        (changed(without=["iconURL"]), "----+"),
        (changed(app={"marketplaceID": "123"}, version={"buildVersion": "1"}), "----+"),
        (changed(app={"marketplaceID": " "}, version={"buildVersion": "1"}), "-+-++"),
        (changed(app={"marketplaceID": 123}), "----+"),
        (changed(source={"patreonURL": 5}), "----+"),
        (changed(app={"date": "garbage"}), "+++-+"),
        (changed(app={"versionDate": "2023-02-30"}), "+++-+"),
        (changed(app={"versionDate": "2023-02-17T12:00Z"}), "+++-+"),
        (changed(app={"versionDate": " 2023-02-17T12:00 "}), "+++++"),
        (changed(app={"versionDate": "2023-02-17T12:00:00.1234567Z"}), "+++++"),
        (changed(app={"versionDate": "-1.5e9"}), "+++++"),
        (changed(source={"news": [NEWS | {"url": ""}]}), "----+"),
        (changed(app={"marketplaceID": "123"}), "----+"),
        (changed(app={"versions": []}), "---++"),
        (changed(app={"versions": {}}), "-----"),
        (changed(app={**OLD, "versions": None}), "+++++"),
        (changed(app={**OLD, "versions": None, "size": 2**31}), "---++"),
        (changed(app={**OLD, "versions": None, "beta": 1}), "---+-"),
        (changed(app={"downloadURL": ""}), "++--+"),
        (changed(app={"screenshots": "x"}), "---++"),
        (changed(app={"screenshots": {"ipad": ["https://e.x/1.png"]}}), "---++"),
        (changed(app={"screenshots": {"iphone": [None]}}), "---++"),
        (changed(app={"screenshots": [], "screenshotURLs": [5]}), "+++--"),
        (changed(app={"versions": [VERSION, VERSION]}), "---++"),
        (changed(app={"versions": [VERSION, {**VERSION, "buildVersion": ""}]}), "---++"),
        (changed(app={"versions": [VERSION, {**VERSION, "buildVersion": "1"}]}), "+++++"),
        (changed(source={"apps": BASE["apps"] * 2}), "---++"),
        (changed(source={"apps": None}), "+++-+"),
        (changed(source={"apps": [5]}), "-----"),
        (changed(source={"version": "2"}), "++-++"),
        (changed(source={"identifier": 5}), "++---"),
        (changed(source={"userInfo": {"a": 5}}), "---++"),
        (changed(source={"userInfo": {"patreonAccessToken": 5}}), "----+"),
        (changed(source={"featuredApps": [None]}), "---++"),
        (changed(app={"patreon": {"pledge": "much"}}), "--+++"),
        (changed(app={"patreon": {"hidden": 1}}), "--+++"),
        (changed(app={"localizedDescriptions": {"en": 5}}), "+-+++"),
        (changed(app={"localizedDescriptions": {"en": "x"}}, without=["localizedDescription"]), "-+-++"),
        (changed(version={"localizedDescription": {"en": "x"}}), "-----"),
        (changed(version={"assetURLs": {"manifest": ""}}), "+-+++"),
        (changed(version={"marketingVersion": 5}), "+-+++"),
        (changed(version={"maxOSVersion": 5}), "---++"),
        (changed(version={"buildNumber": 5}), "++++-"),
        (changed(app={"releaseChannels": {}}), "++-++"),
        (changed(app={"releaseChannels": [{"track": "stable"}]}), "++-++"),
        (changed(app={"releaseChannels": [{"releases": [VERSION]}]}), "++-++"),
        (changed(app={"releaseChannels": [{"track": "stable", "releases": []}]}), "++-++"),
        (changed(app={"releaseChannels": [{"track": "stable", "releases": [VERSION, VERSION]}]}), "++-++"),
        (
            changed(app={"releaseChannels": [{"track": "stable", "releases": [VERSION]}], "versions": 5}),
            "--+--",
        ),
        (changed(app={"platformURLs": [{"platform": 3, "downloadURL": "https://e.x/a"}]}), "++-++"),
        ([], "-----"),
        (5, "-----"),
        (None, "-----"),
    ],
)
def test_verdicts(document, expected):
    assert verdicts(document) == expected
    assert verdicts(json.dumps(document).encode()) == expected


@pytest.mark.parametrize(
    ("document", "code", "path"),
    [
        (changed(without=["size"]), "keyNotFound", "apps > 0 > versions > 0 > size"),
        (changed(app={"versions": []}), "noVersions", "apps > 0 > versions"),
        (changed(source={"apps": BASE["apps"] * 2}), "duplicateBundleID", "apps > 1 > bundleIdentifier"),
        (changed(app={"versions": [VERSION, VERSION]}), "duplicateVersion", "apps > 0 > versions > 1"),
        (changed(version={"size": 12.5}), "dataCorrupted", ""),
        (changed(version={"size": 2**64}), "dataCorrupted", "apps > 0 > versions > 0 > size"),
        (changed(app={"marketplaceID": "1"}), "keyNotFound", "apps > 0 > versions > 0 > buildVersion"),
        (
            changed(app={"appPermissions": {"privacy": {"NSX": " ", "NSY": None}}}),
            "missingPermissionUsageDescription",
            "apps > 0 > appPermissions > privacy > NSY",
        ),
        (
            changed(app={"screenshots": {"ipad": [{"imageURL": "https://e.x/1"}]}}),
            "missingScreenshotSize",
            "apps > 0 > screenshots > ipad > 0",
        ),
        (changed(app={"beta": 1}, without=["size"]), "typeMismatch", "apps > 0 > beta"),
        (changed(source={"news": [{}]}), "keyNotFound", "news > 0 > identifier"),
    ],
)
def test_what_altstore_would_show(document, code, path):
    assert first_error(document) == (code, path)


@pytest.mark.parametrize(
    ("permissions", "error"),
    [
        ({}, None),
        ({"entitlements": []}, None),
        ({"entitlements": ["a"]}, None),
        ({"entitlements": [{"name": "a"}]}, None),
        ({"entitlements": {"a": None}}, None),
        ({"entitlements": ["a", {"name": "b"}]}, "typeMismatch"),
        ({"entitlements": ["a", None]}, "typeMismatch"),
        ({"entitlements": [{"name": 1}]}, "typeMismatch"),
        ({"entitlements": [{"name": None}]}, "valueNotFound"),
        ({"entitlements": "a"}, "typeMismatch"),
        ({"privacy": []}, None),
        ({"privacy": {"NSX": "x"}}, None),
        ({"privacy": {"NSX": 5}}, "typeMismatch"),
        ({"privacy": [{"name": "X"}]}, "dataCorrupted"),
        ({"privacy": [{"name": "X", "usageDescription": ""}]}, "missingPermissionUsageDescription"),
        ({"privacy": None}, "valueNotFound"),
    ],
)
def test_permissions(permissions, error):
    document = changed(app={"appPermissions": permissions})
    found = [p.code for p in check_source(document, ["altstore"])]
    assert found == ([error] if error else [])


@pytest.mark.parametrize(
    ("document", "client", "warning"),
    [
        (changed(version={"date": "2024-01-02T03:04:05.1Z"}), "altstore", f"truncatedDate {FIRST} > date"),
        (changed(version={"downloadURL": "http://e.x/a"}), "altstore", f"insecureURL {FIRST} > downloadURL"),
        (changed(app={"tintColor": "abc"}), "altstore", "ambiguousColour apps > 0 > tintColor"),
        (changed(app={"platformURLs": [PLATFORM]}), "sidestore", "platformURLs apps > 0 > platformURLs"),
        (changed(version={"size": 2**31}), "sidestore", f"sizeCrash {FIRST} > size"),
        (changed(without=["bundleIdentifier"]), "livecontainer", "dropped apps > 0"),
        (changed(version={"downloadURL": ""}), "livecontainer", f"dropped {FIRST}"),
    ],
)  # fmt: skip
def test_warnings_refuse_nothing(document, client, warning):
    assert warnings(document, client) == [tuple(warning.split(" ", 1))]


@pytest.mark.parametrize(
    ("document", "number"),
    [
        (changed(app={"versions": []}), "MergeError 0"),
        (changed(source={"apps": BASE["apps"] * 2}), "SourceError 1"),
        (changed(app={"versions": [VERSION, VERSION]}), "SourceError 2"),
        (changed(app={"appPermissions": {"privacy": {"NSX": ""}}}), "SourceError 6"),
        (changed(app={"screenshots": {"ipad": ["https://e.x/1"]}}), "SourceError 7"),
        (changed(app={"marketplaceID": "1"}, version={"buildVersion": "1"}), "SourceError 101"),
    ],
)
def test_messages_begin_with_the_number_that_users_see(document, number):
    (problem,) = check_source(document, ["altstore"])
    assert problem.message.startswith(f"{number}: ")


def test_pal_takes_marketplace_apps_only():
    good = changed(app={"marketplaceID": "1234567890"}, version={"buildVersion": "7", "maxOSVersion": 5})
    assert check_source(good, ["altstore-pal"]) == []
    assert first_error(BASE, "altstore-pal") == ("marketplaceRequired", "apps > 0 > marketplaceID")
    too_great = changed(app={"marketplaceID": str(2**64)}, version={"buildVersion": "7"})
    assert first_error(too_great, "altstore-pal")[0] == "marketplaceRequired"


def test_a_problem_as_lint_prints_it():
    (problem,) = check_source(changed(without=["size"]), ["altstore"])
    assert problem.to_json() == {
        "client": "altstore",
        "severity": "error",
        "code": "keyNotFound",
        "path": "apps > 0 > versions > 0 > size",
        "message": "`size` is missing, but required.",
        "fix": "add `size`",
    }
    assert str(problem) == "altstore: apps > 0 > versions > 0 > size: `size` is missing, but required."


def test_an_unknown_client_is_no_silent_acceptance():
    with pytest.raises(KeyError):
        check_source(BASE, ["alstore"])
    assert len(CLIENTS) == 6


@pytest.mark.parametrize(
    "source",
    [
        {"apps": [{}] * 100_000},
        {"apps": [None] * 100_000},
        {"apps": [{"versions": [{}] * 100_000}]},
        {"apps": [], "featuredApps": [None] * 100_000, "userInfo": dict.fromkeys(map(str, range(100_000)))},
    ],
)
def test_a_document_of_faults_alone_is_told_in_part(source):
    problems = check_source(source, tuple(CLIENTS), advice=True)
    assert len(problems) < 40_000
    assert set(build_verdicts(problems, tuple(CLIENTS)).values()) == {"reject"}
    assert ("altstore", "name") in {(one.client, one.path) for one in problems}


def test_no_error_is_lost_behind_many_warnings():
    version = BASE["apps"][0]["versions"][0] | {"date": "2024-01-02T03:04"}
    many = [version | {"version": str(number)} for number in range(2000)]
    document = changed(app={"versions": [*many, version | {"size": "1"}]})
    assert [p.path for p in check_source(document, ("altstore",)) if p.severity == "error"] == [
        "apps > 0 > versions > 2000 > size"
    ]
