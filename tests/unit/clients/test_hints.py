"""What is accepted and still goes wrong: whom it concerns, where it is, and that it refuses nothing."""

import copy
from datetime import UTC, datetime

import pytest

from bot.clients import CLIENTS, build_verdicts, check_source
from bot.ipa.model import Severity
from tests.unit.clients.documents import BASE, changed

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
FIRST = "apps > 0 > versions > 0"
FULL = {
    "buildVersion": "1",
    "buildNumber": "1",
    "sha256": "0" * 64,
    "minOSVersion": "15.0",
}
NEWS = {"identifier": "n", "date": "2024-01-01", "title": "t", "caption": "c"}
SHOTS = {"screenshots": ["https://e.x/1.png"]}
LETTERS = {
    "2": "altstore-2.0", "a": "altstore", "p": "altstore-pal", "s": "sidestore", "f": "feather",
    "l": "livecontainer",
}  # fmt: skip
ALL = "2apsfl"


def perfect(*, source=None, app=None, version=None, without=()):
    """A document that leaves nothing to say, changed."""
    app = {"appPermissions": {"entitlements": []}} | (app or {})
    return changed(
        source={"identifier": "x"} | (source or {}), app=app, version=FULL | (version or {}), without=without
    )


def hints(document):
    """`(code, path)` -> the clients that say so, as letters."""
    found = {}
    for client in ALL:
        for problem in check_source(document, [LETTERS[client]], advice=True, now=NOW):
            if problem.severity is not Severity.ERROR:
                key = (problem.code, problem.path)
                found[key] = found.get(key, "") + client
                assert problem.fix
    return found


def test_nothing_is_said_about_a_good_document():
    assert hints(perfect()) == {}


def tracks(*named):
    """`(name, version)` as release channels of an app."""
    release = {"date": "2024-01-01", "downloadURL": "https://e.x/a.ipa", "size": 1, **FULL}
    channels = [{"track": name, "releases": [{**release, "version": version}]} for name, version in named]
    return perfect(app={"releaseChannels": channels})


@pytest.mark.parametrize(
    ("named", "at"),
    [
        ((("stable", "1.2.0"), ("nightly", "1.2.1-beta.1")), None),
        ((("nightly", "2.0.0"), ("stable", "1.2.0"), ("alpha", "2.0.0")), None),
        ((("stable", "1.2.0"), ("nightly", "1.1.0")), None),  # an old beta: later ones are shown
        ((("stable", "1.2"),), None),
        ((("nightly", "1.2.0"),), "releaseChannels > 0"),
        ((("stable", "1.2.0"), ("beta", "1.3.0")), "releaseChannels > 1 > track"),
        ((("stable", "1.2"), ("nightly", "1.3.0")), "releaseChannels > 1"),
        ((("stable", "1.2.0"), ("nightly", "1.3")), "releaseChannels > 1"),
    ],
)
def test_a_track_that_sidestore_does_not_show(named, at):
    expected = {("trackNotShown", f"apps > 0 > {at}"): "s"} if at else {}
    assert hints(tracks(*named)) == expected


