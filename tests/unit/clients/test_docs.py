"""docs/clients.md says what the code does: every number, every mark, every code."""

import ast
import json
import re
from pathlib import Path

import pytest

from bot.clients import CLIENTS, build_verdicts, check_source
from bot.clients.hints_version import MISSING  # the codes that are made from it
from bot.clients.install import VERIFIERS
from bot.clients.marketplace import NUMBERS as PAL_NUMBERS
from bot.clients.numbers import NUMBERS
from tests.unit.clients.documents import BASE, changed

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
PAL = "altstore-pal"
VERSION = {**BASE["apps"][0]["versions"][0], "buildVersion": "1"}

DOCUMENTS = {  # a row's first cell -> what it means
    'half of a surrogate pair: `"name": "\\ud800"`': {"source": {"name": "\ud800"}},
    "the end of a line, or a tab, in a text; `\\_`": "{raw}",
    "comments or single quotes (JSON5)": "// a comment\n",
    "a comma too many": "{trailing}",
    "a comma too few": "{missing}",
    "no `name`": {"source": {"name": None}},
    "no apps": {"source": {"apps": []}},
    '`"website": ""`': {"source": {"website": ""}},
    '`"tintColor": ""`': {"source": {"tintColor": ""}, "app": {"tintColor": ""}},
    '`"identifier": 42`': {"source": {"identifier": 42}},
    '`"version": "2"` at the top': {"source": {"version": "2"}},
    "an app without `iconURL`": {"without": ["iconURL"]},
    "an app without `developerName`": {"without": ["developerName"]},
    'an app with `"beta": 1`': {"app": {"beta": 1}},
    "the same app twice": {"twice": True},
    "the same version twice": {"app": {"versions": [VERSION, VERSION]}},
    "a version without `size`": {"without": ["size"]},
    'a version with `"size": "1000"`': {"version": {"size": "1000"}},
    "a version dated `17.02.2023`": {"version": {"date": "17.02.2023"}},
    '`"minOSVersion": 15`': {"version": {"minOSVersion": 15}},
    '`"maxOSVersion": 16`': {"version": {"maxOSVersion": 16}},
    '`"entitlements": null`': {"app": {"appPermissions": {"entitlements": None}}},
    "a privacy key without a text": {"app": {"appPermissions": {"privacy": {"NSX": ""}}}},
    '`"permissions": ["photos"]`': {"app": {"permissions": ["photos"]}},
    '`"patreon": {"tiers": [1]}`': {"app": {"patreon": {"tiers": [1]}}},
    '`"platformURLs": []`': {"app": {"platformURLs": []}},
}


def rows(heading):
    """The table below a heading, as lists of cells; the header first."""
    part = re.split(r"^#", TEXT.split(heading, 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in part.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def build(meaning, client):
    """The document of a row, with what PAL asks for where PAL is asked."""
    more = {"app": {}, "version": {}}
    if client == PAL:
        more = {"app": {"marketplaceID": "123"}, "version": {"buildVersion": "1"}}
    given = {} if isinstance(meaning, str) else dict(meaning)
    twice, source = given.pop("twice", False), given.pop("source", {})
    given["app"] = more["app"] | given.get("app", {})
    given["version"] = more["version"] | given.get("version", {})
    document = changed(**given) | source
    if twice:
        document["apps"] *= 2
    text = json.dumps(document)
    if meaning == "{trailing}":
        return text[:-1] + ",}"
    if meaning == "{raw}":
        return text.replace('"S"', '"S\t"', 1)
    if meaning == "{missing}":
        return text.replace(", ", " ", 1)
    return meaning + text if isinstance(meaning, str) else text


TABLE = rows("## What refuses a whole source")


@pytest.mark.parametrize("row", TABLE[1:], ids=lambda row: row[0])
def test_every_mark_is_the_clients_verdict(row):
    marks = {}
    for client in TABLE[0][1:]:
        data = build(DOCUMENTS[row[0]], client).encode()
        verdict = build_verdicts(check_source(data, [client]), [client])[client]
        marks[client] = "✓" if verdict == "accept" else "✗"
    assert marks == dict(zip(TABLE[0][1:], row[1:], strict=True))


def test_every_client_has_a_column_and_every_row_a_meaning():
    assert set(TABLE[0][1:]) == set(CLIENTS)
    assert {row[0] for row in TABLE[1:]} == set(DOCUMENTS)


def test_the_numbers_after_the_download():
    header, *table = rows("### After the download")
    written = {
        client: {
            code: int(row[header.index(client)])
            for row in table
            for code in re.findall(r"`(\w+)`", row[0])
            if row[header.index(client)].isdigit()
        }
        for client in header[1:5]
    }
    known = {client: verifier.numbers for client, verifier in VERIFIERS.items() if verifier}
    known[PAL] = PAL_NUMBERS
    assert set(written) == set(known)
    for client, numbers in known.items():
        for code, number in numbers.items():
            unused = client == "sidestore" and code == "mismatchedBundleIdentifiers"
            assert written[client].get(code) == (None if unused else number), (client, code)


def test_the_numbers_of_a_source():
    _, *table = rows("### While reading a source")
    written = {code: row[1] for row in table for code in re.findall(r"`(\w+)`", row[0])}
    for code, (domain, number) in NUMBERS.items():
        assert written[code] == f"{domain} {number}"


def test_every_warning_is_explained():
    _, *table = rows("## Warnings and notes")
    explained = {code for row in table for code in re.findall(r"`(\w+)`", row[0])}
    assert explained == _warned()


def _warned():
    """The codes of all warnings and notes in the code, and those made from a table."""
    codes = {f"no{key[0].upper()}{key[1:]}" for key, _, _ in MISSING}
    for path in (ROOT / "bot" / "clients").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                codes |= _codes(node)
    return codes | {"relativeURL", "insecureURL", "foreignURL", "unencodedURL"}  # one Fault with a name


def _codes(call):
    """`warn(clients, "code", …)`, or a Fault or Problem with `Severity.WARNING` among its arguments."""
    texts = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    if call.func.id in ("warn", "tell"):
        return set(texts[:1])
    is_warning = any(isinstance(arg, ast.Attribute) and arg.attr in ("WARNING", "INFO") for arg in call.args)
    return {texts[0]} if is_warning and texts and texts[0].isalnum() else set()
