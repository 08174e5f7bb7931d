"""The output profile, line by line: section 7.1 of the notes on the format."""

import json
import re

import pytest

from bot.catalog import parse_catalog
from bot.clients import check_source
from bot.lock import Adopted
from bot.source.build import build_source
from bot.source.codec import render_source
from tests.unit.source.values import ALL_CLIENTS, ICON, catalog, record, repository, site

LINES = """\
subtitle: Sub
subtitles: {de: Unter}
description: Text
descriptions: {fr: Texte, de: Text2}
category: games
tint-color: f54f32
screenshots:
  - https://x.example/1.png
  - {url: https://x.example/2.png, width: 5, height: 6, device: ipad}
patreon: {pledge: 3, tiers: ["1"]}
"""
TOP = "patreon-url: https://www.patreon.com/acme\nsubtitle: S\nsubtitles: {de: U}\nlanguage: en\n"
INSIDE = {"icon": ICON, "min_os_version": "15.0", "privacy": {"NSA": ""}, "entitlements": ("b", "a")}


def build(records=None, *, app=LINES, top=TOP, adopted=(), where=None):
    made = catalog(app, top)
    records = [record(1, "1.0"), record(2, "2.0", inside=INSIDE)] if records is None else records
    return build_source(made, records, adopted, where or site(), made.outputs[0])


def walk(value, path=()):
    yield path, value
    for key, item in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from walk(item, (*path, key))


def test_1_strict_json_without_empty_values():
    data = render_source(build())
    assert not data.startswith(b"\xef\xbb\xbf")
    document = json.loads(data, object_pairs_hook=lambda pairs: dict(pairs) | {"": len(pairs)})
    assert all(len(v) - 1 == v[""] for _, v in walk(document) if isinstance(v, dict))  # no key twice
    assert [path for path, value in walk(build()) if value in ("", None, [], {})] == []


def test_2_the_source_s_own_keys():
    old = [Adopted(scope="source", entry={"sourceURL": "https://old.example", "version": 2, "other": 1})]
    source = build(adopted=old)
    assert source["identifier"] == "com.github.acme.source"
    assert "sourceURL" not in source
    assert (source["version"], source["other"]) == (2, 1)
    assert "version" not in build()


def test_3_addresses_are_absolute_https_and_encoded():
    where = site(repository=repository("acme/source", 1, homepage="https://acme.example/ü b"))
    one = record(download_url="https://x.example/a b/ü.ipa")
    found = [
        value for path, value in walk(build([one], where=where)) if re.search("URL|website", str(path[-1:]))
    ]
    flat = [item for value in found for item in (value if isinstance(value, list) else [value])]
    assert len(flat) > 8
    assert all(re.fullmatch(r"https://[!-~]+", address) for address in flat)


def test_4_colours_and_dates():
    source = build([record(published_at="2026-01-02T03:04:05.678+02:00")])
    assert source["apps"][0]["tintColor"] == "#F54F32"
    assert source["apps"][0]["versions"][0]["date"] == "2026-01-02T01:04:05Z"


def test_5_an_app_s_texts():
    app = build()["apps"][0]
    required = ("name", "bundleIdentifier", "developerName", "localizedDescription", "iconURL")
    assert all(isinstance(app[key], str) and app[key] for key in (*required, "subtitle"))
    assert app["category"] == "games"
    assert app["bundleIdentifier"] == "com.acme.app"


def test_6_versions_are_newest_first_and_whole():
    versions = build([record(1, "1.0", sha256="AB" * 32), record(2, "2.0", inside=INSIDE)])["apps"][0][
        "versions"
    ]
    assert [(v["version"], v["buildVersion"], v["size"]) for v in versions] == [
        ("2.0", "1", 1000),
        ("1.0", "1", 1000),
    ]
    assert versions[1]["sha256"] == "ab" * 32
    assert versions[0]["minOSVersion"] == "15.0"
    assert not any("maxOSVersion" in v for v in versions)


def test_7_permissions_are_always_declared():
    assert build([record()])["apps"][0]["appPermissions"] == {"entitlements": [], "privacy": {}}
    permissions = build()["apps"][0]["appPermissions"]
    assert permissions["entitlements"] == ["a", "b"]
    assert permissions["privacy"] == {"NSA": "Acme asks for this."}


def test_8_screenshots_in_both_forms():
    app = build()["apps"][0]
    assert app["screenshots"]["ipad"] == [{"imageURL": "https://x.example/2.png", "width": 5, "height": 6}]
    assert app["screenshotURLs"] == ["https://x.example/1.png", "https://x.example/2.png"]


@pytest.mark.parametrize("size", [1000, 2**31 - 1, 2**31])
def test_9_the_first_version_is_mirrored(size):
    app = build([record(1, "2.0", "7", size=size, notes="New")])["apps"][0]
    first = app["versions"][0]
    mirrored = (app["version"], app["versionDate"], app["versionDescription"], app["downloadURL"])
    assert mirrored == (first["version"], first["date"], "New", first["downloadURL"])
    assert app.get("size") == (size if size < 2**31 else None)
    assert first["buildNumber"] == first["buildVersion"] == "7"


def test_10_no_marketplace_in_a_classic_document():
    key = {"app": "app", "bundle_identifier": "com.acme.app"}
    adopted = [Adopted(scope="app", entry={"marketplaceID": "", "name": "A"}, **key)]
    lines = LINES + "marketplace-id: '12'\nadp-url: https://x.example/{tag}\n"
    assert "marketplaceID" not in json.dumps(build(app=lines, adopted=adopted))


def test_11_translations_include_the_default_language():
    source = build()
    app = source["apps"][0]
    assert source["localizedSubtitles"] == {"en": "S", "de": "U"}
    assert app["localizedSubtitles"] == {"en": "Sub", "de": "Unter"}
    assert app["localizedDescriptions"] == {"en": "Text", "de": "Text2", "fr": "Texte"}
    assert (app["subtitle"], app["localizedDescription"]) == ("Sub", "Text")


def test_12_the_place_does_not_depend_on_the_content():
    made = parse_catalog("name: A\noutputs: [{path: docs/apps.json}]\napps: []\n")
    assert made.outputs[0].path == "docs/apps.json"


def test_patrons():
    source = build()
    assert source["patreonURL"] == "https://www.patreon.com/acme"
    assert source["apps"][0]["patreon"] == {"pledge": 3, "tiers": ["1"]}
    assert b'"pledge": 3,' in render_source(source)
    assert build(app="patreon: {}")["apps"][0]["patreon"] == {}


def test_every_client_takes_it():
    assert check_source(build(), ALL_CLIENTS.split(", ")) == []
