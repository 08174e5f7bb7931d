from pathlib import Path

import pytest

from bot.catalog import App, parse_catalog
from bot.records import Asset, Release, RepositoryFacts
from jobs.readiness import check_ready, moment

NOW = moment("2026-11-22T12:00:00Z")
FACTS = RepositoryFacts(
    id=1, full_name="acme/app", owner="acme", private=False, default_branch="main", html_url="https://x"
)


def asset(name: str, *, at: str = "2026-11-22T11:59:00Z", state: str = "uploaded") -> Asset:
    return Asset(
        id=1,
        name=name,
        state=state,
        size=1,
        digest=None,
        created_at=at,
        updated_at=at,
        download_url="d",
        api_url="a",
    )


def check(
    *assets: Asset,
    globs: tuple[str, ...] = ("*.ipa",),
    published: str = "2026-11-22T11:58:00Z",
    told: float | None = None,
):
    app = App(repository="acme/app", assets=globs)
    release = Release(
        id=1, repository=FACTS, tag="v1", name=None, body=None, draft=False, prerelease=False,
        created_at=published, published_at=published, html_url="h", assets=assets,
    )  # fmt: skip
    return check_ready(app, release, now=NOW, quiet_period=10, timeout=86_400, told=told)


@pytest.mark.parametrize(
    "assets",
    [
        (asset("a.ipa"),),
        (asset("a.ipa"), asset("b.ipa")),
        (asset("a.IPA"),),
        (asset("a.ipa"), asset("notes.txt", at="2026-11-22T12:00:00Z")),
        (asset("a.ipa", at="2026-11-22T11:59:50Z"),),
    ],
)
def test_complete_and_quiet_is_ready(assets):
    assert check(*assets) is None


@pytest.mark.parametrize(
    "assets", [(), (asset("notes.txt"),), (asset("a.ipa", state="starter"),), (asset("a.ipa", state="open"),)]
)
def test_a_missing_file_is_waited_for(assets):
    found = check(*assets)
    assert found is not None
    assert found.retry
    assert "*.ipa" in found.public


@pytest.mark.parametrize(
    ("app", "names", "ready"),
    [
        ("both", ["Acme.ipa"], False),
        ("both", ["Acme.ipa", "Acme-Pro.ipa"], True),
        ("either", ["Tool.ipa"], True),
        ("either", ["Tool-2.1.ipa"], True),
        ("either", ["Tool.tipa"], True),
        ("either", ["Tool-debug.ipa"], False),
    ],
)
def test_and_and_or_are_as_documented(app, names, ready):
    text = (Path(__file__).resolve().parents[3] / "docs/catalog.md").read_text(encoding="utf-8")
    section = text.partition("### When a release is read")[2]
    apps = parse_catalog(section.partition("```yaml\n")[2].partition("```")[0]).apps
    [globs] = [one.assets for one in apps if one.id == app]
    assert (check(*map(asset, names), globs=globs) is None) == ready


def test_each_pattern_needs_a_file():
    globs = ("Acme-*.ipa", "Beta-*.ipa")
    found = check(asset("Acme-1.ipa"), globs=globs)
    assert found is not None
    assert "Beta-*.ipa" in found.public
    assert "Acme" not in found.public
    assert check(asset("Acme-1.ipa"), asset("Beta-1.ipa"), globs=globs) is None


def test_an_excluded_file_does_not_count():
    assert check(asset("a-debug.ipa"), globs=("*.ipa", "!*-debug.ipa")) is not None


@pytest.mark.parametrize(("at", "left"), [("2026-11-22T11:59:55Z", 5), ("2026-11-22T12:00:00Z", 10)])
def test_a_fresh_file_may_not_be_the_last(at, left):
    found = check(asset("old.ipa"), asset("new.ipa", at=at))
    assert found is not None
    assert found.retry_after == left


TOLD = {  # when a CI job said that all is there, beside a file of 11:59:55
    "2026-11-22T12:00:00Z": True,
    "2026-11-22T11:59:55Z": True,
    "2026-11-22T11:58:55Z": True,  # GitHub's clock may be a minute ahead
    "2026-11-22T11:58:54Z": False,
}


@pytest.mark.parametrize("at", TOLD)
def test_a_job_vouches_for_the_files_that_were_there(at):
    fresh = asset("a.ipa", at="2026-11-22T11:59:55Z")
    assert (check(fresh, told=moment(at)) is None) == TOLD[at]
    assert check(asset("a.ipa", state="starter"), told=moment(at)) is not None
    assert check(fresh, globs=("*.ipa", "*.dmg"), told=moment(at)) is not None


def test_an_old_release_is_taken_as_it_is():
    assert check(published="2026-11-21T12:00:00Z") is None
    assert check(asset("a.ipa", state="starter"), published="2026-01-01T00:00:00Z") is None


DAYS_AGO = "2026-11-20T12:00:00Z"


def test_the_quiet_period_holds_however_old_the_release_is():
    found = check(asset("a.ipa", at="2026-11-22T11:59:55Z"), published=DAYS_AGO)
    assert found is not None
    assert found.retry_after == 5
    assert "a.ipa" in found.public


def test_what_is_missing_is_waited_for_only_so_long():
    both = ("a.ipa", "b.ipa")
    assert check(asset("a.ipa"), globs=both) is not None
    assert check(asset("a.ipa"), globs=both, published=DAYS_AGO) is None
    assert check(asset("notes.txt"), published=DAYS_AGO) is None


def test_a_clock_that_is_slow_makes_the_wait_no_longer():
    found = check(asset("a.ipa", at="2026-11-22T13:00:00Z"))
    assert found is not None
    assert found.retry_after == 10