@pytest.mark.parametrize(
    ("code", "path", "clients", "document"),
    [
        ("noSha256", f"{FIRST} > sha256", "2as", perfect(without=["sha256"], version={"sha256": None})),
        ("noBuildVersion", f"{FIRST} > buildVersion", "2as", perfect(version={"buildVersion": ""})),
        ("noMinOSVersion", f"{FIRST} > minOSVersion", "2aps", perfect(version={"minOSVersion": None})),
        ("noBuildNumber", f"{FIRST} > buildNumber", "l", perfect(version={"buildNumber": None})),
        ("badHash", f"{FIRST} > sha256", "2as", perfect(version={"sha256": "ABC"})),
        ("badHash", f"{FIRST} > sha256", "2as", perfect(version={"sha256": "0" * 64 + "\n"})),
        ("badSize", f"{FIRST} > size", ALL, perfect(version={"size": 0})),
        ("sizeCrash", f"{FIRST} > size", "2s", perfect(version={"size": 3_000_000_000})),
        ("futureDate", f"{FIRST} > date", "ap", perfect(version={"date": "2024-06-01T12:00:01Z"})),
        ("futureDate", f"{FIRST} > date", "ap", perfect(version={"date": "2024-06-01T13:30:00+01:00"})),
        ("badSystem", f"{FIRST} > minOSVersion", "2aps", perfect(version={"minOSVersion": "iOS 15"})),
        ("majorSystem", f"{FIRST} > maxOSVersion", "2as", perfect(version={"maxOSVersion": "16"})),
        ("noSystem", f"{FIRST} > maxOSVersion", "2as", perfect(version={"maxOSVersion": ""})),
        ("noSystem", f"{FIRST} > maxOSVersion", "2as", perfect(version={"maxOSVersion": "14.9"})),
        ("truncatedDate", f"{FIRST} > date", "2aps", perfect(version={"date": "2024-1-02"})),
        ("truncatedDate", f"{FIRST} > date", "2aps", perfect(version={"date": "2024-01-02T03:04:05"})),
        ("truncatedDate", f"{FIRST} > date", "2aps", perfect(version={"date": "2024-01-02T03:04:05.5Z"})),
        ("relativeURL", f"{FIRST} > downloadURL", "2apsf", perfect(version={"downloadURL": "a.ipa"})),
        ("insecureURL", f"{FIRST} > downloadURL", "2apf", perfect(version={"downloadURL": "http://e.x/a"})),
        ("unencodedURL", f"{FIRST} > downloadURL", "2apsf", perfect(version={"downloadURL": "https://e.x/ä"})),
        ("packageURL", f"{FIRST} > downloadURL", "p", perfect(version={"downloadURL": "https://e.x/a?b"})),
        ("noBundleIdentifier", "apps > 0 > bundleIdentifier", ALL, perfect(app={"bundleIdentifier": ""})),
        ("unknownCategory", "apps > 0 > category", "2aps", perfect(app={"category": "tools"})),
        ("noScreenshotURLs", "apps > 0 > screenshotURLs", "fl", perfect(app=SHOTS)),
        ("noPermissions", "apps > 0 > appPermissions", "2a", perfect(app={"appPermissions": None})),
        (
            "noPermissions",
            "apps > 0 > appPermissions",
            "2as",
            perfect(app={"appPermissions": None}, source={"version": 2}),
        ),
        (
            "legacyPrivacyName",
            "apps > 0 > appPermissions > privacy > 0 > name",
            "2as",
            perfect(app={"appPermissions": {"privacy": [{"name": "NSX", "usageDescription": "x"}]}}),
        ),
        ("patreonWithoutURL", "apps > 0 > patreon", "2ap", perfect(app={"patreon": {"pledge": 1}})),
        (
            "patronsOnly",
            "apps > 0 > patreon",
            "2ap",
            perfect(source={"patreonURL": "https://e.x"}, app={"patreon": {}}),
        ),
        ("marketplaceIDForm", "apps > 0 > marketplaceID", "p", perfect(app={"marketplaceID": "0123"})),
        ("noIdentifier", "identifier", "sf", perfect(source={"identifier": None})),
        ("unknownFeaturedApp", "featuredApps > 0", "2aps", perfect(source={"featuredApps": ["com.no"]})),
        ("tooManyFeatured", "featuredApps", "2aps", perfect(source={"featuredApps": ["com.ex.a"] * 6})),
        ("unknownNewsApp", "news > 0 > appID", "2aps", perfect(source={"news": [{**NEWS, "appID": "x"}]})),
        ("duplicateNews", "news > 1 > identifier", "2aps", perfect(source={"news": [NEWS, NEWS]})),
        ("ambiguousColour", "tintColor", "2apsfl", perfect(source={"tintColor": "#abc"})),
        ("ambiguousColour", "apps > 0 > tintColor", "2apsfl", perfect(app={"tintColor": "80F54F32"})),
        ("ambiguousColour", "apps > 0 > tintColor", "fl", perfect(app={"tintColor": ""})),
        ("unknownKey", "sourceIconURL", ALL, perfect(source={"sourceIconURL": "x"})),
        ("unknownKey", "apps > 0 > Versions", ALL, perfect(app={"Versions": []})),
        ("unknownKey", f"{FIRST} > absoluteVersion", ALL, perfect(version={"absoluteVersion": "1"})),
        ("noDefaultText", "apps > 0 > localizedDescription", "ap", perfect(
            app={"localizedDescriptions": {"en": "x"}, "localizedDescription": None}
        )),
    ],
)  # fmt: skip
def test_hints(code, path, clients, document):
    assert hints(document) == {(code, path): clients}


