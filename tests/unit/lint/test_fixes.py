"""The table of repairs, the whole of them, and what they must never do."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.clients import CLIENTS, build_verdicts, check_source
from bot.lint.document import Unfixable
from bot.lint.fixes import FIXES, apply_fix, fix_source
from tests.unit.lint.documents import APP, BASE, VERSION, source

LEGACY = {"version": "1.0", "versionDate": "2024-01-02", "downloadURL": "https://e.x/a", "size": 1}
V1, V2 = VERSION | {"date": "2024-01-01"}, VERSION | {"version": "2.0", "date": "2024-02-01"}
MIRROR = {"version": "1.0", "versionDate": "2024-01-01", "downloadURL": "https://e.x/a.ipa", "size": 1000}
ONE, TWO = {"date": "2024-02-01T01:00:00Z"}, {"date": "2024-02-01T02:00:00Z"}
NAMED = [{"name": "get-task-allow"}, {"name": "aps-environment", "usageDescription": "x"}]
TOLD = [
    {"name": "Camera", "usageDescription": "x"},
    {"name": "NSCameraUsageDescription", "usageDescription": "y"},
]

# fix, before, after
TABLE = [
    ("nulls", source(subtitle=None, zzz=None, news=None), source(zzz=None)),
    ("nulls", source(name=None), source(name=None)),
    ("nulls", source(version={"maxOSVersion": None, "size": None}), source(version={"size": None})),
    ("nulls", source({"appPermissions": {"entitlements": None}}), source({"appPermissions": {}})),
    ("empty", source(website="", tintColor=" ", subtitle=""), source()),
    ("empty", source(name="", subtitle=" ", zzz=""), source(name="", subtitle=" ", zzz="")),
    ("empty", source({"marketplaceID": "", "iconURL": ""}), source({"iconURL": ""})),
    ("empty", source({"downloadURL": ""}), source()),
    ("empty", source(version={"sha256": "", "maxOSVersion": "", "date": ""}), source(version={"date": ""})),
    ("empty-screenshots", source({"screenshotURLs": ["", "https://e.x/1"]}),
     source({"screenshotURLs": ["https://e.x/1"]})),
    ("empty-screenshots", source({"screenshots": {"ipad": ["", {"a": 1}]}}),
     source({"screenshots": {"ipad": [{"a": 1}]}})),
    ("dates", source(version={"date": "2024-1-02"}), source()),
    ("dates", source({"versionDate": "2024-1-2"}), source({"versionDate": "2024-01-02"})),
    ("dates", source(version={"date": 5, "zdate": "2024-1-2"}), None),
    ("dates", source(news=[{"date": "2024-1-2"}]), source(news=[{"date": "2024-01-02"}])),
    ("colours", source({"tintColor": "f00"}, tintColor="#zz"),
     source({"tintColor": "#ff0000"}, tintColor="#zz")),
    ("urls", source({"iconURL": "https://e.x/a b"}), source({"iconURL": "https://e.x/a%20b"})),
    ("urls", source({"screenshots": ["https://e.x/a b", {"imageURL": "a b"}]}),
     source({"screenshots": ["https://e.x/a%20b", {"imageURL": "a%20b"}]})),
    ("numbers", source(version={"size": "1000"}), source()),
    ("numbers", source({"screenshots": [{"imageURL": "x", "width": "5"}]}),
     source({"screenshots": [{"imageURL": "x", "width": 5}]})),
    ("category", source({"category": "Games"}), source({"category": "games"})),
    ("entitlements", source({"appPermissions": {"entitlements": NAMED}}),
     source({"appPermissions": {"entitlements": ["get-task-allow", "aps-environment"]}})),
    ("entitlements", source({"appPermissions": {"entitlements": [{"name": "a", "more": "b"}]}}), None),
    ("entitlements", source({"appPermissions": {"entitlements": {"a": True}}}), None),
    ("privacy", source({"appPermissions": {"privacy": TOLD}}),
     source({"appPermissions": {"privacy": {"NSCameraUsageDescription": "x"}}})),
    ("privacy", source({"appPermissions": {"privacy": [{"name": "Camera"}]}}), None),
    ("privacy", source({"appPermissions": {"privacy": []}}), None),
    ("repeated", source({"versions": [V2, V1, V2, V1]}), source({"versions": [V2, V1]})),
    ("repeated", source({"versions": [V1, V1 | {"size": 5}]}), None),
    ("repeated", {"apps": [APP, APP]}, {"apps": [APP]}),
    ("order", source({"versions": [V1, V2]}), source({"versions": [V2, V1]})),
    ("order", source({"versions": [V2, V1]}), None),
    ("order", source({"versions": [V1, V2], **MIRROR}),
     source({"versions": [V2, V1], **MIRROR, "version": "2.0", "versionDate": "2024-02-01"})),
    ("order", source({"versions": [V1, V2], **MIRROR, "size": 7}),
     source({"versions": [V2, V1], **MIRROR, "size": 7})),
    ("order", source({"versions": [V1, V2 | {"size": 3_000_000_000}], "size": 1000}),
     source({"versions": [V2 | {"size": 3_000_000_000}, V1]})),
    ("order", source({"versions": [V1 | {"date": V2["date"]}, V2]}), None),
    ("order", source({"versions": [V2 | {"date": "2024-01-01"}, V1 | {"date": "2024-02-01"}]}), None),
    ("order", source({"versions": [V1, V2 | {"date": "garbage"}]}), None),
    ("order", source({"versions": [V1 | {"version": "a"}, V2 | {"version": "b"}]}),
     source({"versions": [V2 | {"version": "b"}, V1 | {"version": "a"}]})),
    ("order", source({"versions": [V1 | ONE, V2]}), None),
    ("order", source({"versions": [V1 | ONE, V2 | TWO]}), source({"versions": [V2 | TWO, V1 | ONE]})),
]  # fmt: skip


@pytest.mark.parametrize(("name", "before", "after"), TABLE)
def test_each_repair(name, before, after):
    """`after` None: nothing is changed."""
    given = json.dumps(before)
    value, changes = apply_fix(before, name)
    assert value == (before if after is None else after)
    assert bool(changes) is (after is not None and after != before)
    assert json.dumps(before) == given
    assert all(change.fix == name and change.what for change in changes)


def test_the_table_is_tried_in_full():
    assert {name for name, _, _ in TABLE} == set(FIXES)


def test_legacy_fields_stay_where_they_are_the_version():
    document = {"name": "S", "apps": [{**APP, **LEGACY, "downloadURL": ""}]}
    del document["apps"][0]["versions"]
    assert apply_fix(document, "empty")[0] == document


def fixed(document):
    return fix_source(document if isinstance(document, bytes) else json.dumps(document).encode())


def test_a_repair_makes_another_possible():
    repeated = [V1 | {"date": "2024-1-01"}, V1, V2]
    assert json.loads(fixed(source({"versions": repeated})).data)["apps"][0]["versions"] == [V2, V1]


def test_the_canonical_form_is_a_change_of_its_own():
    made = fixed(BASE)
    assert [change.fix for change in made.changes] == ["form"]
    assert fix_source(made.data).changes == ()
    assert fix_source(made.data).data == made.data


def test_numbers_keep_their_digits():
    text = b'{"name": "S", "a": 1.10, "b": 1e400, "c": 123456789012345678901234567890, "d": -0.0, "e": 1E2}'
    made = fix_source(text).data.decode()
    assert all(
        f": {digits}" in made for digits in ("1.10", "1e400", "123456789012345678901234567890", "-0.0", "1E2")
    )


def test_loose_json_becomes_strict():
    made = fix_source(b"{name: 'S', /* x */ a: .5, b: 0x10, c: 1.10, 'apps': [],}")
    assert json.loads(made.data) == {"name": "S", "a": 0.5, "b": 16, "c": 1.1, "apps": []}
    assert b"1.10" in made.data
    assert made.changes[0].fix == "json"


def test_a_text_that_clients_cannot_make_is_written_as_it_was_meant():
    made = fix_source(b'{"name": "S", "a": "one\n\ttwo", "b": "it\\_is"}')
    assert json.loads(made.data) == {"name": "S", "a": "one\n\ttwo", "b": "it_is"}
    assert made.changes[0].fix == "json"


def test_of_equal_keys_the_first_stays_and_it_is_told():
    made = fix_source(b'{"name": "S", "name": "T"}')
    assert json.loads(made.data) == {"name": "S"}
    assert "`name`" in str(made.changes[0])


@pytest.mark.parametrize(
    "data",
    [
        b"<html>",
        b"[]",
        b"\xff\xfe\x00",
        b'{"a": "\\ud800"}',
        b"{a: Infinity}",
        b'{"a": ' + b"1" * 500 + b"}",
        '{"a": "\ue0001\ue000"}'.encode(),  # the mark that carries digits
    ],
)
def test_what_cannot_be_written_again_is_left(data):
    with pytest.raises(Unfixable, match=r"^(It|Nothing) .+\.$"):
        fix_source(data)


VALUES = st.sampled_from([
    None, "", " ", "x", "1", 1, 1.5, True, [], {}, "f00", "#112233ff", "2024-1-2", "2024-01-02T03:04:05.6Z",
    "2023-2-30", "https://e.x/a b", "https://e.x/é", "//", "a b", "Games", "1000", NAMED, TOLD, [""],
    ["https://e.x/a b"],
    {"entitlements": NAMED, "privacy": TOLD}, {"entitlements": None}, [V1, V2], [V1, V1], {"iphone": [""]},
    [{"imageURL": "https://e.x/1 2", "width": "5", "height": ""}], "3000000000",
])  # fmt: skip
KEYS = st.sampled_from([
    "name", "subtitle", "website", "tintColor", "iconURL", "category", "marketplaceID", "versions", "version",
    "versionDate", "downloadURL", "size", "appPermissions", "screenshots", "screenshotURLs", "date",
    "buildVersion", "maxOSVersion", "sha256", "beta", "news", "featuredApps", "patreon", "bundleIdentifier",
    "localizedDescription", "localizedDescriptions", "releaseChannels", "userInfo", "permissions", "zzz",
    "identifier", "apps",
])  # fmt: skip
MUTATIONS = st.lists(st.tuples(st.sampled_from(["source", "app", "version"]), KEYS, VALUES), max_size=6)
VECTORS = Path(__file__).resolve().parents[3] / ".." / "shared" / "vectors" / "documents.json"


def mutated(document, mutations):
    made = json.loads(json.dumps(document))
    for where, key, value in mutations:
        target = made
        if where != "source":
            apps = made.get("apps")
            target = apps[0] if isinstance(apps, list) and apps and isinstance(apps[0], dict) else {}
        if where == "version":
            versions = target.get("versions")
            target = versions[0] if isinstance(versions, list) and versions else {}
        if isinstance(target, dict):
            target[key] = json.loads(json.dumps(value))
    return made


def takers(data):
    verdicts = build_verdicts(check_source(data, tuple(CLIENTS)), tuple(CLIENTS))
    return {name for name, verdict in verdicts.items() if verdict == "accept"}


def bases():
    found = [BASE, {"name": "S", "apps": [{**APP, **LEGACY, "versions": None}]}]
    if VECTORS.exists():
        vectors = json.loads(VECTORS.read_text(encoding="utf-8"))["vectors"]
        found += [v["document"] for v in vectors] + [v["palDocument"] for v in vectors if v["palDocument"]]
    return [one for one in found if isinstance(one, dict)]


@settings(max_examples=300, deadline=None)
@given(base=st.sampled_from(bases()), mutations=MUTATIONS)
def test_no_client_is_lost_and_fixing_again_changes_nothing(base, mutations):
    document = mutated(base, mutations)
    data = json.dumps(document).encode()
    made = fix_source(data)
    assert takers(data) <= takers(made.data)
    again = fix_source(made.data)
    assert (again.data, again.changes) == (made.data, ())
    assert json.loads(made.data).get("zzz", "-") == document.get("zzz", "-")
