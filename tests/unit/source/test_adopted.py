"""Which app goes on with what was adopted, as the catalog changes; and facts out of an IPA."""

import hashlib

import pytest

from bot.catalog import parse_catalog
from bot.ipa.model import Icon, IpaInfo
from bot.lock import Adopted
from bot.records import IconFile
from bot.source.build import build_source
from bot.source.facts import facts_from_ipa
from tests.unit.source.values import record, site

OLD = {"version": "0.1", "date": "2020-01-01", "downloadURL": "https://e.x/o.ipa", "size": 1}


def lines(app, bundle="com.acme.app"):
    key = {"app": app, "bundle_identifier": bundle}
    return [
        Adopted(scope="app", entry={"subtitle": "Old"}, **key),
        Adopted(scope="version", entry=OLD, **key),
    ]


def build(apps, records, adopted):
    catalog = parse_catalog(f"name: S\napps: [{apps}]\n")
    apps = build_source(catalog, records, adopted, site(), catalog.outputs[0])["apps"]
    return [
        (app["bundleIdentifier"], app.get("subtitle"), [v["version"] for v in app["versions"]])
        for app in apps
    ]


CONTINUED = [("com.acme.app", "Old", ["1.0", "0.1"])]
PLAIN = [("com.acme.app", None, ["1.0"])]


@pytest.mark.parametrize(
    ("apps", "adopted_app", "expected"),
    [
        ("{repository: acme/app}", "app", CONTINUED),
        ("{id: new, repository: acme/app}", "app", CONTINUED),  # renamed: the records' bundle ID tells
        ("{id: new, repository: acme/app, bundle-id: com.acme.app}", "app", CONTINUED),
        ("{repository: acme/app}", None, CONTINUED),  # added to the catalog later
        ("{repository: acme/app}", "gone", CONTINUED),
    ],
)
def test_the_app_that_goes_on(apps, adopted_app, expected):
    assert build(apps, [record()], lines(adopted_app)) == expected


def test_what_belonged_to_an_app_that_is_gone_goes_too():
    assert build("{repository: acme/app}", [record()], lines("gone", "com.acme.gone")) == PLAIN


def test_what_never_belonged_to_an_app_stays():
    expected = [*PLAIN, ("com.acme.gone", "Old", ["0.1"])]
    assert build("{repository: acme/app}", [record()], lines(None, "com.acme.gone")) == expected


@pytest.mark.parametrize(
    ("entry", "records", "expected"),
    [
        ({}, [], None),
        ({"appPermissions": {"entitlements": ["a"]}}, [], {"entitlements": ["a"], "privacy": {}}),
        ({"appPermissions": {}}, [], {"entitlements": [], "privacy": {}}),
        ({}, [record()], {"entitlements": [], "privacy": {}}),
    ],
)
def test_permissions_that_nobody_declared_or_knows_are_not_made_up(entry, records, expected):
    adopted = [line.model_copy(update={"entry": {**line.entry, **entry}}) for line in lines(None)]
    catalog = parse_catalog("name: S\napps: [{repository: acme/app}]\n")
    [app] = build_source(catalog, records, adopted, site(), catalog.outputs[0])["apps"]
    assert app.get("appPermissions") == expected


def test_an_app_takes_one_hand_made_entry():
    adopted = [*lines("app"), *lines("gone")]
    assert build("{repository: acme/app}", [record()], adopted) == CONTINUED


def test_facts_from_an_ipa():
    info = IpaInfo(
        bundle_identifier="com.acme.app", name="Acme", version="1.0", build_version="1", min_os_version=None,
        device_families=(1, 2), size=5, sha256=None, architectures=("arm64",), signed=True, encrypted=False,
        entitlements=("b", "a"), privacy={"NSB": "", "NSA": "x"}, icon=Icon("Payload/i.png", 60, 50, b"png"),
    )  # fmt: skip
    facts = facts_from_ipa(info)
    assert (facts.entitlements, list(facts.privacy)) == (("a", "b"), ["NSA", "NSB"])
    assert facts.icon == IconFile(sha256=hashlib.sha256(b"png").hexdigest(), width=60, height=50)
    assert facts.icon.path == f"icons/{facts.icon.sha256[:16]}.png"
