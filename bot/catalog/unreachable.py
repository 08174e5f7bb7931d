"""Entries of a catalog that can never count. No I/O.

They are no errors: nothing goes wrong by them, and a catalog that was read once is read for ever.
"""

from collections.abc import Iterator

from bot.catalog.model import App
from bot.catalog.parse import parse_catalog
from bot.catalog.parts import Channel
from bot.catalog.yamltree import line_of, parse_tree, show
from bot.errors import FileProblem

MOST = 50  # that are told
_ANY = "*"


def find_unreachable(text: str) -> list[FileProblem]:
    """The entries of `channels` that never get a release. Raises BadCatalog for a catalog that is wrong."""
    catalog = parse_catalog(text)
    root, _ = parse_tree(text)
    found = [
        FileProblem(line_of(root, ("apps", place, "channels", number)), f"apps > {place} > channels", said)
        for place, app in enumerate(catalog.apps)
        for number, said in _check_app(app)
    ]
    return found[:MOST]


def _check_app(app: App) -> Iterator[tuple[int, str]]:
    for number, entry in enumerate(app.channels):
        before = app.channels[:number]
        if all(any(_takes(app, one, entry, kind) for one in before) for kind in _kinds(entry)):
            name = f"`{show(entry.channel)}` of `{show(app.id)}`"
            yield number, f"the entry for {name} never counts: those before it take all of its releases"


def _kinds(entry: Channel) -> tuple[bool, ...]:
    """Prereleases, others, or both."""
    return (True, False) if entry.prereleases is None else (entry.prereleases,)


def _takes(app: App, one: Channel, other: Channel, prerelease: bool) -> bool:
    """Whether `one` fits every release of that kind that `other` fits, as far as the patterns say so."""
    tags = one.tags or app.tags
    return prerelease in _kinds(one) and tags in {_ANY, other.tags or app.tags}
