"""The catalog, `altpress.yml`: what the maintainer wants the source to be. No I/O."""

from bot.catalog.globs import (
    app_repositories,
    download_url,
    expand_template,
    find_app,
    find_channel,
    match_asset,
    match_tag,
    wants_release,
)
from bot.catalog.model import CLASSIC_CLIENTS, PAL, App, Catalog, News, Output, Prereleases
from bot.catalog.parse import CATALOG_PATHS, MAX_BYTES, find_catalog, parse_catalog
from bot.catalog.parts import STABLE, Channel, Patreon, Screenshot
from bot.catalog.schema import build_schema
from bot.catalog.unreachable import find_unreachable

__all__ = [
    "CATALOG_PATHS",
    "CLASSIC_CLIENTS",
    "MAX_BYTES",
    "PAL",
    "STABLE",
    "App",
    "Catalog",
    "Channel",
    "News",
    "Output",
    "Patreon",
    "Prereleases",
    "Screenshot",
    "app_repositories",
    "build_schema",
    "download_url",
    "expand_template",
    "find_app",
    "find_catalog",
    "find_channel",
    "find_unreachable",
    "match_asset",
    "match_tag",
    "parse_catalog",
    "wants_release",
]
