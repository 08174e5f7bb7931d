"""What a catalog says about channels and variants must fit together. No I/O.

Values of wrong types are told elsewhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.catalog.model import PAL
from bot.catalog.parts import STABLE
from bot.catalog.references import Path, channels_of, id_of, tracks_of
from bot.catalog.yamltree import show

_UNIQUE = frozenset({"altstore", "altstore-2.0", "sidestore", PAL})  # who wants a bundle ID once
_ALL = "needs `prereleases` or `tags`; to make all of an app's releases a channel, give the app a `channel`"
_UNLISTED = "is listed by no output: add it to the `channels` of one"
_NOWHERE = "is listed by no output: add it to the `apps` of one"
_NO_SIDESTORE = "is for SideStore, which `clients` does not name"
_LISTED = "is in `channels` already: everybody has it"
_NOTHING = "needs an app with `keep`: without, nothing falls out of the others"
_NO_TRACKS = "is not for an archive"
_Problems = Iterator[tuple[Path, str]]


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What an output lists, as far as its keys are of the right types."""

    path: str
    clients: frozenset[Any]
    channels: frozenset[Any]
    tracks: frozenset[str]  # channels that only SideStore shows
    apps: frozenset[str] | None  # None: all
    archive: bool

    def lists(self, app: dict[str, Any]) -> bool:
        """Whether the app may have versions in the document itself."""
        if (PAL in self.clients and "marketplace-id" not in app) or (self.archive and "keep" not in app):
            return False
        return self.names(app) and any(name in self.channels for _, name in channels_of(app))

    def names(self, app: dict[str, Any]) -> bool:
        return self.apps is None or id_of(app) in self.apps


def check_channels(apps: Sequence[dict[str, Any]], outputs: Sequence[dict[str, Any]]) -> _Problems:
    """Paths into the catalog, and what is wrong there."""
    chosen = [_chosen(output) for output in outputs]
    yield from _check_named(apps, chosen)
    for index, app in enumerate(apps):
        yield from ((("apps", index, *path), text) for path, text in _check_app(app, chosen))
    for index, output in enumerate(outputs):
        found = _check_output(output, chosen[index], apps)
        yield from ((("outputs", index, *path), text) for path, text in found)
    yield from _check_bundles(apps, chosen)


def _chosen(output: dict[str, Any]) -> _Chosen:
    apps = output.get("apps")
    return _Chosen(
        path=show(str(output.get("path", "apps.json"))),
        clients=_set(output.get("clients", ("altstore", "sidestore"))),
        channels=_set(output.get("channels", (STABLE,))),
        tracks=frozenset(name for _, name in tracks_of(output)),
        apps=frozenset(str(app).lower() for app in apps) if isinstance(apps, tuple) else None,
        archive=output.get("archive") is True,
    )


def _set(value: Any) -> frozenset[Any]:
    return (
        frozenset(item for item in value if isinstance(item, str))
        if isinstance(value, tuple)
        else frozenset({value} if isinstance(value, str) else ())
    )


def _check_named(apps: Sequence[dict[str, Any]], outputs: Sequence[_Chosen]) -> _Problems:
    """Apps that no output names; a misspelt name, told elsewhere, may be meant for any of them."""
    ids = {id_of(app) for app in apps}
    if all(output.apps is not None and output.apps <= ids for output in outputs):
        for index, app in enumerate(apps):
            if id_of(app) and not any(output.names(app) for output in outputs):
                yield ("apps", index, "id"), f"`{show(id_of(app))}` {_NOWHERE}"


def _check_app(app: dict[str, Any], outputs: Sequence[_Chosen]) -> _Problems:
    rules = app.get("channels")
    for index, rule in enumerate(rules if isinstance(rules, tuple) else ()):
        if isinstance(rule, dict) and rule.get("prereleases") is None and rule.get("tags") is None:
            yield ("channels", index), _ALL
    naming = [output for output in outputs if output.names(app)]
    for path, name in channels_of(app) if naming else ():
        if name != STABLE and not any(name in (o.channels | o.tracks) for o in naming):
            yield path, f"`{show(name)}` {_UNLISTED}"


def _check_output(output: dict[str, Any], chosen: _Chosen, apps: Sequence[dict[str, Any]]) -> _Problems:
    archive = output.get("archive") is True
    if archive and apps and not any("keep" in app for app in apps if chosen.names(app)):
        yield ("archive",), _NOTHING
    if output.get("release-channels") is None:
        return
    if archive:
        yield ("release-channels",), _NO_TRACKS
    if "sidestore" not in chosen.clients:
        yield ("release-channels",), _NO_SIDESTORE
    yield from ((path, _LISTED) for path, name in tracks_of(output) if name in chosen.channels)


def _check_bundles(apps: Sequence[dict[str, Any]], outputs: Sequence[_Chosen]) -> _Problems:
    """Variants may share a bundle ID, but not in one document whose clients want it once."""
    told: set[int] = set()
    for output in outputs:
        first: dict[str, str] = {}
        for index, app in enumerate(apps if output.clients & _UNIQUE else ()):
            bundle = app.get("bundle-id")
            if not isinstance(bundle, str) or not output.lists(app):
                continue
            if bundle in first and index not in told:
                told.add(index)
                yield ("apps", index, "bundle-id"), _shared(bundle, first[bundle], output)
            first.setdefault(bundle, id_of(app))


def _shared(bundle: str, other: str, output: _Chosen) -> str:
    return (
        f"`{show(bundle)}` is the bundle ID of `{show(other)}` too, and `{output.path}` would list both: "
        "list them in different outputs (`apps` or `channels`), or make them one app with `channels`"
    )
