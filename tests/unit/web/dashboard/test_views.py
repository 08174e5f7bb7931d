"""What the pages say, from values alone."""

import pytest

from bot.catalog import parse_catalog
from bot.decisions import Decisions
from bot.enqueue import Outcome
from bot.records import (
    Cause,
    CauseKind,
    Delivery,
    DeliveryState,
    Facts,
    Proposal,
    Publication,
    Record,
    RepositoryFacts,
    Site,
    SiteState,
    Verdict,
)
from bot.web.dashboard.view_apps import Known, build_apps
from bot.web.dashboard.view_deliveries import build_delivery, is_of_site, render_state, tell_token
from bot.web.dashboard.view_links import GitHubPages, Link, check_link
from bot.web.dashboard.view_publications import build_publication, tell_cause
from bot.web.dashboard.view_rebuild import Progress, render_rebuild
from bot.web.dashboard.view_sites import build_site
from bot.web.dashboard.view_times import build_moment, build_moment_of, tell_ago

PAGES = GitHubPages("https://api.github.com")
NOW = 1_795_000_000_000
CATALOG = "name: Acme\napps:\n  - {id: one, repository: acme/one}\n  - {id: two, repository: acme/two}\n"
KEY = "acme/source@main"


def site(**changes: object) -> SiteState:
    facts = RepositoryFacts(
        id=1, full_name="Acme/Source", owner="Acme", private=False, default_branch="main", html_url="x"
    )
    state = SiteState(site=Site(repository="acme/source", branch="main"), repository=facts, catalog=CATALOG)
    return state.model_copy(update=changes)


def record(version: str = "1.0", app: str = "one", **changes: object) -> Record:
    facts = Facts(bundle_identifier="com.acme", name="One", version=version, build_version="7")
    made = Record(
        repository_id=1, asset_id=int(float(version) * 10), app=app, repository=f"acme/{app}", release_id=1,
        tag=f"v{version}", published_at=f"2026-01-0{version[0]}T00:00:00Z", asset_name="a.ipa", size=1,
        release_url="https://github.com/acme/one/releases/1", download_url="x", updated_at="x", facts=facts,
    )  # fmt: skip
    return made.model_copy(update=changes)


def delivery(state: DeliveryState = DeliveryState.DONE, **changes: object) -> Delivery:
    made = Delivery(
        guid="g", event="release", action="published", repository="acme/one", state=state, received_ms=NOW
    )
    return made.model_copy(update=changes)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "just now"), (44, "just now"), (59, "1 minute ago"), (90, "2 minutes ago"),
        (3600, "1 hour ago"), (86_400 * 3, "3 days ago"), (-7200, "in 2 hours"), (-10, "just now"),
        (86_400 * 40, "9 Oct 2026"),
    ],
)  # fmt: skip
def test_times_are_told_from_now(seconds: int, told: str) -> None:
    assert tell_ago(NOW - seconds * 1000, NOW) == told


def test_times_that_are_none() -> None:
    assert build_moment(None, NOW) is None
    assert build_moment(10**18, NOW) is None
    assert build_moment_of("yesterday", NOW) is None
    moment = build_moment_of("2026-11-18T11:06:40Z", NOW)
    assert moment is not None
    assert (moment.exact, moment.iso) == ("2026-11-18 11:06:40 UTC", "2026-11-18T11:06:40Z")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//x", "https:", "http://[", " https://x"]
)
def test_what_is_no_link_is_text(url: str) -> None:
    assert check_link(url) is None


def test_links_lead_to_github() -> None:
    assert PAGES.commit("Acme/Source", "0123456789") == Link(
        "0123456", "https://github.com/Acme/Source/commit/0123456789"
    )
    assert GitHubPages("https://git.acme.example/api/v3").repository("a/b") == "https://git.acme.example/a/b"
    assert check_link("https://github.com/acme") == "https://github.com/acme"


@pytest.mark.parametrize(
    ("token", "told"),
    [
        (f"ingest:{KEY}:acme/one:12:guid", f"reading release 12 of acme/one for {KEY}"),
        (f"publish:{KEY}", f"publishing {KEY}"),
        ("command:acme/source:1:55:guid", "answering a comment in acme/source#1"),
        (f"sync:{KEY}:guid", f"reading {KEY}"),
        (f"scan:{KEY}:one:guid", f"comparing {KEY}"),
        ("something:else", "something:else"),
    ],
)
def test_open_work_is_told_in_words(token: str, told: str) -> None:
    assert tell_token(token) == told


