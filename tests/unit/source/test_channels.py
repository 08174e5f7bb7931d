"""Which channel a release is in, and which outputs list it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalog import App, Channel, Output, find_channel
from bot.lock import Adopted
from bot.source.listing import View, list_apps, list_versions, view_of
from bot.source.select import select_app
from tests.unit.source.outputs import RECORDS, apps, catalog, listed, publish, verdicts
from tests.unit.source.values import decided, record

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
    assert verdicts(plan)["2:6"].code == "bundle_id_mismatch"


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
