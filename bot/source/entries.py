"""The objects of a document: app, version, news. No I/O.

For each value: what the catalog says, else what the hand-made source said, else what the IPA or the
repository says. An optional key without a value is left out, as the clients ask (never "", null or []).
"""

import re
from datetime import UTC, datetime
from typing import Any, cast

from bot.catalog import App, Catalog, News, Patreon, Screenshot, expand_template
from bot.catalog.texts import localize
from bot.decisions import seconds
from bot.lock import Adopted
from bot.records import Facts, Record, RepositoryFacts
from bot.source import model
from bot.source.adopted import version_of
from bot.source.listing import Selection, Track
from bot.source.pal import adp_url, marketplace_id
from bot.source.permissions import build_permissions
from bot.source.site import SiteContext, avatar_url, icon_url
from bot.source.text import clean_line, clean_notes, clean_text, encode_url
from bot.source.tracks import TRACKS, build_tracks, is_hand_made

_PLAIN_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_GITHUB = "https://github.com"
MAX_MIRRORED_SIZE = 2_147_483_647  # the old `size` beside the versions is an Int32 to its readers
MIRRORS = {
    "version": "version",
    "versionDate": "date",
    "versionDescription": "localizedDescription",
    "downloadURL": "downloadURL",
    "size": "size",
}


def build_version(record: Record, app: App | None) -> model.Version:
    """A record as clients read it."""
    facts = record.facts
    assert facts is not None
    entry = {
        "version": facts.version,
        "buildVersion": facts.build_version,
        "buildNumber": facts.build_version,
        "date": format_date(record.published_at),
        "localizedDescription": clean_notes(record.notes),
        "downloadURL": _download_url(record, app),
        "size": record.ipa_size,
        "sha256": record.ipa_sha256.lower() if record.ipa_sha256 else None,
        "minOSVersion": facts.min_os_version,
    }
    # an empty number is the IPA's own word, to be compared exactly
    return cast("model.Version", {"version": facts.version, **without_empty(entry)})


def build_adp_version(record: Record, app: App | None) -> model.Version:
    """A record as AltStore PAL reads it: the ADP instead of the IPA, whose hash says nothing about it."""
    assert app is not None
    entry = build_version(record, app)
    shown = ("version", "buildVersion", "date", "localizedDescription", "size", "minOSVersion")
    kept = {key: value for key, value in entry.items() if key in shown}
    return cast("model.Version", {**kept, "downloadURL": adp_url(record, app)})


def adopted_version(adopted: Adopted) -> model.Version:
    """A hand-made version, whole; LiveContainer's `buildNumber` is added."""
    _, build = version_of(adopted.entry)
    entry = dict(adopted.entry)
    if build is not None:
        entry.setdefault("buildNumber", build)
    return cast("model.Version", entry)


def build_app(
    selection: Selection, versions: list[model.Version], catalog: Catalog, site: SiteContext, *, pal: bool
) -> model.App:
    """An app with its versions, the first one mirrored into the old keys; not for PAL, which is newer."""
    facts = [record.facts for record in selection.records if record.facts]
    tried = [record.facts for track in selection.tracks for record in track.records if record.facts]
    old = selection.entry.entry if selection.entry else {}
    chosen = _from_catalog(selection.app, catalog.language) if selection.app else {}
    name = (
        chosen.get("name")
        or old.get("name")
        or (facts[0].name if facts else None)
        or selection.bundle_identifier
    )
    filled = _filled(selection, facts[0] if facts else None, catalog, site)
    entry = {
        **filled,
        **without_empty(old),
        **chosen,
        "name": clean_line(str(name)) or selection.bundle_identifier,
    }
    entry["bundleIdentifier"] = selection.bundle_identifier
    if facts or tried or "appPermissions" in old:  # nobody knows what hand-made versions alone ask for
        said = old.get("appPermissions")
        entry["appPermissions"] = build_permissions([*facts, *tried], said, str(entry["name"]))
    entry.setdefault("localizedDescription", entry["name"])
    entry.pop("marketplaceID", None)  # AltStore and SideStore refuse everything when one app has it
    if not pal and not is_hand_made(selection):
        ours = [_build_track(track, selection.app) for track in selection.tracks]
        entry.pop(TRACKS, None)
        if tracks := build_tracks(selection, versions, ours):
            entry[TRACKS] = tracks
    more = {"marketplaceID": marketplace_id(selection)} if pal else _mirror(versions[0])
    return cast("model.App", {**entry, "versions": versions, **more})


def _build_track(track: Track, app: App | None) -> model.ReleaseTrack:
    return model.ReleaseTrack(track=track.name, releases=[build_version(one, app) for one in track.records])


