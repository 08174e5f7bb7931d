"""Sets of releases and files -> apps with their patterns. Each case is held to the catalog's own matching."""

import pytest

from bot.catalog import find_app, match_asset, match_tag, parse_catalog
from bot.records import Release
from bot.setup.draft import draft_catalog
from bot.setup.files import family_of, shape_of
from bot.setup.plan import AppPlan, assign_ids, find_strays, plan_apps
from tests.unit.setup.values import make_release, make_releases, read_groups

BETA = {"Beta": "com.acme.beta", "beta": "com.acme.beta"}
# name -> (files by tag, tags of prereleases, bundle IDs by part of a name,
#          (bundle ID, assets, tags, prereleases) of each app)
APP = "com.acme.app"
CASES = {
    "one file each": (
        {"v1.0": "Acme.ipa", "v1.1": "Acme.ipa"}, "", {}, [(APP, "*.ipa", "*", "exclude")],
    ),
    "versions in names": (
        {"v1.0": "Acme-1.0.ipa", "v1.1": "Acme-1.1.ipa"}, "", {}, [(APP, "*.ipa", "*", "exclude")],
    ),
    "other files beside it": (
        {"v1.0": "Acme.ipa Acme.dSYM.zip Acme.apk sums.txt"}, "", {}, [(APP, "*.ipa", "*", "exclude")],
    ),
    "upper-case extension": ({"v1.0": "ACME.IPA"}, "", {}, [(APP, "*.ipa", "*", "exclude")]),
    "a name that changed": (
        {"v1.0": "Acme.ipa", "v1.1": "acme-ios-1.1.ipa"}, "", {}, [(APP, "*.ipa", "*", "exclude")],
    ),
    "a debug build": (
        {"v1.0": "Acme-1.0.ipa Acme-1.0-debug.ipa", "v1.1": "Acme-1.1.ipa Acme-1.1-debug.ipa"}, "", {},
        [(APP, "Acme-*.ipa !Acme-*-debug.ipa", "*", "exclude")],
    ),
    "a debug build of fixed name": (
        {"v1.0": "Acme.ipa Acme-debug.ipa"}, "", {}, [(APP, "Acme.ipa", "*", "exclude")],
    ),
    "a new name beside another app": (
        {"v1.0": "Old.ipa Beta.ipa", "v1.1": "New.ipa Beta.ipa"}, "", BETA,
        [(APP, "*.ipa !Beta.ipa", "*", "exclude"), ("com.acme.beta", "Beta.ipa", "*", "exclude")],
    ),
    "architectures": (
        {"v1.0": "Acme-arm64-1.0.ipa Acme-armv7-1.0.ipa"}, "", {},
        [(APP, "Acme-arm64-*.ipa", "*", "exclude")],
    ),
    "tvOS beside iOS": (
        {"v1.0": "Acme-iOS.ipa Acme-tvOS.ipa"}, "", {}, [(APP, "Acme-iOS.ipa", "*", "exclude")],
    ),
    "two apps in each release": (
        {"v1.0": "Acme-1.0.ipa Beta-1.0.ipa", "v1.1": "Acme-1.1.ipa Beta-1.1.ipa"}, "", BETA,
        [(APP, "Acme-*.ipa", "*", "exclude"), ("com.acme.beta", "Beta-*.ipa", "*", "exclude")],
    ),
    "two apps in turns": (
        {"v1.0": "Acme-1.0.ipa", "v1.1": "Beta-1.1.ipa"}, "", BETA,
        [(APP, "Acme-*.ipa", "*", "exclude"), ("com.acme.beta", "Beta-*.ipa", "*", "exclude")],
    ),
    "two apps by tags": (
        {"acme-v1.0": "app.ipa", "beta-v1.0": "app.ipa", "acme-v1.1": "app.ipa"}, "", BETA,
        [(APP, "*.ipa", "acme-v*", "exclude"), ("com.acme.beta", "*.ipa", "beta-v*", "exclude")],
    ),
    "two apps by tags with slashes": (
        {"acme/1.0": "app.ipa", "beta/1.0": "app.ipa"}, "", BETA,
        [(APP, "*.ipa", "acme/*", "exclude"), ("com.acme.beta", "*.ipa", "beta/*", "exclude")],
    ),
    "a library in the same repository": (
        {"v1.0": "Acme.ipa", "lib-v2.0": "lib.zip", "v1.1": "Acme.ipa"}, "", {},
        [(APP, "*.ipa", "v*", "exclude")],
    ),
    "tags with and without v": (
        {"1.0": "Acme.ipa", "v1.1": "Acme.ipa", "lib-1.0": "lib.zip"}, "", {},
        [(APP, "*.ipa", "[vV0-9]*", "exclude")],
    ),
    "platforms at the tags' ends": (
        {"1.0-ios": "Acme.ipa", "1.0-mac": "Acme.dmg", "1.1-ios": "Acme.ipa"}, "", {},
        [(APP, "*.ipa", "*-ios", "exclude")],
    ),
    "a release without files of the same series": (
        {"v1.0": "Acme.ipa", "v1.1": "", "v1.2": "Acme.ipa"}, "", {}, [(APP, "*.ipa", "*", "exclude")],
    ),
    "betas are left out": (
        {"v1.0": "Acme.ipa", "v1.1-beta.1": "Acme.ipa"}, "v1.1-beta.1", {}, [(APP, "*.ipa", "*", "exclude")],
    ),
    "only prereleases": (
        {"v0.1": "Acme.ipa", "v0.2": "Acme.ipa"}, "v0.1 v0.2", {}, [(APP, "*.ipa", "*", "include")],
    ),
    "a nightly app of its own": (
        {"v1.0": "Acme.ipa", "nightly": "Acme.ipa"}, "nightly", {"nightly": "com.acme.nightly"},
        [(APP, "*.ipa", "*", "exclude"), ("com.acme.nightly", "*.ipa", "*", "only")],
    ),
    "a rolling prerelease of the same app": (
        {"v1.0": "Acme.ipa", "nightly": "Acme-nightly.ipa"}, "nightly", {}, [(APP, "*.ipa", "*", "exclude")],
    ),
    "brackets and a mark in the name": (
        {"v1.0": "[x]Acme.ipa !Beta.ipa"}, "", BETA,
        [(APP, "[[]x]Acme.ipa", "*", "exclude"), ("com.acme.beta", "?Beta.ipa", "*", "exclude")],
    ),
    "commit ids in names": (
        {
            "v1.0": "Acme-1.0-abc1234.ipa Beta-1.0-abc1234.ipa",
            "v1.1": "Acme-1.1-0e1f2a3.ipa Beta-1.1-0e1f2a3.ipa",
        },
        "", BETA, [(APP, "Acme-*.ipa", "*", "exclude"), ("com.acme.beta", "Beta-*.ipa", "*", "exclude")],
    ),
    "no way to tell two apart": (
        {"v1": "app.ipa", "v2": "app.ipa", "v3-beta": "app.ipa"}, "", {"v2": "com.acme.other"},
        [(APP, "*.ipa", "*", "exclude")],
    ),
}  # fmt: skip


