"""A document as a page shows it, from values alone: hand-made ones hold anything."""

from typing import Any

import pytest

from bot.source import render_source
from bot.web.dashboard.view_source import PAGE, build_document
from bot.web.dashboard.view_values import tell_size
from bot.web.dashboard.view_verdicts import MOST_BYTES, Document, build_verdict

NOW = 1_795_000_000_000
ICON = "https://acme.example/src/icons/0123456789abcdef.png"
VERSION = {
    "version": "1.2", "buildVersion": "57", "date": "2026-11-01", "size": 12_345_678, "minOSVersion": "15.0",
    "downloadURL": "https://acme.example/a.ipa", "localizedDescription": "Faster.\nSmaller.",
}  # fmt: skip
APP: dict[str, Any] = {
    "name": "Acme", "bundleIdentifier": "com.acme.app", "developerName": "Acme Inc", "iconURL": ICON,
    "localizedDescription": "An app.", "tintColor": "#FF8800", "versions": [VERSION],
    "appPermissions": {"entitlements": ["get-task-allow"], "privacy": {"NSCameraUsageDescription": "To see"}},
}  # fmt: skip


def build(**changes: Any) -> Any:
    document = {"name": "Acme Apps", "identifier": "com.acme", "apps": [APP | changes]}
    return build_document(document, {"icons/0123456789abcdef.png": "a" * 64}, now_ms=NOW).apps[0]


def test_an_app_is_shown_with_what_it_asks_for() -> None:
    app = build()
    (version,) = app.versions
    assert (app.name, app.bundle, app.icon, app.tint) == ("Acme", "com.acme.app", "a" * 64, "ff8800")
    assert (version.name, version.size, version.min_os) == ("1.2 (57)", "12.3 MB", "15.0")
    assert (version.notes, version.released.iso) == ("Faster.\nSmaller.", "2026-11-01T00:00:00Z")
    assert [(p.name, p.text) for p in (*app.privacy, *app.entitlements)] == [
        ("Camera", "To see"), ("get-task-allow", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {key: value}
        for key in (*APP, "screenshots", "releaseChannels", "patreon", "category")
        for value in (
            None,
            7,
            [],
            {},
            [None, 3, {"track": 5, "releases": 3}],
            {"privacy": 3, "a": [3]},
            "\x1b[31m",
        )
    ],
)
def test_whatever_a_value_is_the_page_is_made(changes: dict[str, Any]) -> None:
    app = build(**changes)
    assert "\x1b" not in repr(app)


@pytest.mark.parametrize(
    "document", [{}, {"apps": 3, "news": "x"}, {"apps": [3], "news": [None], "website": 3}]
)
def test_a_document_may_hold_anything(document: dict[str, Any]) -> None:
    assert build_document(document, {}, now_ms=NOW).name == "Nameless"


def test_no_address_is_clickable_that_is_none_of_the_web() -> None:
    evil = "javascript:alert(1)"
    app = build(screenshots=[evil, "https://x.example/1.png"], versions=[VERSION | {"downloadURL": evil}])
    assert app.versions[0].download.url is None
    assert [link.url for link in app.screenshots] == ["https://x.example/1.png"]
    document = {"website": evil, "news": [{"url": evil}]}
    shown = build_document(document, {}, now_ms=NOW)
    assert (shown.website, shown.news[0].link) == (None, None)


@pytest.mark.parametrize("url", ["https://evil.example/x.png", "icons/0123456789abcdef.png", ICON + "?x", 3])
def test_only_pictures_of_ours_are_shown(url: Any) -> None:
    assert build(iconURL=url).icon is None


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0 B"), (999, "999 B"), (1500, "1.5 KB"), (2**31, "2.1 GB"), (-1, None), (True, None), ("5", None)],
)
def test_sizes_are_told_as_people_say_them(value: Any, said: str | None) -> None:
    assert tell_size(value) == said


def test_screenshots_by_device_and_tracks_are_listed() -> None:
    shots = {"iphone": ["https://x.example/1.png"], "ipad": [{"imageURL": "https://x.example/2.png"}]}
    tracks = [{"track": "stable", "releases": [VERSION]}, {"track": "beta", "releases": [VERSION]}]
    app = build(screenshots=shots, releaseChannels=tracks)
    assert len(app.screenshots) == 2
    assert [track.name for track in app.tracks] == ["beta"]


def test_apps_come_in_pages() -> None:
    document = {"apps": [APP | {"name": f"App {n}"} for n in range(PAGE + 1)]}
    first = build_document(document, {}, now_ms=NOW)
    second = build_document(document, {}, page=2, now_ms=NOW)
    assert (len(first.apps), first.next_page, first.count) == (PAGE, 2, PAGE + 1)
    assert ([app.index for app in second.apps], second.next_page) == ([PAGE], None)
    assert build_document(document, {}, page=9, now_ms=NOW).apps == ()


def test_each_client_says_what_it_thinks() -> None:
    good: Any = {"name": "Acme", "identifier": "com.acme", "apps": [APP]}
    shown = build_verdict(Document("1", render_source(good)), ["altstore", "sidestore"])
    assert shown is not None
    assert [(c.name, c.badge.tone, c.named) for c in shown.clients[:3]] == [
        ("altstore", "good", True), ("sidestore", "good", True), ("altstore-2.0", "good", False),
    ]  # fmt: skip
    bad: Any = {"name": "Acme", "identifier": "com.acme", "apps": [APP, APP]}
    shown = build_verdict(Document("2", render_source(bad)), ["altstore"])
    assert shown is not None
    assert shown.clients[0].badge.label == "Refuses it"
    assert shown.findings[0].badge.label == "Error"
    assert shown.findings[0].clients.startswith("altstore")


def test_no_page_judges_what_is_huge() -> None:
    assert build_verdict(Document("3", b" " * (MOST_BYTES + 1)), ["altstore"]) is None
