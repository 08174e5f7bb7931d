"""Variants of one app in different outputs, and what `keep` leaves to an archive."""

import pytest

from bot.catalog import parse_catalog
from bot.lock import Adopted
from tests.unit.source.outputs import RULES, apps, catalog, listed, publish, verdicts
from tests.unit.source.values import NO_DECISIONS, decided, record

VARIANTS = """
  - {{id: acme, repository: acme/app, assets: [Acme.ipa]{more}}}
  - {{id: lite, repository: acme/app, assets: [Lite.ipa]{more}}}
"""
BOTH = [
    one
    for n in (1, 2, 3)
    for one in (
        record(n, f"1.{n}", asset_name="Acme.ipa"),
        record(n, f"1.{n}", asset_name="Lite.ipa", asset_id=100 + n, size=50),
    )
]


def variants(*outputs, more=""):
    lines = "".join(f"  - {{path: {n}.json, {output}}}\n" for n, output in enumerate(outputs))
    return parse_catalog(f"name: Acme\noutputs:\n{lines}apps:{VARIANTS.format(more=more)}")


def test_variants_of_one_release_are_in_different_outputs():
    plan = publish(variants("apps: [acme]", "apps: [lite]", more=", bundle-id: com.acme.app, keep: 2"), BOTH)
    sizes = [[v["size"] for v in apps(plan, f"{n}.json")[0]["versions"]] for n in (0, 1)]
    assert sizes == [[1000, 1000], [50, 50]]
    assert plan.problems == ()


def test_where_only_the_ipas_tell_the_first_variant_stays_and_the_other_is_where_it_may_be():
    plan = publish(variants("clients: [altstore, sidestore]", "apps: [lite]"), BOTH)
    assert [v["size"] for v in apps(plan)[0]["versions"]] == [1000] * 3
    assert [v["size"] for v in apps(plan, "1.json")[0]["versions"]] == [50] * 3
    assert all(verdict.accepted for verdict in verdicts(plan).values())
    (told,) = plan.problems
    assert told.message == (
        "lite has the same bundle ID as acme (com.acme.app), of which 0.json can list one app alone."
    )


def test_a_variant_that_no_output_can_list_is_rejected_whole_whatever_keep_hides():
    plan = publish(variants("clients: [altstore]", "clients: [sidestore]", more=", keep: 1"), BOTH)
    assert [v["size"] for v in apps(plan)[0]["versions"]] == [1000]
    refused = {key: verdict.code for key, verdict in verdicts(plan).items() if not verdict.accepted}
    assert refused == {f"2:10{n}": "client.altstore.duplicateBundleID" for n in (1, 2, 3)}
    assert "lite has the same bundle ID as acme" in verdicts(plan)["2:101"].reason


def test_a_first_variant_that_falls_out_itself_takes_no_other_along():
    big = [record(1, "1.1", asset_name="Acme.ipa", size=2**31), BOTH[1]]
    plan = publish(variants("clients: [sidestore]", "clients: [altstore, sidestore]"), big)
    assert [v["size"] for v in apps(plan)[0]["versions"]] == [50]
    codes = {key: verdict.code for key, verdict in verdicts(plan).items()}
    assert codes == {"2:1": "client.sidestore.sizeCrash", "2:101": None}


def test_a_hand_made_twin_is_left_out_alone():
    entry = {"name": "X", "developerName": "X", "localizedDescription": "x", "iconURL": "https://x.example/i"}
    release = {"version": "1", "date": "2020-01-01", "size": 1, "downloadURL": "https://x.example/0.ipa"}
    lines = [
        Adopted(scope="app", app="lite", bundle_identifier="com.acme.app", entry=entry),
        Adopted(scope="version", app="lite", bundle_identifier="com.acme.app", entry=release),
    ]
    plan = publish(variants("clients: [altstore]"), BOTH[:1], adopted=lines)
    assert listed(plan) == "1.1(1)"
    assert [problem.code for problem in plan.problems] == ["duplicateBundleID"]


# ---- keep and the archive ---------------------------------------------------------------------------------

OLD = [
    record(n, f"1.{n}", inside={"min_os_version": system})
    for n, system in enumerate(["14.0", "14.0", "15.0", "15.0", "16.0", "16.0"], start=1)
]


@pytest.mark.parametrize(
    ("keep", "pin", "kept", "archived"),
    [
        (2, None, "1.6 1.5 1.4 1.2", "1.3 1.1"),
        (1, None, "1.6 1.4 1.2", "1.5 1.3 1.1"),
        (1, "1.3", "1.3 1.2", "1.6 1.5 1.4 1.1"),  # a pinned one is the first, also to count
        (3, "1.1", "1.1 1.6 1.5", "1.4 1.3 1.2"),  # which every device can run
        (9, None, "1.6 1.5 1.4 1.3 1.2 1.1", ""),
    ],
)
def test_what_falls_out_is_in_the_archive(keep, pin, kept, archived):
    made = catalog("channels: [stable]", "archive: true", app=f"keep: {keep}")
    pins = decided({"kind": "pin", "app": "app", "version": pin}) if pin else NO_DECISIONS
    plan = publish(made, OLD, pins)
    found = [[v["version"] for one in apps(plan, f"{n}.json") for v in one["versions"]] for n in (0, 1)]
    assert [" ".join(versions) for versions in found] == [kept, archived]


def test_an_archive_has_what_it_would_list_otherwise():
    records = [record(n, f"1.{n}", prerelease=n % 2 == 0, tag=f"v1.{n}") for n in range(1, 7)]
    made = catalog(
        "channels: [stable, nightly]", "channels: [beta]", "archive: true", "archive: true, channels: [beta]",
        app=f"{RULES}\nkeep: 1",
    )  # fmt: skip
    plan = publish(made, records)
    found = [listed(plan, f"{n}.json") for n in range(4)]
    assert found == ["1.5(1)", "1.6(1)", "1.3(1) 1.1(1)", "1.4(1) 1.2(1)"]
