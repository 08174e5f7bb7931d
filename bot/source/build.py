"""Catalog, decisions and lock -> document. No I/O.

The document is what every current client accepts: strict JSON, no empty optional keys, versions newest first.
`Built.origins` remembers what each version was made of, so that a client's objection finds its culprit.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from bot.catalog import Catalog, Output
from bot.catalog.texts import localize
from bot.decisions import Decisions
from bot.lock import Adopted
from bot.records import Record, RepositoryFacts
from bot.source import model
from bot.source.entries import (
    adopted_version,
    build_adp_version,
    build_app,
    build_news,
    build_version,
    without_empty,
)
from bot.source.listing import Selection, list_apps, view_of
from bot.source.pal import for_output, is_pal
from bot.source.select import NO_DECISIONS, select_apps
from bot.source.site import SiteContext, default_identifier
from bot.source.text import clean_text, encode_url
from bot.source.tracks import is_hand_made

Origin = Record | Adopted
_REPLACED = ("apps", "news", "featuredApps", "sourceURL")  # a document's own address says nothing to anybody


@dataclass(frozen=True, slots=True)
class Built:
    """A document, and for each of its apps what it was made of."""

    source: model.Source
    selections: tuple[Selection, ...]  # by index in `apps`
    origins: tuple[tuple[Origin, ...], ...]  # by index in `apps`, then in `versions`
    tracks: tuple[
        tuple[tuple[Origin, ...], ...], ...
    ]  # by index in `apps`, in `releaseChannels`, in `releases`


def build_source(
    catalog: Catalog,
    records: Sequence[Record],
    adopted: Sequence[Adopted],
    site: SiteContext,
    output: Output,
    *,
    decisions: Decisions = NO_DECISIONS,
) -> model.Source:
    """The document of one output. `decisions` are those in force; bundle IDs are judged here."""
    available = select_apps(catalog, records, adopted, site, decisions)
    selections = list_apps(available, view_of(output))
    return build_document(catalog, selections, adopted, site, output).source


def build_document(
    catalog: Catalog,
    selections: Sequence[Selection],
    adopted: Sequence[Adopted],
    site: SiteContext,
    output: Output,
    *,
    without: Collection[str] = (),
) -> Built:
    """The document with what each part was made of, of what the output lists; `without` are keys of
    selections to leave out.

    There are two forms: one for AltStore PAL, and one that all other clients read.
    """
    allowed = [s for s in selections if s.key not in without]
    mine = [s for selection in allowed if (s := for_output(selection, output))]
    listed = [(s, s.versions) for s in mine]
    if pal := is_pal(output):
        listed = _unique_addresses(listed)
    listed = [(s, versions) for s, versions in listed if versions]
    apps = [
        build_app(s, [_entry(v, s, pal=pal) for v in versions], catalog, site, pal=pal)
        for s, versions in listed
    ]
    selected = tuple(s for s, _ in listed)
    source = _top(catalog, selected, apps, adopted, site)
    tracks = tuple(_track_origins(s, versions) for s, versions in listed)
    return Built(source, selected, tuple(versions for _, versions in listed), tracks)


def _track_origins(selection: Selection, versions: tuple[Origin, ...]) -> tuple[tuple[Origin, ...], ...]:
    """What the tracks are made of that are ours: those of a hand-made source come after them."""
    if is_hand_made(selection):
        return ()
    return (versions, *(track.records for track in selection.tracks))


def _unique_addresses(
    listed: Sequence[tuple[Selection, tuple[Origin, ...]]],
) -> list[tuple[Selection, tuple[Origin, ...]]]:
    """PAL finds a version by its address: of several with the same one, only the first can be installed."""
    seen: set[str] = set()
    unique = []
    for selection, versions in listed:
        kept: list[Origin] = []
        for version in versions:
            address = str(_entry(version, selection, pal=True).get("downloadURL"))
            if address not in seen:
                kept.append(version)
            seen.add(address)
        unique.append((selection, tuple(kept)))
    return unique


def _entry(origin: Origin, selection: Selection, *, pal: bool) -> model.Version:
    if isinstance(origin, Adopted):
        return adopted_version(origin)
    return build_adp_version(origin, selection.app) if pal else build_version(origin, selection.app)


def _top(
    catalog: Catalog,
    selections: Sequence[Selection],
    apps: list[model.App],
    adopted: Sequence[Adopted],
    site: SiteContext,
) -> model.Source:
    """The document's own keys."""
    old = next((a.entry for a in adopted if a.scope == "source"), {})
    bundles = {s.app.id.lower(): s.bundle_identifier for s in selections if s.app}
    kept = {key: value for key, value in without_empty(old).items() if key not in _REPLACED}
    filled = _from_repository(site.repository) if site.repository else {}
    filled |= {"iconURL": apps[0]["iconURL"]} if apps else {}
    source = {**without_empty(filled), **kept, **without_empty(_from_catalog(catalog)), "apps": apps}
    featured = _featured(catalog, bundles, apps, old)
    if featured is not None:
        source["featuredApps"] = featured
    if news := _news(catalog, bundles, old):
        source["news"] = news
    return cast("model.Source", source)


def _from_repository(repository: RepositoryFacts) -> dict[str, Any]:
    return {
        "identifier": default_identifier(repository.full_name),
        "description": clean_text(repository.description),
        "website": _website(repository),
    }


def _website(repository: RepositoryFacts) -> str:
    """The homepage, where it is an address at all, else the repository's page."""
    homepage = encode_url(repository.homepage or "")
    return homepage if homepage.startswith("https://") else encode_url(repository.html_url)


def _from_catalog(catalog: Catalog) -> dict[str, Any]:
    texts = localize(catalog.language, catalog.description, catalog.descriptions)
    return {
        "localizedSubtitles": localize(catalog.language, catalog.subtitle, catalog.subtitles),
        "localizedDescriptions": texts,
        "name": catalog.name,
        "identifier": catalog.identifier,
        "subtitle": catalog.subtitle,
        "description": catalog.description,
        "iconURL": catalog.icon,
        "headerURL": catalog.header,
        "website": catalog.website,
        "patreonURL": catalog.patreon_url,
        "tintColor": f"#{catalog.tint_color.lstrip('#').upper()}" if catalog.tint_color else None,
    }


def _featured(
    catalog: Catalog, bundles: Mapping[str, str], apps: Sequence[model.App], old: Mapping[str, Any]
) -> list[str] | None:
    """Bundle identifiers of published apps. Absent and empty differ: absent shows the first apps."""
    if catalog.featured_apps is not None:
        return [bundles[app.lower()] for app in catalog.featured_apps if app.lower() in bundles]
    published = {app["bundleIdentifier"] for app in apps}
    kept = old.get("featuredApps")
    return [b for b in kept if isinstance(b, str) and b in published] if isinstance(kept, list) else None


def _news(catalog: Catalog, bundles: dict[str, str], old: Mapping[str, Any]) -> list[model.NewsItem]:
    """The catalog's news, then adopted items of other identifiers."""
    ours = [build_news(item, bundles) for item in catalog.news]
    taken = [item["identifier"] for item in ours]
    kept = old.get("news")
    theirs = [item for item in kept if isinstance(item, dict)] if isinstance(kept, list) else []
    return ours + [cast("model.NewsItem", item) for item in theirs if item.get("identifier") not in taken]
