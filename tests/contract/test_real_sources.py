"""Real sources of others: read without a crash, judged as they are known to be, and nothing of them lost."""

import json
from pathlib import Path

import pytest

from bot.catalog import parse_catalog
from bot.clients import CLIENTS, build_verdicts, check_source
from bot.clients.json5 import NotJson, read_json
from bot.errors import BadSource
from bot.ipa.model import Severity
from bot.lock import Lock, parse_lock, render_lock
from bot.source.adopt import adopt_source
from bot.source.codec import order_keys, render_source
from bot.source.model import Source
from bot.source.plan import Commit, plan_publish
from tests.unit.source.values import NO_DECISIONS, NOW, catalog, site

SOURCES = Path(__file__).resolve().parents[2] / ".." / "shared" / "sources"
FILES = sorted(SOURCES.glob("*.json"))
NAMES = tuple(CLIENTS)

pytestmark = pytest.mark.skipif(not FILES, reason=f"no real sources at {SOURCES}")
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)

# file, what AltStore Classic 2.2 says (None: takes it)
KNOWN = {
    "SideStore__apps.json___includes_source.json": None,
    "LiveContainer__LiveContainer__.github_apps_ss_lc.json": None,
    "LiveContainer__LiveContainer__.github_apps_nightly.json": None,
    "StephenDev0__StikDebug__repo.json": None,
    "khcrysalis__Feather__app-repo.json": None,
    "altstoreio__FAQ__.gitbook_assets_PALSource (1).json": "marketplaceNotSupported",
    "altstoreio__FAQ__.gitbook_assets_altsource-template.json": None,
    "RipeStore__repos__provenance.json": None,
    "RipeStore__repos__quantumplus.json": None,
    "RipeStore__repos__itorrent.json": None,
    "RipeStore__repos__aidoku.json": None,
    "RipeStore__repos__pojav.json": None,
    "RipeStore__repos__flyinghead.json": None,
    "RipeStore__repos__wuxu.json": None,
    "RipeStore__repos__qn.json": None,
    "noah978__AltSourceParser__tests_quantumsource.json": None,
    "whoeevee__EeveeSpotify__repo.altsource.json": None,
    "whoeevee__EeveeSpotify__repo.json": "duplicateBundleID",
    "driftywinds__driftywinds.github.io__AltStore_apps.json": None,
    "driftywinds__driftywinds.github.io__repos_trollapps.json": "duplicateBundleID",
    "WuXu1__wuxuslibrary.github.io__wuxu-complete.json": None,
    "Soupy-dev__Eclipse__altsource.json": None,
    "marcinmajsc__AltStore__feather.json": "duplicateBundleID",
    "marcinmajsc__AltStore__esign.json": "duplicateBundleID",
    "Aidoku__Aidoku__.github_workflows_supporting_altstore_apps.json": "noVersions",
}


@every_file
def test_every_client_comes_to_a_verdict(path):
    problems = check_source(path.read_bytes(), NAMES)
    assert set(build_verdicts(problems, NAMES)) == set(NAMES)
    assert all(problem.message and problem.path.isprintable() for problem in problems)


@pytest.mark.parametrize(("name", "expected"), KNOWN.items())
def test_known_verdicts(name, expected):
    problems = check_source((SOURCES / name).read_bytes(), ["altstore"])
    assert next((p.code for p in problems if p.severity is Severity.ERROR), None) == expected


@pytest.mark.parametrize(("name", "expected"), KNOWN.items())
def test_sidestore_comes_to_the_same_verdicts(name, expected):
    problems = check_source((SOURCES / name).read_bytes(), ["sidestore"])
    assert next((p.code for p in problems if p.severity is Severity.ERROR), None) == expected


def test_pal_takes_the_pal_source():
    data = (SOURCES / "altstoreio__FAQ__.gitbook_assets_PALSource (1).json").read_bytes()
    assert build_verdicts(check_source(data, ["altstore-pal"]), ["altstore-pal"]) == {
        "altstore-pal": "accept"
    }


@every_file
def test_the_codec_loses_nothing(path):
    try:
        document = read_json(path.read_bytes()).value
    except NotJson:
        pytest.skip("is no JSON")
    if not isinstance(document, dict):
        pytest.skip("is no object")
    written = render_source(document)
    assert json.loads(written) == document
    assert _exactly(json.loads(written)) == _exactly(document)  # to Python, 1 equals 1.0 and true
    assert render_source(json.loads(written)) == written
    assert order_keys(document, Source) == document


def _exactly(document):
    return json.dumps(document, sort_keys=True)


@every_file
def test_a_site_can_start_from_it(path):
    """Adopted, written to the lock, published: what comes out is taken by the clients, with nothing new."""
    made = catalog(clients="altstore, sidestore")
    try:
        lines = adopt_source(path.read_bytes(), made).lines
    except BadSource:
        return
    lock = parse_lock(render_lock(Lock(adopted=lines)))
    assert lock == Lock(adopted=lines)
    plan = plan_publish(
        site=site(), catalog=made, decisions=NO_DECISIONS, records=[], lock=lock, current={}, icons={},
        causes=[], now=NOW,
    )  # fmt: skip
    assert isinstance(plan, Commit)
    data = plan.files["apps.json"]
    assert data is not None
    assert set(build_verdicts(check_source(data, ["altstore", "sidestore"]), ["altstore"]).values()) == {
        "accept"
    }


def test_adopting_a_good_source_keeps_its_apps_and_versions():
    data = (SOURCES / "StephenDev0__StikDebug__repo.json").read_bytes()
    before = json.loads(data)
    made = parse_catalog("name: S\noutputs: [{path: apps.json, clients: [altstore]}]\napps: []\n")
    adoption = adopt_source(data, made)
    plan = plan_publish(
        site=site(), catalog=made, decisions=NO_DECISIONS, records=[], lock=Lock(adopted=adoption.lines),
        current={}, icons={}, causes=[], now=NOW,
    )  # fmt: skip
    assert isinstance(plan, Commit)
    after = json.loads(plan.files["apps.json"])
    for old, new in zip(before["apps"], after["apps"], strict=True):
        for version, kept in zip(old["versions"], new["versions"], strict=True):
            assert version.items() <= kept.items()
        for key in old.keys() - {
            "versions",
            "appPermissions",
            "version",
            "versionDate",
            "size",
            "downloadURL",
        }:
            assert new[key] == old[key] or old[key] in (None, "")
