"""What the builder writes, and from what."""

import json

import pytest

from bot.catalog import parse_catalog
from bot.lock import Adopted
from bot.records import Verdict
from bot.source.build import build_source
from tests.unit.source.values import ICON, NO_DECISIONS, catalog, decided, facts, record, repository, site


def build(records=(), *, adopted=(), decisions=None, where=None, **lines):
    made = catalog(**lines)
    return build_source(
        made, records, adopted, where or site(), made.outputs[0], decisions=decisions or NO_DECISIONS
    )


def versions(source):
    return [version["version"] for app in source["apps"] for version in app["versions"]]


def test_the_whole_document_of_one_record():
    privacy = {"NSCameraUsageDescription": "Scan codes.", "NSMicrophoneUsageDescription": ""}
    inside = {
        "icon": ICON, "min_os_version": "15.0", "entitlements": ("b", "a"), "privacy": privacy,
    }  # fmt: skip
    one = record(notes="## New\r\n* a **bold** [link](https://x)\n", sha256="AB" * 32, inside=inside)
    entry = {
        "version": "1.0",
        "buildVersion": "1",
        "buildNumber": "1",
        "date": "2026-01-01T12:00:00Z",
        "localizedDescription": "New\n• a bold link",
        "downloadURL": "https://github.com/acme/app/releases/download/v1.0/App.ipa",
        "size": 1000,
        "sha256": "ab" * 32,
        "minOSVersion": "15.0",
    }
    icon = f"https://raw.githubusercontent.com/acme/source/main/icons/{'ab' * 8}.png"
    assert build([one]) == {
        "name": "Acme Source",
        "identifier": "com.github.acme.source",
        "iconURL": icon,
        "website": "https://github.com/acme/source",
        "apps": [
            {
                "name": "Acme",
                "bundleIdentifier": "com.acme.app",
                "developerName": "acme",
                "localizedDescription": "Acme",
                "iconURL": icon,
                "appPermissions": {
                    "entitlements": ["a", "b"],
                    "privacy": {
                        "NSCameraUsageDescription": "Scan codes.",
                        "NSMicrophoneUsageDescription": "Acme asks for this.",
                    },
                },
                "versions": [entry],
                "version": "1.0",
                "versionDate": "2026-01-01T12:00:00Z",
                "versionDescription": "New\n• a bold link",
                "downloadURL": entry["downloadURL"],
                "size": 1000,
            }
        ],
    }


def test_the_catalog_has_the_first_word():
    lines = (
        "name: Shown\ndeveloper: Acme Ltd\nsubtitle: Sub\ndescription: Text\nicon: https://x.example/i.png\n"
        "tint-color: aabbcc\ncategory: games\nscreenshots: ['https://x.example/1.png']"
    )
    app = build([record()], app=lines)["apps"][0]
    assert (app["name"], app["developerName"], app["subtitle"]) == ("Shown", "Acme Ltd", "Sub")
    assert (app["localizedDescription"], app["iconURL"]) == ("Text", "https://x.example/i.png")
    assert (app["tintColor"], app["category"]) == ("#AABBCC", "games")
    assert app["screenshots"] == app["screenshotURLs"] == ["https://x.example/1.png"]


def test_ipad_screenshots_have_sizes():
    lines = (
        "screenshots:\n  - https://x.example/1.png\n"
        "  - {url: https://x.example/2.png, width: 5, height: 6, device: ipad}"
    )
    app = build([record()], app=lines)["apps"][0]
    assert app["screenshots"] == {
        "iphone": ["https://x.example/1.png"],
        "ipad": [{"imageURL": "https://x.example/2.png", "width": 5, "height": 6}],
    }


def test_the_repository_says_the_rest():
    facts_of_app = repository(owner_name="Acme\nLtd", description="Does\tit", homepage="https://acme.example")
    where = site(
        app_repositories={"acme/app": facts_of_app},
        repository=repository("acme/source", 1, description="All apps", homepage="https://acme.example/ü"),
    )
    source = build([record()], where=where)
    app = source["apps"][0]
    assert (app["developerName"], app["localizedDescription"]) == ("Acme Ltd", "Does\tit")
    assert app["iconURL"] == "https://github.com/acme.png"
    assert (source["description"], source["website"]) == ("All apps", "https://acme.example/%C3%BC")


