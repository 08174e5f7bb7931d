"""Which versions an output lists: channels, apps, archive, and SideStore's tracks."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalog import CLASSIC_CLIENTS, App, Channel, Output, find_channel, parse_catalog
from bot.clients import check_source
from bot.lock import Adopted, Lock, parse_lock
from bot.source.listing import View, list_apps, list_versions, view_of
from bot.source.plan import plan_publish
from bot.source.select import select_app
from tests.unit.source.values import ALL_CLIENTS, NO_DECISIONS, NOW, decided, record, site

BETA = Channel(channel="beta", prereleases=True)
NIGHTLY = Channel(channel="nightly", tags="nightly*")


def app(**keys):
    return App.model_validate({"repository": "acme/app", **keys})


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, "stable - stable -"),
        ({"prereleases": "include"}, "stable stable stable stable"),
        ({"prereleases": "only"}, "- stable - stable"),
        ({"channel": "beta"}, "beta - beta -"),
        ({"channel": "beta", "prereleases": "only"}, "- beta - beta"),
        ({"channels": (BETA,)}, "stable beta stable beta"),
        ({"channels": (BETA,), "prereleases": "only"}, "- beta - beta"),
        ({"channels": (BETA,), "prereleases": "include"}, "stable beta stable beta"),
        ({"channels": (NIGHTLY,)}, "stable - nightly nightly"),
        ({"channels": (NIGHTLY, BETA)}, "stable beta nightly nightly"),
        ({"channels": (BETA, NIGHTLY)}, "stable beta nightly beta"),
        ({"channels": (NIGHTLY, BETA), "tags": "v*"}, "stable beta nightly nightly"),
        ({"channels": (BETA,), "tags": "v*"}, "stable beta - -"),
        ({"channels": (BETA,), "tags": "!v*"}, "- - stable beta"),
        ({"channels": (Channel(channel="final", prereleases=False),)}, "final - final -"),
        ({"channels": (Channel(channel="x", tags="!nightly*"),), "channel": "nightly"}, "x x nightly -"),
    ],
)
def test_the_channel_of_a_release(keys, expected):
    # tag, and whether it is a prerelease
    releases = [("v1", False), ("v2-rc", True), ("nightly-3", False), ("nightly-4", True)]
    found = [find_channel(app(**keys), tag=tag, prerelease=pre) for tag, pre in releases]
    assert [channel or "-" for channel in found] == expected.split()


# ---- the documents ----------------------------------------------------------------------------------------

CATALOG = """
name: Acme
outputs:
{outputs}
apps:
  - repository: acme/app
{app}
{more}
"""
RULES = "channels: [{channel: nightly, tags: nightly*}, {channel: beta, prereleases: true}]"
RECORDS = [
    record(1, "1.0.0"), record(2, "1.1.0", prerelease=True), record(3, "1.1.0", "2"),
    record(4, "1.2.0", prerelease=True), record(5, "1.3.0", tag="nightly-5"),
]  # fmt: skip


def catalog(*outputs, app=RULES, more=""):
    lines = "\n".join(f"  - {{path: {n}.json, {output}}}" for n, output in enumerate(outputs))
    indented = "\n".join(f"    {line}" for line in app.splitlines())
    return parse_catalog(CATALOG.format(outputs=lines, app=indented, more=more))


def publish(made, records=RECORDS, decisions=NO_DECISIONS, adopted=(), where=None):
    return plan_publish(
        site=where or site(), catalog=made, decisions=decisions, records=records, current={}, icons={},
        lock=Lock(adopted=tuple(adopted)), causes=[], now=NOW,
    )  # fmt: skip


def apps(plan, path="0.json"):
    return json.loads(plan.files[path])["apps"]


def labels(versions):
    return " ".join(f"{v['version']}({v['buildVersion']})" for v in versions)


def listed(plan, path="0.json"):
    return " ".join(labels(one["versions"]) for one in apps(plan, path))


def tracks(plan, path="0.json"):
    found = apps(plan, path)[0].get("releaseChannels", [])
    return {track["track"]: labels(track["releases"]) for track in found}


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("channels: [stable]", "1.1.0(2) 1.0.0(1)"),
        ("channels: [beta]", "1.2.0(1) 1.1.0(1)"),
        ("channels: [stable, beta]", "1.2.0(1) 1.1.0(2) 1.1.0(1) 1.0.0(1)"),
        ("channels: [stable, beta, nightly]", "1.3.0(1) 1.2.0(1) 1.1.0(2) 1.1.0(1) 1.0.0(1)"),
        ("channels: [stable], apps: [other]", ""),
        ("channels: [stable], apps: [APP]", "1.1.0(2) 1.0.0(1)"),
    ],
)
def test_an_output_lists_its_channels(output, expected):
    other = "  - {id: other, repository: acme/other}"
    made = catalog(output, "channels: [stable, beta, nightly]", more=other)
    assert listed(publish(made)) == expected


def test_outputs_list_what_is_the_same_alike():
    made = catalog("channels: [stable]", "channels: [stable]", "channels: [beta, nightly]")
    plan = publish(made)
    assert plan.files["0.json"] == plan.files["1.json"]
    assert listed(plan, "2.json") == "1.3.0(1) 1.2.0(1) 1.1.0(1)"


def test_one_version_in_two_channels_is_in_both_documents_and_once_where_both_are():
    same = [record(1, "1.0", tag="v1.0-rc", prerelease=True, size=7), record(2, "1.0", size=8)]
    plan = publish(
        catalog("channels: [stable]", "channels: [beta]", "channels: [stable, beta, nightly]"), same
    )
    sizes = [[v["size"] for v in apps(plan, f"{n}.json")[0]["versions"]] for n in range(3)]
    assert sizes == [[8], [7], [8]]


def test_a_decision_counts_wherever_the_version_is_listed():
    made = catalog("channels: [stable, nightly]", "channels: [stable, beta]")
    yanked = publish(made, decisions=decided({"kind": "yank", "app": "app", "version": "1.2.0"}))
    assert listed(yanked, "1.json") == "1.1.0(2) 1.1.0(1) 1.0.0(1)"
    pinned = publish(made, decisions=decided({"kind": "pin", "app": "app", "version": "1.2.0"}))
    assert listed(pinned, "1.json") == "1.2.0(1) 1.1.0(2) 1.1.0(1) 1.0.0(1)"
    assert listed(pinned) == "1.3.0(1) 1.1.0(2) 1.0.0(1)"


def test_a_beta_with_another_bundle_id_is_refused_as_ever():
    other = record(6, "7.0", prerelease=True, inside={"bundle_identifier": "com.acme.beta"})
    plan = publish(catalog("channels: [stable, beta, nightly]"), [*RECORDS, other])
    assert "7.0" not in listed(plan)
    assert _verdicts(plan)["2:6"].code == "bundle_id_mismatch"


def test_hand_made_versions_are_of_the_app_s_own_channel():
    release = {"date": "2020-01-01", "size": 1, "downloadURL": "https://x.example/0.ipa"}
    other = {
        "name": "X",
        "developerName": "X",
        "localizedDescription": "x",
        "iconURL": "https://x.example/i",
    }
    mine = {"app": "app", "bundle_identifier": "com.acme.app"}
    lines = [
        Adopted(scope="app", entry={"name": "Acme"}, **mine),
        Adopted(scope="version", entry={"version": "0.9", "buildVersion": "0", **release}, **mine),
        Adopted(scope="app", bundle_identifier="com.x", index=1, entry=other),
        Adopted(
            scope="version",
            bundle_identifier="com.x",
            entry={"version": "1", "buildVersion": "1", **release},
        ),
    ]
    made = catalog("channels: [stable, nightly]", "channels: [beta]", "channels: [stable], apps: [app]")
    plan = publish(made, [record(1, "1.0"), record(2, "1.1", prerelease=True)], adopted=lines)
    found = [listed(plan, f"{n}.json") for n in range(3)]
    assert found == ["1.0(1) 0.9(0) 1(1)", "1.1(1)", "1.0(1) 0.9(0)"]


# ---- SideStore's tracks -----------------------------------------------------------------------------------


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
    codes = {key: verdict.code for key, verdict in _verdicts(plan).items() if not verdict.accepted}
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


def test_a_track_keeps_as_many():
    records = [record(9, "1.0.0"), *(record(n, f"1.1.{n}", prerelease=True) for n in range(1, 5))]
    plan = publish(catalog("release-channels: {nightly: [beta, nightly]}", app=f"{RULES}\nkeep: 2"), records)
    assert tracks(plan)["nightly"] == "1.1.4(1) 1.1.3(1)"


# ---- what is told -----------------------------------------------------------------------------------------


def again(made, records, *before):
    """What a plan tells with the files of those before in place."""
    files = {path: data for plan in before for path, data in plan.files.items()}
    return plan_publish(
        site=site(), catalog=made, decisions=NO_DECISIONS, records=records, current=files, icons={},
        lock=parse_lock(files[".altpress/lock.jsonl"]), causes=[], now=NOW,
    )  # fmt: skip


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


# ---- variants ---------------------------------------------------------------------------------------------

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
    assert all(verdict.accepted for verdict in _verdicts(plan).values())
    (told,) = plan.problems
    assert told.message == (
        "lite has the same bundle ID as acme (com.acme.app), of which 0.json can list one app alone."
    )


def test_a_variant_that_no_output_can_list_is_rejected_whole_whatever_keep_hides():
    plan = publish(variants("clients: [altstore]", "clients: [sidestore]", more=", keep: 1"), BOTH)
    assert [v["size"] for v in apps(plan)[0]["versions"]] == [1000]
    refused = {key: verdict.code for key, verdict in _verdicts(plan).items() if not verdict.accepted}
    assert refused == {f"2:10{n}": "client.altstore.duplicateBundleID" for n in (1, 2, 3)}
    assert "lite has the same bundle ID as acme" in _verdicts(plan)["2:101"].reason


# ---- whatever is chosen -----------------------------------------------------------------------------------

VIEWS = st.builds(
    Output,
    channels=st.lists(st.sampled_from(["stable", "beta", "nightly"]), min_size=1, unique=True).map(tuple),
    apps=st.sampled_from([None, ("app",), ("other",)]),
    stage=st.booleans(),
)


@settings(deadline=None)
@given(st.data(), st.lists(VIEWS, min_size=1, max_size=4), st.none() | st.integers(1, 3))
def test_every_version_is_in_exactly_the_outputs_that_choose_it(data, outputs, keep):
    mine = app(keep=keep, channels=(NIGHTLY, BETA), prereleases="include")
    records = [
        record(
            n, f"1.{n}", prerelease=data.draw(st.booleans()),
            tag=data.draw(st.sampled_from(["v1", "nightly-1"])),
            staged_at=data.draw(st.sampled_from([None, "2026-01-01T00:00:00Z"])),
            inside={"min_os_version": data.draw(st.sampled_from([None, "15.0", "16.0", "17.0"]))},
        )
        for n in range(1, data.draw(st.integers(1, 8)))
    ]  # fmt: skip
    available = select_app(mine, records, ())
    for output in outputs:
        view, archive = view_of(output), view_of(output.model_copy(update={"archive": True}))
        chosen = {
            one.key
            for one in records
            if find_channel(mine, tag=one.tag, prerelease=one.prerelease) in output.channels
            and (output.stage or one.staged_at is None)
            and (output.apps is None or mine.id in output.apps)
        }
        kept, fallen = (
            {r.key for s in list_apps([available], v) for r in s.records} for v in (view, archive)
        )
        assert kept | fallen == chosen
        assert not kept & fallen
        assert keep is not None or not fallen


def test_without_any_of_it_a_view_is_what_it_always_was():
    assert view_of(Output()) == View()
    assert list_versions(select_app(app(), RECORDS, ()), View()).tracks == ()


def _verdicts(plan):
    lock = parse_lock(plan.files[".altpress/lock.jsonl"])
    return {line.key: line.verdict for line in lock.records}