@pytest.mark.parametrize(
    ("dates", "path"),
    [
        (["2024-01-03", "2024-01-02"], None),
        (["2024-01-02T09:00:00Z", "2024-01-02T10:00:00Z"], None),
        (["2024-01-02", "2024-01-03"], "apps > 0 > versions > 1 > date"),
        (["2024-01-04", "2024-01-03", "2024-01-05"], "apps > 0 > versions > 2 > date"),
    ],
)
def test_versions_are_listed_newest_first(dates, path):
    version = BASE["apps"][0]["versions"][0] | FULL
    versions = [{**version, "version": str(n), "date": date} for n, date in enumerate(dates)]
    document = perfect(app={"versions": versions})
    found = [p for p in check_source(document, ["feather"], advice=True) if p.code == "versionOrder"]
    assert [p.path for p in found] == ([path] if path else [])


def test_many_alike_are_told_once():
    version = BASE["apps"][0]["versions"][0] | FULL | {"odd": 1}
    version.pop("sha256")
    document = perfect(app={"versions": [{**version, "version": str(n)} for n in range(9)]})
    found = check_source(document, ["altstore"], advice=True)
    assert [(p.code, p.path) for p in found] == [
        ("noSha256", f"{FIRST} > sha256"),
        ("unknownKey", f"{FIRST} > odd"),
    ]
    assert "9 versions" in found[0].message
    assert "9 objects" in found[1].message


@pytest.mark.parametrize(
    ("key", "meant"), [("bundleID", None), ("Versions", "versions"), ("minimumOSVersion", "minOSVersion")]
)
def test_what_a_key_may_have_meant(key, meant):
    document = perfect(app={key: "1"}, version={key: "1"})
    fixes = {p.fix for p in check_source(document, ["altstore"], advice=True) if p.code == "unknownKey"}
    assert (f"write `{meant}`, if that is meant" in fixes) is (meant is not None)


def test_a_key_of_a_package_source():
    versions = [
        {**BASE["apps"][0]["versions"][0], **FULL, "version": str(n), "downloadURL": f"https://e.x/adp{end}"}
        for n, end in enumerate(["/", "/MANIFEST.json"])
    ]
    document = perfect(app={"marketplaceID": "123", "versions": versions})
    assert hints(document) == {("sharedPackage", "apps > 0 > versions > 1 > downloadURL"): "p"}


def test_hints_are_made_on_request_only():
    assert check_source(changed(), list(CLIENTS)[:1]) == []
    assert check_source(changed(), list(CLIENTS)[:1], advice=True) != []


@pytest.mark.parametrize("value", [None, 5, "x", [], {}, [None], [[]], {"a": None}, True])
@pytest.mark.parametrize(
    "key", [*BASE, *BASE["apps"][0], *BASE["apps"][0]["versions"][0], "news", "featuredApps"]
)
def test_no_document_is_too_strange_and_no_verdict_changes(key, value):
    document = copy.deepcopy(BASE)
    for part in (document, document["apps"][0], document["apps"][0]["versions"][0]):
        odd = copy.deepcopy(document)
        if part is document:
            odd[key] = value
        elif part is document["apps"][0]:
            odd["apps"][0][key] = value
        else:
            odd["apps"][0]["versions"][0][key] = value
        plain = build_verdicts(check_source(odd, list(CLIENTS)), list(CLIENTS))
        advised = check_source(odd, list(CLIENTS), advice=True, now=NOW)
        assert build_verdicts(advised, list(CLIENTS)) == plain