@pytest.mark.parametrize("homepage", ["", "acme.example", "javascript:alert(1)", None])
def test_a_homepage_that_is_no_address_gives_way(homepage):
    where = site(repository=repository("acme/source", 1, homepage=homepage))
    assert build([record()], where=where)["website"] == "https://github.com/acme/source"


def test_icons_follow_the_base_url_and_the_first_output():
    one = record(inside={"icon": ICON})
    assert build([one], top="base-url: https://acme.example/src")["iconURL"] == (
        f"https://acme.example/src/icons/{'ab' * 8}.png"
    )
    made = parse_catalog("name: A\noutputs: [{path: docs/apps.json}]\napps: [{repository: acme/app}]\n")
    source = build_source(made, [one], (), site(), made.outputs[0])
    assert source["iconURL"].endswith(f"/main/docs/icons/{'ab' * 8}.png")


def test_an_app_without_versions_is_left_out():
    assert build([])["apps"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": Verdict(accepted=False, code="bad_ipa.no_app", reason="x")},
        {"facts": None},
        {"repository_id": 3, "repository": "acme/tool"},
        {"asset_name": "App.zip"},
        {"prerelease": True},
        {"inside": {"bundle_identifier": "com.other"}, "asset_id": 9, "published_at": "2026-02-01T00:00:00Z"},
    ],
)
def test_what_is_not_listed(changes):
    source = build([record(2, "1.0"), record(**{"number": 1, "version": "2.0", **changes})])
    assert versions(source) == ["1.0"]


def test_a_renamed_repository_keeps_its_records():
    assert versions(build([record(repository="acme/old-name")])) == ["1.0"]


def test_permissions_hold_for_every_listed_version_and_the_newest_text_wins():
    old = record(1, "1.0", inside={"entitlements": ("x",), "privacy": {"NSA": "old", "NSB": "b"}})
    new = record(2, "2.0", inside={"entitlements": ("y",), "privacy": {"NSA": "new"}})
    permissions = build([old, new])["apps"][0]["appPermissions"]
    assert permissions == {"entitlements": ["x", "y"], "privacy": {"NSA": "new", "NSB": "b"}}


def test_one_entry_a_version_and_build_the_newest_published():
    one, two = record(1, "1.0", "5"), record(2, "1.0", "5", asset_name="Other.ipa", size=7)
    listed = build([two, one])["apps"][0]["versions"]
    assert [(v["version"], v["size"]) for v in listed] == [("1.0", 7)]


def test_keep_lists_the_newest():
    records = [record(n, f"1.{n}") for n in range(1, 6)]
    assert versions(build(records, app="keep: 2")) == ["1.5", "1.4"]


def test_the_mirrored_size_is_left_out_above_32_bits():
    app = build([record(size=2**31)])["apps"][0]
    assert "size" not in app
    assert app["versions"][0]["size"] == 2**31


def test_a_template_gives_the_address_even_to_records_of_before():
    url = build([record()], app="download-url: https://cdn.example/{tag}/{asset}")["apps"][0]["downloadURL"]
    assert url == "https://cdn.example/v1.0/App.ipa"


# ---- decisions --------------------------------------------------------------------------------------------

THREE = [record(1, "1.0"), record(5, "1.1"), record(20, "2.0")]  # held on the 10th


@pytest.mark.parametrize(
    ("decision", "listed"),
    [
        ({"kind": "yank", "version": "1.1"}, ["2.0", "1.0"]),
        ({"kind": "yank", "version": "1.1 (1)"}, ["2.0", "1.0"]),
        ({"kind": "yank", "version": "v1.1"}, ["2.0", "1.0"]),
        ({"kind": "yank", "version": "1"}, ["2.0", "1.1", "1.0"]),
        ({"kind": "yank", "version": "1.1", "app": "other"}, ["2.0", "1.1", "1.0"]),
        ({"kind": "pin", "version": "1.0"}, ["1.0", "2.0", "1.1"]),
        ({"kind": "hold"}, ["1.1", "1.0"]),
        ({"kind": "hold", "app": None}, ["1.1", "1.0"]),
        ({"kind": "hold", "app": "other"}, ["2.0", "1.1", "1.0"]),
    ],
)
def test_a_decision(decision, listed):
    assert versions(build(THREE, decisions=decided({"app": "app", **decision}))) == listed


def test_an_approved_version_passes_a_hold():
    approval = {"kind": "approve", "app": "app", "version": "2.0", "at": "2026-01-21T00:00:00Z"}
    decisions = decided({"kind": "hold"}, approval)
    assert versions(build(THREE, decisions=decisions)) == ["2.0", "1.1", "1.0"]


