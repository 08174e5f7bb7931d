"""AltStore PAL's documents, and what the others' do not hold of them."""

import json

import pytest

from bot.catalog import parse_catalog
from bot.clients import check_source
from bot.lock import Adopted
from bot.source.adopt import adopt_source
from bot.source.build import build_source
from bot.source.plan import plan_publish
from tests.unit.source.values import NO_DECISIONS, NOW, decided, record, site

ADP = "https://cdn.example/{name}/{version}-{build}"
CATALOG = f"""\
name: Acme
outputs: [{{path: apps.json}}, {{path: pal.json, clients: [altstore-pal]}}]
apps:
  - {{repository: acme/app, marketplace-id: "123", adp-url: "{ADP}"}}
  - {{repository: acme/tool}}
"""


def build(records, catalog=CATALOG, adopted=(), decisions=NO_DECISIONS):
    """The Classic document and PAL's."""
    made = parse_catalog(catalog)
    return [build_source(made, records, adopted, site(), o, decisions=decisions) for o in made.outputs]


def tool(**changes):
    inside = {"bundle_identifier": "com.acme.tool"}
    return record(9, repository_id=3, repository="acme/tool", app="tool", inside=inside, **changes)


def test_pal_has_an_output_of_its_own_from_the_same_records():
    classic, pal = build([record(1, "1.0", "7", sha256="ab" * 32, inside={"min_os_version": "17.4"}), tool()])
    assert [app["bundleIdentifier"] for app in classic["apps"]] == ["com.acme.app", "com.acme.tool"]
    assert "marketplaceID" not in json.dumps(classic)
    (app,) = pal["apps"]
    assert app["marketplaceID"] == "123"
    assert app["versions"] == [
        {
            "version": "1.0", "buildVersion": "7", "date": "2026-01-01T12:00:00Z", "size": 1000,
            "downloadURL": "https://cdn.example/app/1.0-7", "minOSVersion": "17.4",
        }
    ]  # fmt: skip
    assert not {"version", "downloadURL", "size", "versionDate"} & app.keys()
    assert not check_source(pal, ["altstore-pal"])
    assert not check_source(classic, ["altstore", "altstore-2.0", "sidestore", "feather", "livecontainer"])


def test_a_file_without_build_is_not_for_pal_and_stays_for_the_others():
    classic, pal = build([record(1, "1.0", ""), record(2, "1.1", "5")])
    assert [v["version"] for v in classic["apps"][0]["versions"]] == ["1.1", "1.0"]
    assert [v["version"] for v in pal["apps"][0]["versions"]] == ["1.1"]


def test_of_two_versions_with_one_address_the_first_counts():
    catalog = CATALOG.replace("{version}-{build}", "{version}")
    records = [record(1, "1.0", "1"), record(2, "1.0", "2")]
    assert [v["buildVersion"] for v in build(records, catalog)[1]["apps"][0]["versions"]] == ["2"]
    pinned = decided({"kind": "pin", "app": "app", "version": "1.0 (1)"})
    shown = build(records, catalog, decisions=pinned)[1]["apps"][0]["versions"]
    assert [v["buildVersion"] for v in shown] == ["1"]


def test_two_apps_do_not_share_an_address():
    apps = CATALOG.replace("{name}/", "").replace(
        "{repository: acme/tool}",
        '{repository: acme/tool, marketplace-id: "4", adp-url: "https://cdn.example/{version}-{build}"}',
    )
    assert [app["bundleIdentifier"] for app in build([record(), tool()], apps)[1]["apps"]] == ["com.acme.app"]


def test_a_hostile_version_cannot_change_the_address():
    _, pal = build([record(1, "../|?x#\ud800", "1", tag="t")])
    assert pal["apps"][0]["versions"][0]["downloadURL"] == "https://cdn.example/app/..%2F%7C%3Fx%23%3F-1"


ENTRY = {
    "name": "P", "bundleIdentifier": "com.acme.app", "developerName": "d", "localizedDescription": "t",
    "iconURL": "https://x.example/i.png", "marketplaceID": "0123",
}  # fmt: skip
VERSION = {
    "version": "0.9",
    "buildVersion": "3",
    "date": "2025-01-01",
    "size": 1,
    "assetURLs": {"manifest": "u"},
}


def adopted():
    key = {"app": "app", "bundle_identifier": "com.acme.app"}
    version = {**VERSION, "downloadURL": "https://x.example/adp"}
    return [Adopted(scope="app", entry=ENTRY, **key), Adopted(scope="version", entry=version, **key)]


def test_a_hand_made_app_of_pal_s_keeps_its_packages_there():
    classic, pal = build([record(1, "1.0", "7")], adopted=adopted())
    assert [v["version"] for v in classic["apps"][0]["versions"]] == ["1.0"]
    assert "marketplaceID" not in classic["apps"][0]
    assert [v["version"] for v in pal["apps"][0]["versions"]] == ["1.0", "0.9"]
    assert pal["apps"][0]["marketplaceID"] == "123"  # the catalog's word comes first
    said = f', marketplace-id: "123", adp-url: "{ADP}"'
    unsaid = CATALOG.replace(said, "").replace("acme/tool", f"acme/tool{said}")
    alone = build([record(1, "1.0", "7")], unsaid, adopted())[1]["apps"][0]
    assert (alone["marketplaceID"], [v["version"] for v in alone["versions"]]) == ("0123", ["0.9"])


@pytest.mark.parametrize(("first", "kept"), [("altstore-pal", ["0.9"]), ("altstore", ["0.9", "0.8"])])
def test_a_document_is_taken_over_by_the_rules_of_the_first_output(first, kept):
    other = "altstore" if first == "altstore-pal" else "altstore-pal"
    catalog = CATALOG.replace("path: apps.json", f"path: apps.json, clients: [{first}]").replace(
        "clients: [altstore-pal]}]", f"clients: [{other}]}}]"
    )
    versions = [{**VERSION, "downloadURL": "https://x.example/a", "assetURLs": {}}]
    versions.append({**versions[0], "version": "0.8", "buildVersion": ""})
    made = parse_catalog(catalog)
    document = {"name": "S", "apps": [{**ENTRY, "versions": versions}]}
    lines = adopt_source(json.dumps(document).encode(), made).lines
    assert [line.entry["version"] for line in lines if line.scope == "version"] == kept


def test_one_commit_brings_both_documents():
    plan = plan_publish(
        site=site(), catalog=parse_catalog(CATALOG), decisions=NO_DECISIONS, records=[record(), tool()],
        lock=None, current={}, icons={}, causes=[], now=NOW,
    )  # fmt: skip
    assert not plan.problems
    assert not check_source(plan.files["pal.json"], ["altstore-pal"])
    assert not check_source(plan.files["apps.json"], ["altstore", "sidestore"])
