"""The JSON Schemas in docs/ are those of the models, and say what the clients say."""

import json
from pathlib import Path

import jsonschema
import pytest

from bot.source.schema import build_schema
from scripts.render_schemas import render_schemas

VECTORS = Path(__file__).resolve().parents[2] / ".." / "shared" / "vectors" / "documents.json"
VALIDATOR = jsonschema.Draft202012Validator(build_schema())
LATER = "SourceError"  # decoded well, and then refused for what one part says about another
NO_DAY = "V18"  # a schema knows no calendar


@pytest.mark.parametrize("path", render_schemas(), ids=lambda path: path.name)
def test_the_file_is_the_rendered_one(path):
    """`python scripts/render_schemas.py` writes them."""
    assert path.read_text(encoding="utf-8") == render_schemas()[path]
    schema = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["title"]


def test_every_key_is_described():
    schema = build_schema()
    for definition in [schema, *schema["$defs"].values()]:
        assert definition["description"]
        described = [value.get("description") for value in definition["properties"].values()]
        assert all(described) or not any(described)  # small shapes are described as a whole


APP = {
    "name": "A", "bundleIdentifier": "b", "developerName": "d", "localizedDescription": "t",
    "iconURL": "https://x.example/i.png",
    "versions": [{"version": "1", "date": "2026-01-01", "downloadURL": "https://x.example/a.ipa", "size": 1}],
}  # fmt: skip
LEGACY = {"version": "1", "versionDate": "2026-1-01", "downloadURL": "https://x.example/a.ipa", "size": 1.0}


@pytest.mark.parametrize(
    ("changes", "valid"),
    [
        ({}, True),
        ({"unknown": 1, "subtitle": None}, True),
        ({"iconURL": ""}, False),
        ({"localizedDescription": None}, False),
        ({"localizedDescription": None, "localizedDescriptions": {"de": "t"}}, True),
        ({"versions": []}, False),
        ({"versions": None}, False),
        ({"versions": None, **LEGACY}, True),
        ({"versions": None, **LEGACY, "size": 2**31}, False),
        ({**LEGACY, "size": 2**31}, True),
        ({"versionDate": 7}, True),
        ({"appPermissions": {"entitlements": None}}, False),
        ({"appPermissions": {"entitlements": ["a"], "privacy": {"NSA": ""}}}, False),
        ({"tintColor": "#12345"}, False),
        ({"patreon": {"pledge": "custom", "tiers": ["1"]}}, True),
        ({"patreon": {"pledge": "much"}}, False),
        ({"screenshots": {"ipad": ["https://x.example/1.png"]}}, False),
        ({"screenshots": ["https://x.example/1.png"]}, True),
        ({"releaseChannels": [{"track": "stable", "releases": []}]}, False),
    ],
)  # fmt: skip
def test_an_app(changes, valid):
    assert VALIDATOR.is_valid({"name": "S", "apps": [{**APP, **changes}]}) is valid


def _vectors():
    found = json.loads(VECTORS.read_text(encoding="utf-8"))["vectors"] if VECTORS.exists() else []
    return [pytest.param(vector, id=vector["id"]) for vector in found]


@pytest.mark.skipif(not VECTORS.exists(), reason=f"the shared vectors are not at {VECTORS}")
@pytest.mark.parametrize("vector", _vectors())
def test_a_vector(vector):
    """What all clients take is valid; what none can decode is not."""
    verdicts = vector["expected"].values()
    if all(verdict.startswith("accept") for verdict in verdicts):
        VALIDATOR.validate(vector["document"])
        VALIDATOR.validate(vector["palDocument"] or vector["document"])
    elif all(v.startswith("✗") and LATER not in v for v in verdicts):
        assert VALIDATOR.is_valid(vector["document"]) is (vector["id"] == NO_DAY)
