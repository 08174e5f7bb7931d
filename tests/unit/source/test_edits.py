"""A hand edit of a document, as catalog keys."""

from copy import deepcopy
from typing import Any

import pytest

from bot.catalog import Catalog, parse_catalog
from bot.source.edits import suggest_edits
from bot.source.model import Source

CATALOG = """\
name: Acme Apps
apps:
  - repository: acme/app
    bundle-id: com.acme.app
    subtitle: As it was
"""
VERSION = {"version": "1.0", "date": "2026-01-01", "downloadURL": "https://a.example/a.ipa", "size": 1}
BEFORE: Any = {
    "name": "Acme Apps",
    "apps": [{
        "name": "Acme", "bundleIdentifier": "com.acme.app", "developerName": "Acme",
        "subtitle": "As it was", "localizedDescription": "Old.", "iconURL": "https://a.example/i.png",
        "versions": [VERSION], "version": "1.0",
    }],
    "news": [{"identifier": "old", "title": "Old", "caption": "c", "date": "2026-01-01"}],
}  # fmt: skip


def suggest(change: Any) -> tuple[str, tuple[str, ...]]:
    after: Source = deepcopy(BEFORE)
    change(after)
    catalog: Catalog = parse_catalog(CATALOG)
    found = suggest_edits(deepcopy(BEFORE), after, catalog, {"com.acme.app": catalog.apps[0]})
    return found.yaml, found.lost


def app(**keys: Any) -> Any:
    return lambda document: document["apps"][0].update(keys)


def top(**keys: Any) -> Any:
    return lambda document: document.update(keys)


SHOT = "https://a.example/1.png"
IN_APP = 'apps:\n  - id: "app"\n    '
NEWS = """\
news:
  - identifier: "n"
    date: "2026-01-02"
    title: "T"
    caption: "c"
    app: "app"
"""
KEPT = {
    "name": (app(name="Acme Deluxe"), IN_APP + 'name: "Acme Deluxe"\n'),
    "developer": (app(developerName="Ö"), IN_APP + 'developer: "Ö"\n'),
    "description of two lines": (app(localizedDescription="A\nB"), IN_APP + 'description: "A\\nB"\n'),
    "icon": (app(iconURL="https://a.example/j.png"), IN_APP + 'icon: "https://a.example/j.png"\n'),
    "tint": (app(tintColor="#FF0000"), IN_APP + 'tint-color: "#FF0000"\n'),
    "category": (app(category="games"), IN_APP + 'category: "games"\n'),
    "screenshots": (app(screenshots=[SHOT]), IN_APP + f'screenshots: ["{SHOT}"]\n'),
    "screenshots in the old key": (app(screenshotURLs=[SHOT]), IN_APP + f'screenshots: ["{SHOT}"]\n'),
    "iPad screenshots": (
        app(screenshots={"ipad": [{"imageURL": SHOT, "width": 3, "height": 4}]}),
        IN_APP + f'screenshots: [{{"url": "{SHOT}", "width": 3, "height": 4, "device": "ipad"}}]\n',
    ),
    "no screenshots any more": (app(screenshots=[]), IN_APP + "screenshots: []\n"),
    "source texts": (top(subtitle="Ours", tintColor="#00FF00"), 'subtitle: "Ours"\ntint-color: "#00FF00"\n'),
    "featured apps": (top(featuredApps=["com.acme.app", "com.other"]), 'featured-apps: ["app"]\n'),
    "news": (
        lambda d: d["news"].append(
            {"identifier": "n", "title": "T", "caption": "c", "date": "2026-01-02", "appID": "com.acme.app"}
        ),
        NEWS,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_kept_as_catalog_keys(name: str) -> None:
    change, yaml = KEPT[name]
    assert suggest(change) == (yaml, ())
    parse_catalog(merged(yaml))


def merged(yaml: str) -> str:
    """The catalog with the suggested keys in their places, as a person would write them."""
    lines = CATALOG.splitlines()
    for line in yaml.splitlines():
        key = line.partition(":")[0]
        if line.startswith("    ") and "news:" not in lines:
            lines = [have for have in lines if not have.startswith(f"{key}:")] + [line]
        elif line not in ("apps:", '  - id: "app"'):
            lines.append(line) if line.startswith((" ", "news:")) else lines.insert(0, line)
    return "\n".join(lines) + "\n"


LOST = {
    "a version": (
        lambda d: d["apps"][0]["versions"].insert(0, {**VERSION, "version": "9.9"}),
        ("Acme 9.9 added: versions come from releases alone",),
    ),
    "a version's size": (
        lambda d: d["apps"][0]["versions"][0].update(size=2),
        ("Acme 1.0 changed: size: versions come from releases alone",),
    ),
    "permissions": (
        app(appPermissions={"entitlements": []}),
        ("Acme: `appPermissions` is read from the releases' files",),
    ),
    "an unknown key": (app(beta=True), ("Acme: `beta` has no key in the catalog",)),
    "a removed text": (
        lambda d: d["apps"][0].pop("subtitle"),
        ("Acme: `subtitle` removed: take `subtitle` out of the catalog, if it is there",),
    ),
    "a removed app": (lambda d: d["apps"].clear(), ("Acme removed: take the app out of the catalog",)),
    "removed news": (
        lambda d: d["news"].clear(),
        ("news “old” removed: take it out of the catalog's `news`",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LOST)
def test_cannot_be_kept(name: str) -> None:
    change, lost = LOST[name]
    assert suggest(change) == ("", lost)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"category": "warez"}, "category"),
        ({"iconURL": "javascript:alert(1)"}, "iconURL"),
        ({"tintColor": "red"}, "tintColor"),
        ({"name": ["a", "list"]}, "name"),
        ({"name": "x" * 300}, "name"),
    ],
)
def test_what_the_catalog_would_refuse_is_not_suggested(keys: dict[str, Any], said: str) -> None:
    yaml, [lost] = suggest(app(**keys))
    assert yaml == ""
    assert lost.startswith(f"Acme: `{said}`: the catalog would not take it (")


@pytest.mark.parametrize("text", ["```\n@everyone", "a: b # c", "'\"\\", "\u2028x", "- no", "yes"])
def test_no_text_leaves_its_line(text: str) -> None:
    yaml, lost = suggest(app(localizedDescription=text))
    assert lost == ()
    assert len(yaml.split("\n")) == 4
    found = parse_catalog(merged(yaml)).apps[0].description
    assert found == text


@pytest.mark.parametrize("junk", [None, 3, "x", [1, None, "x"], {"a": 1}])
def test_junk_is_no_reason_to_stop(junk: Any) -> None:
    for key in ("apps", "news", "featuredApps", "subtitle"):
        suggest(top(**{key: junk}))
    for key in ("screenshots", "screenshotURLs", "versions", "name"):
        suggest(app(**{key: junk}))
