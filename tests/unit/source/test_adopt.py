"""Taking over a hand-made source, once."""

import json

import pytest

from bot.catalog import parse_catalog
from bot.errors import BadSource
from bot.lock import Lock, parse_lock, render_lock
from bot.source.adopt import adopt_source
from tests.unit.source.values import catalog

VERSION = {"version": "1.0", "date": "2024-01-01", "downloadURL": "https://e.x/a.ipa", "size": 1}
APP = {
    "name": "Acme", "bundleIdentifier": "com.acme.app", "developerName": "A", "localizedDescription": "d",
    "iconURL": "https://e.x/i.png", "versions": [VERSION],
}  # fmt: skip


def adopt(document, made=None):
    return adopt_source(json.dumps(document).encode(), made or catalog(clients="altstore, sidestore"))


def test_the_document_the_apps_and_the_versions_become_lines():
    newer = {**VERSION, "version": "2.0", "mystery": {"b": None}}
    adoption = adopt(
        {"name": "S", "x": 1, "news": [], "apps": [{**APP, "y": [None], "versions": [newer, VERSION]}]}
    )
    assert [(line.scope, line.app, line.bundle_identifier, line.index) for line in adoption.lines] == [
        ("source", None, None, 0),
        ("app", "app", "com.acme.app", 0),
        ("version", "app", "com.acme.app", 0),
        ("version", "app", "com.acme.app", 1),
    ]
    assert [line.entry for line in adoption.lines] == [
        {"name": "S", "x": 1, "news": []},
        {**{key: value for key, value in APP.items() if key != "versions"}, "y": [None]},
        newer,
        VERSION,
    ]
    assert adoption.report == ("Took over “Acme” with 2 versions; it is continued by `app`.",)


def test_an_app_that_nobody_feeds_is_told_to_wait_for_a_release():
    adoption = adopt({"name": "S", "apps": [{**APP, "bundleIdentifier": "com.acme.old"}]}, parse_catalog(TWO))
    [said] = adoption.report
    assert said.startswith("Took over “Acme” with 1 version; it is fed by no app of the catalog yet and ")
    assert said.endswith("stays as it is until a release with its bundle ID com.acme.old joins it.")


def test_the_old_form_has_one_version():
    old = {"version": "1.0", "versionDate": "2024-01-01", "downloadURL": "https://e.x/a.ipa", "size": 1}
    without = {key: value for key, value in APP.items() if key != "versions"}
    adoption = adopt({"name": "S", "apps": [{**without, **old, "versionDescription": "new"}]})
    assert adoption.lines[1].entry == without
    assert adoption.lines[2].entry == {**VERSION, "localizedDescription": "new"}


ONE, OTHER = "{repository: acme/one, bundle-id: com.acme.one}", "{repository: acme/two, name: Second}"
TWO = f"name: A\napps:\n  - {ONE}\n  - {OTHER}\n"
FROM_TWO = {**VERSION, "downloadURL": "https://github.com/Acme/two/releases/download/1/a"}


@pytest.mark.parametrize(
    ("app", "fed"),
    [
        ({"bundleIdentifier": "com.acme.one", "name": "Any"}, "one"),
        ({"name": "second"}, "two"),
        ({"name": "TWO"}, "two"),
        ({"name": "One"}, None),  # its bundle ID is another
        ({"name": "X", "versions": [FROM_TWO]}, "two"),
        ({"name": "X"}, None),
    ],
)  # fmt: skip
def test_which_app_goes_on(app, fed):
    adoption = adopt({"name": "S", "apps": [{**APP, **app}]}, parse_catalog(TWO))
    assert adoption.lines[1].app == fed


def test_a_lone_entry_and_a_lone_app_belong_together():
    assert adopt({"name": "S", "apps": [{**APP, "name": "Else"}]}).lines[1].app == "app"
    two = [{**APP, "name": "Else"}, {**APP, "name": "Other", "bundleIdentifier": "b"}]
    assert [line.app for line in adopt({"name": "S", "apps": two}).lines if line.scope == "app"] == [
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"website": ""}, ""),
        ({"userInfo": {"a": 1}}, "Left out `userInfo > a` of the source: altstore"),
        ({"news": [{"identifier": "n"}]}, "Left out 1 news item that a client refuses."),
        ({"apps": [{**APP, "beta": 5}]}, "Left out `beta` of “Acme”: altstore"),
        (
            {"apps": [{**APP, "versions": [VERSION, {"version": "x"}]}]},
            "Left out a version of “Acme”: altstore refuses",
        ),
        (
            {"apps": [{**APP, "versions": [VERSION, VERSION]}]},
            "Left out a version of “Acme”: 1.0 is listed twice.",
        ),
        ({"apps": [APP, {"name": "No\nid"}]}, "Left out the app “No id”: it has no bundle identifier."),
        (
            {"apps": [APP, {**APP, "versions": [{**VERSION, "version": "0.9"}]}]},
            "Merged 1 entries into others",
        ),
    ],
)
def test_what_a_client_would_refuse_is_left_out_and_told(document, said):
    adoption = adopt({"name": "S", "apps": [APP], **document})
    assert any(said in line for line in adoption.report)
    assert next(line for line in adoption.lines if line.scope == "version").entry["version"] == "1.0"


def test_merged_entries_keep_their_versions():
    entries = [APP, {**APP, "versions": [{**VERSION, "version": "0.9"}]}]
    lines = adopt({"name": "S", "apps": entries}).lines
    assert [line.entry["version"] for line in lines if line.scope == "version"] == ["1.0", "0.9"]


@pytest.mark.parametrize("data", [b"", b"[]", b"5", b"\xff\xfe", b"<html>", b"[" * 100_000])
def test_what_is_no_source(data):
    with pytest.raises(BadSource):
        adopt_source(data, catalog())


def test_odd_text_and_numbers_can_be_written_to_the_lock():
    data = b'{"name": "\\ud800", "x": 1e999, "y": {"\\udfff": NaN}, "apps": []}'
    lines = adopt_source(data, catalog(clients="altstore")).lines
    assert parse_lock(render_lock(Lock(adopted=lines))).adopted == lines