@pytest.mark.parametrize(
    ("state", "label", "replay", "settled"),
    [
        (DeliveryState.PENDING, "Pending", None, False), (DeliveryState.QUEUED, "Working", "Replay", False),
        (DeliveryState.DONE, "Done", "Replay", True), (DeliveryState.IGNORED, "Ignored", None, True),
        (DeliveryState.FAILED, "Failed", "Retry", True),
    ],
)  # fmt: skip
def test_states_of_a_delivery(state: DeliveryState, label: str, replay: str | None, settled: bool) -> None:
    view = build_delivery(delivery(state, reason="why", open=(f"publish:{KEY}",)), PAGES, NOW)
    assert (view.badge.label, view.replay, view.is_settled) == (label, replay, settled)
    assert view.event == "release: published"
    told = render_state(view)
    assert told["settled"] is settled
    assert told["text"] == ("why" if settled else f"Publishing {KEY} …")


def test_deliveries_of_a_site() -> None:
    assert is_of_site(delivery(), KEY, ("acme/source", "acme/one"))
    assert is_of_site(delivery(repository="x/y", open=(f"publish:{KEY}",)), KEY, ())
    assert not is_of_site(delivery(repository="x/y", open=("publish:a/b@main",)), KEY, ("acme/source",))


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (Cause(kind=CauseKind.RELEASE, repository="acme/one", tag="v1"), "release v1 of acme/one"),
        (Cause(kind=CauseKind.RELEASE, repository="acme/one"), "a release of acme/one is gone"),
        (Cause(kind=CauseKind.CATALOG), "the catalog changed"),
        (Cause(kind=CauseKind.COMMAND, text="/rebuild", actor="dashboard"), "/rebuild by dashboard"),
        (Cause(kind=CauseKind.SWEEP), "the regular comparison with GitHub"),
        (Cause(kind=CauseKind.TIME), "the time has come"),
    ],
)
def test_causes_are_told(cause: Cause, told: str) -> None:
    assert tell_cause(cause) == told


def test_a_cause_is_told_once() -> None:
    causes = [
        Cause(kind=CauseKind.RELEASE, tag=f"v{n % 30}", delivery=f"g{n}", url="javascript:x")
        for n in range(90)
    ]
    made = Publication(site=KEY, commit="c", parent="p", subject="S", causes=tuple(causes), at_ms=NOW)
    view = build_publication(made, PAGES, NOW)
    assert (len(view.causes), view.more) == (20, 10)
    assert view.causes[0].delivery == "g0"
    assert view.causes[0].why.url is None


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({}, "Nothing published yet"), ({"last_publish_ms": 5}, "Up to date"),
        ({"generation": 3, "published_generation": 2}, "Publishing"),
        ({"generation": 3, "problems": ("line 1: no",)}, "Catalog broken"),
        ({"last_publish_ms": 5, "proposal": Proposal()}, "Up to date"),
        ({"last_publish_ms": 5, "proposal": Proposal(number=7)}, "Waits for a merge"),
        ({"last_publish_ms": 5, "proposal": Proposal(number=7, declined=True)}, "Up to date"),
    ],
)  # fmt: skip
def test_states_of_a_site(changes: dict[str, object], label: str) -> None:
    view = build_site(site(**changes), None, PAGES, NOW)
    assert view.badge.label == label
    assert view.repository == Link("Acme/Source", "https://github.com/Acme/Source")


def apps(records: list[Record], decisions: str = '{"decisions": []}', **changes: object):
    known = Known(
        state=site(**{k: v for k, v in changes.items() if k != "working"}), records=records,
        decisions=Decisions.model_validate_json(decisions), working=changes.get("working", ()),
        pages=PAGES, now_ms=NOW,
    )  # fmt: skip
    return build_apps(parse_catalog(CATALOG), known)


def test_apps_show_their_newest_version() -> None:
    one, two = apps([record("1.0"), record("2.0")])
    assert (one.name, one.letter, one.badge.label, one.versions) == ("One", "O", "Published", 2)
    assert one.version == Link("2.0 (7)", "https://github.com/acme/one/releases/1")
    assert (two.name, two.version, two.badge.label) == ("two", None, "No release yet")
    assert "acme/two" in (two.note or "")