def plan_case(name: str) -> tuple[list[Release], tuple[AppPlan, ...]]:
    rows, pre, bundles, _ = CASES[name]
    releases = make_releases(rows, pre)
    return releases, plan_apps(releases, read_groups(releases, bundles))


@pytest.mark.parametrize("name", CASES)
def test_patterns(name: str) -> None:
    _, plans = plan_case(name)
    shown = [(p.bundle_identifier, " ".join(p.assets), p.tags, p.prereleases) for p in plans]
    assert sorted(shown) == sorted(CASES[name][3])


@pytest.mark.parametrize("name", CASES)
def test_the_catalog_takes_one_file_a_release_and_never_another_apps(name: str) -> None:
    releases, plans = plan_case(name)
    text = draft_catalog("Acme", assign_ids(plans))
    catalog = parse_catalog(text)
    assert [app.bundle_id for app in catalog.apps] == [plan.bundle_identifier for plan in plans]
    assert len({app.id.lower() for app in catalog.apps}) == len(plans)
    bundles = {} if name == "no way to tell two apart" else CASES[name][2]
    for release in releases:
        taken = [(find_app(catalog, release, asset.name), asset.name) for asset in release.assets]
        for app, file in taken:
            if app is not None:
                expected = next((b for p, b in bundles.items() if p in f"{release.tag} {file}"), APP)
                assert (app.bundle_id, file.lower()[-4:]) == (expected, ".ipa")
        for app in catalog.apps:
            assert sum(found is app for found, _ in taken) <= 1, "one file of a release feeds an app"
    for app in catalog.apps:
        assert sum(not glob.startswith("!") for glob in app.assets) == 1, "else releases would never be whole"