def test_the_latest_pin_counts_and_is_kept():
    pins = decided(
        {"kind": "pin", "app": "app", "version": "1.1"}, {"kind": "pin", "app": "app", "version": "1.0"}
    )
    assert versions(build(THREE, decisions=pins, app="keep: 2")) == ["1.0", "2.0"]


def test_a_file_uploaded_after_the_hold_is_new_however_old_its_release():
    late = record(2, "1.5", updated_at="2026-01-11T00:00:00Z")
    assert versions(build([record(1, "1.0"), late], decisions=decided({"kind": "hold"}))) == ["1.0"]


# ---- featured apps, news ----------------------------------------------------------------------------------


def test_featured_apps_and_news_name_bundle_identifiers():
    news = (
        "news:\n  - {identifier: n, date: 2026-01-01, title: T, caption: C, app: App, tint-color: 'aabbcc'}"
    )
    source = build([record()], top=f"featured-apps: [app]\n{news}")
    assert source["featuredApps"] == ["com.acme.app"]
    assert source["news"] == [
        {
            "identifier": "n", "date": "2026-01-01", "title": "T", "caption": "C", "tintColor": "#AABBCC",
            "appID": "com.acme.app",
        }
    ]  # fmt: skip


def test_an_empty_list_of_featured_apps_is_not_an_absent_one():
    assert build([record()], top="featured-apps: []")["featuredApps"] == []
    assert "featuredApps" not in build([record()])


# ---- adopted entries --------------------------------------------------------------------------------------


def adopted_lines(**changes):
    key = {"app": "app", "bundle_identifier": "com.acme.app", **changes}
    entry = {
        "name": "Hand-made",
        "subtitle": "Old",
        "mystery": [1],
        "appPermissions": {"entitlements": ["old"]},
    }
    old = [("0.9", {"buildVersion": "9", "extra": True}), ("1.0", {}), ("0.8", {})]
    lines = [
        Adopted(scope="source", entry={"userInfo": {"a": "b"}, "name": "Old name", "subtitle": "S"}),
        Adopted(scope="app", entry=entry, **key),
    ]
    return lines + [
        Adopted(
            scope="version",
            index=i,
            entry={"version": v, "downloadURL": f"https://x.example/{v}", **more},
            **key,
        )
        for i, (v, more) in enumerate(old)
    ]


def test_adopted_entries_fill_what_the_catalog_leaves_out_and_follow_the_records():
    source = build([record(1, "1.0", inside={"entitlements": ("new",)})], adopted=adopted_lines())
    app = source["apps"][0]
    assert (source["name"], source["subtitle"], source["userInfo"]) == ("Acme Source", "S", {"a": "b"})
    assert (app["name"], app["subtitle"], app["mystery"]) == ("Hand-made", "Old", [1])
    assert versions(source) == ["1.0", "0.9", "0.8"]  # the record's 1.0 instead of the adopted one
    assert app["versions"][1] == {
        "version": "0.9", "buildVersion": "9", "buildNumber": "9", "extra": True,
        "downloadURL": "https://x.example/0.9",
    }  # fmt: skip
    assert app["appPermissions"]["entitlements"] == ["new", "old"]


def test_adopted_versions_can_be_yanked_and_pinned():
    adopted = adopted_lines()
    assert versions(
        build([], adopted=adopted, decisions=decided({"kind": "yank", "app": "app", "version": "0.9"}))
    ) == [
        "1.0",
        "0.8",
    ]
    pinned = decided({"kind": "pin", "app": "app", "version": "0.8"})
    assert versions(build([record()], adopted=adopted, decisions=pinned)) == ["0.8", "1.0", "0.9"]


def test_an_adopted_app_that_nobody_feeds_stays():
    adopted = adopted_lines(app=None, bundle_identifier="com.acme.gone")
    source = build([record()], adopted=adopted)
    assert [app["bundleIdentifier"] for app in source["apps"]] == ["com.acme.app", "com.acme.gone"]
    assert source["apps"][1]["developerName"] == "acme"
    assert json.dumps(source)


def test_facts_decide_nothing_by_their_order():
    assert facts(entitlements=("b", "a")) != facts(entitlements=("a", "b"))
    one, two = record(inside={"entitlements": ("b", "a")}), record(inside={"entitlements": ("a", "b")})
    assert build([one]) == build([two])
