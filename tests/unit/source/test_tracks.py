"""SideStore's tracks, and what is told of changes in several outputs."""

import json

from bot.catalog import CLASSIC_CLIENTS, parse_catalog
from bot.clients import check_source
from bot.lock import Adopted
from tests.unit.source.outputs import RECORDS, RULES, again, apps, catalog, listed, publish, tracks, verdicts
from tests.unit.source.values import ALL_CLIENTS, record


def test_release_channels_are_for_sidestore_and_all_clients_take_them():
    made = catalog(f"clients: [{ALL_CLIENTS}], release-channels: {{nightly: [beta], alpha: [nightly]}}")
    asking = record(6, "1.4.0", prerelease=True, inside={"entitlements": ("push",), "privacy": {"NSA": "a"}})
    plan = publish(made, [*RECORDS, asking])
    assert listed(plan) == "1.1.0(2) 1.0.0(1)"
    assert tracks(plan) == {
        "stable": "1.1.0(2) 1.0.0(1)", "nightly": "1.4.0(1) 1.2.0(1) 1.1.0(1)", "alpha": "1.3.0(1)",
    }  # fmt: skip
    one = apps(plan)[0]
    assert one["releaseChannels"][0]["releases"] == one["versions"]
    assert one["version"] == "1.1.0"
    assert one["appPermissions"] == {"entitlements": ["push"], "privacy": {"NSA": "a"}}
    assert check_source(plan.files["0.json"], CLASSIC_CLIENTS) == []
    advice = check_source(plan.files["0.json"], CLASSIC_CLIENTS, advice=True)
    assert [str(problem) for problem in advice if "releaseChannels" in str(problem)] == []


def test_a_track_repeats_nothing_and_is_not_there_without_anything():
    made = catalog("release-channels: {nightly: [beta, nightly]}")
    promoted = [record(1, "1.0.0"), record(2, "1.0.0", tag="v1.0.0-rc", prerelease=True)]
    assert tracks(publish(made, promoted)) == {}
    only = publish(made, [record(2, "1.0.0", prerelease=True)])
    assert apps(only) == []  # an app needs a version that everybody has


def test_the_track_a_client_would_crash_on_is_mended_alone():
    made = catalog("release-channels: {nightly: [beta, nightly]}")
    big = record(6, "1.4.0", prerelease=True, size=2**31)
    bad = record(7, "1.5.0", prerelease=True, published_at="never")
    plan = publish(made, [*RECORDS, big, bad])
    assert tracks(plan)["nightly"] == "1.3.0(1) 1.2.0(1) 1.1.0(1)"
    codes = {key: verdict.code for key, verdict in verdicts(plan).items() if not verdict.accepted}
    assert codes == {"2:6": "client.sidestore.sizeCrash", "2:7": "client.sidestore.dataCorrupted"}


def test_a_hand_made_stable_track_hides_no_new_version():
    release = {"version": "0.9", "date": "2020-01-01", "size": 1, "downloadURL": "https://x.example/0.ipa"}
    channels = [{"track": "nightly", "releases": [release]}, {"track": "stable", "releases": [release]}]
    lines = [
        Adopted(
            scope="app", app="app", bundle_identifier="com.acme.app",
            entry={
                "name": "Acme", "iconURL": "https://x.x/i", "developerName": "X", "releaseChannels": channels,
                "localizedDescription": "x",
            },
        ),
        Adopted(scope="version", app="app", bundle_identifier="com.acme.app", entry=release),
    ]  # fmt: skip
    made = parse_catalog("name: Acme\napps: [{repository: acme/app}]\n")
    taken_over = publish(made, [], adopted=lines)
    assert json.loads(taken_over.files["apps.json"])["apps"][0]["releaseChannels"] == channels
    found = json.loads(publish(made, [record(1, "1.0")], adopted=lines).files["apps.json"])["apps"][0]
    assert [track["track"] for track in found["releaseChannels"]] == ["stable", "nightly"]
    assert found["releaseChannels"][0]["releases"] == found["versions"]
    assert [version["version"] for version in found["versions"]] == ["1.0", "0.9"]


def test_a_track_keeps_as_many():
    records = [record(9, "1.0.0"), *(record(n, f"1.1.{n}", prerelease=True) for n in range(1, 5))]
    plan = publish(catalog("release-channels: {nightly: [beta, nightly]}", app=f"{RULES}\nkeep: 2"), records)
    assert tracks(plan)["nightly"] == "1.1.4(1) 1.1.3(1)"


# ---- what is told -----------------------------------------------------------------------------------------


def test_a_change_names_its_outputs_where_they_differ():
    made = catalog(
        "channels: [stable]", "channels: [stable, beta, nightly]", "archive: true", app=f"{RULES}\nkeep: 1"
    )
    first = publish(made, RECORDS[:1])
    beta = again(made, RECORDS[:2], first)
    assert beta.changes == ("Acme 1.1.0 added (1.json)", "Acme 1.0.0 removed (1.json)")
    assert beta.subject == "Publish Acme 1.1.0 and 1 more"
    stable = again(made, [*RECORDS[:2], record(8, "2.0.0")], first, beta)
    assert stable.changes[:4] == (
        "Acme 2.0.0 added (0.json, 1.json)",
        "Acme 1.0.0 removed (0.json)",
        "Acme 1.1.0 removed (1.json)",
        "Acme 1.0.0 added (2.json)",
    )


def test_outputs_that_list_the_same_need_no_names():
    made = catalog("clients: [altstore]", "clients: [feather]", app="")
    more = again(made, [*RECORDS[:1], record(8, "2.0.0")], publish(made, RECORDS[:1]))
    assert more.changes == ("Acme 2.0.0 added",)


def test_what_comes_into_a_track_and_leaves_it_is_told():
    made = catalog("release-channels: {nightly: [beta], alpha: [nightly]}")
    first = publish(made, RECORDS[:1])
    beta = again(made, RECORDS[:2], first)
    assert beta.changes == ("Acme 1.1.0 added to nightly",)
    assert beta.subject == "Publish Acme 1.1.0"
    stable = RECORDS[1].model_copy(update={"prerelease": False})
    assert again(made, [RECORDS[0], stable], first, beta).changes == (
        "Acme 1.1.0 added",
        "Acme 1.1.0 removed from nightly",
    )
