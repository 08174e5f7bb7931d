"""IPAs inside of zips, and facts that are too much."""

import pytest

from bot.errors import BadIpa
from bot.ipa.model import IpaInfo
from bot.records import InnerIpa
from bot.source import build_source, parse_source, render_source
from bot.source.facts import MAX_TEXT, facts_from_ipa
from tests.unit.source.values import catalog, record, site

WRAPPED = "assets: ['*.zip']\nwrapped: true\ndownload-url: https://cdn.example/{tag}/{asset}/{file}"
INNER = InnerIpa(name="Acme 1.ipa", size=30, sha256="CD" * 32)
ZIP = record(asset_name="Acme.zip", size=40, sha256="ab" * 32, inner=INNER)


def versions(app: str, inner: InnerIpa | None = INNER):
    document = catalog(app)
    records = [ZIP.model_copy(update={"inner": inner})]
    source = build_source(document, records, (), site(), document.outputs[0])
    return [version for app in parse_source(render_source(source))["apps"] for version in app["versions"]]


def test_size_hash_and_address_are_those_of_the_ipa_inside():
    [version] = versions(WRAPPED)
    assert (version["size"], version["sha256"]) == (30, "cd" * 32)
    assert version["downloadURL"] == "https://cdn.example/v1.0/Acme.zip/Acme%201.ipa"


def test_the_zip_s_own_hash_never_stands_for_the_ipa():
    [version] = versions(WRAPPED, INNER.model_copy(update={"sha256": None}))
    assert "sha256" not in version


def test_without_the_key_nothing_tells_clients_to_open_a_zip():
    assert versions("assets: ['*.zip']") == []


def info(**changes):
    values = {
        "bundle_identifier": "com.acme.app", "name": "Acme", "version": "1.0", "build_version": "1",
        "min_os_version": None, "device_families": (1,), "size": 5, "sha256": None, "architectures": (),
        "signed": None, "encrypted": False, "entitlements": (), "privacy": {},
    }  # fmt: skip
    return IpaInfo(**{**values, **changes})


def test_a_usage_description_without_end_does_not_fill_the_lock():
    assert facts_from_ipa(info(privacy={"NSA": "x" * 5_000_000})).privacy == {"NSA": "x" * MAX_TEXT}


@pytest.mark.parametrize(
    "changes",
    [
        {"entitlements": tuple(f"com.acme.{number}" for number in range(50_000))},
        {"privacy": {f"NS{number}UsageDescription": "x" * 100 for number in range(5_000)}},
        {"name": "x" * 300_000},
        {"version": "\1" * 60_000},  # six bytes each, as JSON writes them
    ],
    ids=["entitlements", "privacy", "name", "escapes"],
)
def test_names_without_end_are_refused(changes):
    with pytest.raises(BadIpa) as caught:
        facts_from_ipa(info(**changes))
    assert caught.value.code == "too_large"