def build_news(news: News, bundles: dict[str, str]) -> model.NewsItem:
    """A news item; `bundles` are the published apps' bundle identifiers by id."""
    entry = {
        "identifier": news.identifier,
        "date": format_date(news.date),
        "title": news.title,
        "caption": news.caption,
        "tintColor": _colour(news.tint_color),
        "imageURL": news.image,
        "url": news.url,
        "appID": bundles.get(news.app.lower()) if news.app else None,
        "notify": news.notify or None,
    }
    return cast("model.NewsItem", without_empty(entry))


def format_date(moment: str) -> str:
    """A time as all clients read it: a plain date stays one, anything else is UTC to the second."""
    if len(moment) == 10:
        return moment
    try:
        since_1970 = int(seconds(moment))  # raises for a thirteenth month
        if _PLAIN_TIME.fullmatch(moment):
            return moment
        return datetime.fromtimestamp(since_1970, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return moment


def without_empty(entry: dict[str, Any]) -> dict[str, Any]:
    """Without what says nothing; `false` and 0 say something."""
    return {key: value for key, value in entry.items() if value or value == 0}


def _colour(colour: str | None) -> str | None:
    return f"#{colour.lstrip('#').upper()}" if colour else None


def _from_catalog(app: App, language: str) -> dict[str, Any]:
    """What the catalog says about an app."""
    entry = {
        "name": app.name,
        "developerName": app.developer,
        "subtitle": app.subtitle,
        "localizedSubtitles": localize(language, app.subtitle, app.subtitles),
        "localizedDescription": app.description,
        "localizedDescriptions": localize(language, app.description, app.descriptions),
        "iconURL": app.icon,
        "tintColor": _colour(app.tint_color),
        "category": app.category,
        "screenshots": _screenshots(app.screenshots),
        "screenshotURLs": [shot.url for shot in app.screenshots],
    }
    patreon = {"patreon": _patreon(app.patreon)} if app.patreon else {}  # empty, it says "any patron"
    return {**without_empty(entry), **patreon}


def _patreon(patreon: Patreon) -> dict[str, Any]:
    """Who may install; `hidden` is said only when it is so."""
    entry = {
        "pledge": patreon.pledge,
        "currency": patreon.currency,
        "tiers": list(patreon.tiers),
        "benefit": patreon.benefit,
        "hidden": patreon.hidden or None,
    }
    return without_empty(entry)


def _filled(selection: Selection, facts: Facts | None, catalog: Catalog, site: SiteContext) -> dict[str, Any]:
    """What the newest IPA and the app's repository say where nobody said more."""
    repository = _repository(selection, site)
    hosted = icon_url(catalog, site, facts.icon) if facts and facts.icon else None
    entry = {
        "developerName": clean_line(repository.owner_name) or repository.owner,
        "localizedDescription": clean_text(repository.description),
        "iconURL": hosted or avatar_url(repository),
    }
    return without_empty(entry)


def _repository(selection: Selection, site: SiteContext) -> RepositoryFacts:
    """The app's repository, the site's for an app without; if nothing is known, its name says the owner."""
    known = site.facts_of(selection.app.repository) if selection.app else site.repository
    if known is not None:
        return known
    full_name = selection.app.repository if selection.app else "unknown"
    host = (
        site.repository.html_url.removesuffix("/" + site.repository.full_name) if site.repository else _GITHUB
    )
    return RepositoryFacts(
        id=0, full_name=full_name, owner=full_name.partition("/")[0], private=False, default_branch="",
        html_url=f"{host}/{full_name}",
    )  # fmt: skip


def _screenshots(shots: tuple[Screenshot, ...]) -> Any:
    """A plain list for iPhones, an object by device as soon as there are iPads."""
    by_device = {d: [_screenshot(s) for s in shots if s.device == d] for d in ("iphone", "ipad")}
    return without_empty(by_device) if by_device["ipad"] else by_device["iphone"]


def _screenshot(shot: Screenshot) -> Any:
    if shot.width is None or shot.height is None:
        return shot.url
    return {"imageURL": shot.url, "width": shot.width, "height": shot.height}


def _download_url(record: Record, app: App | None) -> str:
    if app is None or app.download_url is None:
        return encode_url(record.download_url)
    return expand_template(
        app.download_url,
        repository=record.repository,
        tag=record.tag,
        asset=record.asset_name,
        file=record.inner.name if record.inner else None,
    )


def _mirror(version: model.Version) -> dict[str, Any]:
    """The old keys, for clients that know no `versions`."""
    mirrored = {old: version.get(new) for old, new in MIRRORS.items()}
    size = mirrored["size"]
    if isinstance(size, int) and size > MAX_MIRRORED_SIZE:
        del mirrored["size"]
    return without_empty(mirrored)