@pytest.mark.parametrize("name", CASES)
def test_tomorrows_release_needs_no_edit(name: str) -> None:
    """The same names with another version are taken, too."""
    _, plans = plan_case(name)
    for plan in plans:
        app = plan.as_app()
        assert match_tag(app, plan.opened.release.tag)
        assert match_asset(app, plan.opened.asset.name.replace("1.0", "9.9").replace("1.1", "9.9"))


def test_what_is_left_out_is_known() -> None:
    releases, plans = plan_case("a debug build")
    strays = {f"{f.release.tag} {f.asset.name}" for f in find_strays(plans, releases)}
    assert strays == {"v1.0 Acme-1.0-debug.ipa", "v1.1 Acme-1.1-debug.ipa"}
    assert any("Acme-1.1.ipa" in note for note in plans[0].notes)


def test_unfinished_files_are_none() -> None:
    releases = [make_release(1, "v1.0", "Acme.ipa", state="starter")]
    assert plan_apps(releases, read_groups(releases, {})) == ()


def test_the_newest_decides_where_old_names_fit_no_pattern() -> None:
    """The app's old name is another app's name now."""
    releases = make_releases({"old-1.0": "App.ipa", "v2.0": "New.ipa App.ipa"})
    bundles = {"v2.0 App": "com.acme.other"}
    plans = {plan.bundle_identifier: plan for plan in plan_apps(releases, read_groups(releases, bundles))}
    assert (plans[APP].assets, plans[APP].releases) == (("New.ipa",), 1)
    assert "only names like New.ipa: older ones differ" in plans[APP].notes


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("Acme-1.2.0.ipa", "Acme-*.ipa"), ("Acme_v1.2-debug.ipa", "Acme_v*-debug.ipa"),
        ("Acme-arm64-1.0.ipa", "Acme-arm64-*.ipa"), ("Acme.ipa", "Acme.ipa"), ("1.0.ipa", "*.ipa"),
        ("Acme_2024.01.02-abc1234.ipa", "Acme_*.ipa"), ("A[b]1.ipa", "A[[]b]*.ipa"), ("!x.ipa", "?x.ipa"),
    ],
)  # fmt: skip
def test_shapes(name: str, shape: str) -> None:
    assert shape_of(name) == shape


@pytest.mark.parametrize(
    ("tag", "family"),
    [
        ("v1.0", "*"), ("1.0", "*"), ("v1.0-beta.3", "*"), ("2.0rc1", "*"), ("lib-v1.2.0", "lib-*"),
        ("nightly", "nightly"), ("app/v2", "app/*"), ("pkg@1.0.0", "pkg@*"), ("1.0-ios", "*-ios"),
    ],
)  # fmt: skip
def test_families(tag: str, family: str) -> None:
    assert family_of(tag) == family