@pytest.mark.parametrize(
    ("declined", "label", "note"),
    [
        (False, "Waits for a merge", "It is in pull request #7."),
        (True, "Not merged", "Somebody closed pull request #7 without merging it."),
    ],
)
def test_a_version_that_waits_for_a_merge_is_not_published(declined: bool, label: str, note: str) -> None:
    newest = record("2.0")
    cause = Cause(kind=CauseKind.RELEASE, repository=newest.repository, tag=newest.tag)
    waits = Proposal(number=7, url="https://github.com/a/b/pull/7", causes=(cause,), declined=declined)
    one, two = apps([record("1.0"), newest], proposal=waits)
    assert (one.badge.label, one.note) == (label, note)
    assert two.badge.label == "No release yet"


def test_a_site_links_to_what_waits() -> None:
    waits = Proposal(number=7, url="https://github.com/a/b/pull/7", subject="Publish One 2.0")
    view = build_site(site(proposal=waits), None, PAGES, NOW)
    assert view.proposal == Link("#7 Publish One 2.0", "https://github.com/a/b/pull/7")
    evil = build_site(site(proposal=waits.model_copy(update={"url": "javascript:x"})), None, PAGES, NOW)
    assert evil.proposal is not None
    assert evil.proposal.url is None


def test_a_refused_release_is_told_beside_the_last_good_one() -> None:
    bad = record("2.0", verdict=Verdict(accepted=False, code="bad_ipa", reason="It is no zip."), facts=None)
    one, _ = apps([record("1.0"), bad])
    assert (one.badge.label, one.note) == ("Newest refused", "v2.0: It is no zip.")
    assert one.version is not None
    assert one.version.text == "1.0 (7)"
    one, _ = apps([bad, record("3.0")])
    assert one.badge.label == "Published", "a newer one is good"


def test_a_yanked_version_is_not_the_newest() -> None:
    yank = (
        '{"decisions": [{"kind": "yank", "app": "one", "version": "2.0", "actor": "x", '
        '"at": "2026-01-01T00:00:00Z"}]}'
    )
    one, _ = apps([record("1.0"), record("2.0")], yank)
    assert one.version is not None
    assert one.version.text == "1.0 (7)"
    one, _ = apps([record("2.0")], yank)
    assert one.badge.label == "Held back"


def test_work_under_way_is_told_first() -> None:
    working = [delivery(DeliveryState.QUEUED, open=(f"ingest:{KEY}:Acme/One:1:g",))]
    one, two = apps([record("1.0")], working=working)
    assert (one.badge.label, two.badge.label) == ("Under way", "No release yet")
    cause = Cause(kind=CauseKind.RELEASE, repository="acme/two")
    _, two = apps([record("1.0", app="two")], generation=1, causes=(cause,))
    assert two.badge.label == "Under way"


PUBLISHED = Publication(site=KEY, commit="abcdef123", parent="p", subject="S", causes=(), at_ms=NOW + 2)


@pytest.mark.parametrize(
    ("outcome", "crashed", "published", "latest", "label", "settled"),
    [
        (None, False, 0, None, "Rebuilding", False),
        (Outcome(NOW - 1, "old", done=True, generation=1), False, 1, None, "Rebuilding", False),
        (None, True, 0, None, "Failed", True),
        (Outcome(NOW, "No catalog.", done=False), False, 9, None, "Failed", True),
        (Outcome(NOW, "Read.", done=True, generation=2), False, 1, None, "Publishing", False),
        (Outcome(NOW, "Read.", done=True, generation=2), False, 2, None, "Rebuilt", True),
        (Outcome(NOW, "Read.", done=True, generation=2), False, 3, PUBLISHED, "Rebuilt", True),
        (Outcome(NOW, "GitHub is down.", done=False, generation=2), False, 2, None, "Incomplete", True),
    ],
)
def test_a_rebuild_is_told_step_by_step(  # noqa: PLR0917 - the columns of the table
    outcome: Outcome | None,
    crashed: bool,
    published: int,
    latest: Publication | None,
    label: str,
    settled: bool,
) -> None:
    told = render_rebuild(Progress(NOW, outcome, crashed, published, latest), PAGES)
    assert (told["label"], told["settled"]) == (label, settled)
    assert (told["link"] is not None) == (latest is not None)
