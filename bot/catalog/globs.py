"""Which releases and files feed an app, in which channel, and where a file can be had. No I/O.

File names match in any case of letters (`App.IPA`), tags exactly. A `!` in front of a pattern excludes.
"""

from fnmatch import fnmatchcase
from typing import Protocol
from urllib.parse import quote

from bot.catalog.model import App, Catalog


class RepositoryLike(Protocol):
    @property
    def full_name(self) -> str: ...


class ReleaseLike(Protocol):
    """What is asked of a release: `bot.records.Release` has it."""

    @property
    def repository(self) -> RepositoryLike: ...
    @property
    def tag(self) -> str: ...
    @property
    def draft(self) -> bool: ...
    @property
    def prerelease(self) -> bool: ...


class AssetLike(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def download_url(self) -> str: ...


def match_asset(app: App, name: str) -> bool:
    """Whether a file of that name belongs to the app."""
    wanted = [glob for glob in app.assets if not glob.startswith("!")]
    unwanted = [glob[1:] for glob in app.assets if glob.startswith("!")]
    return _match(wanted, name) and not _match(unwanted, name)


def match_tag(app: App, tag: str) -> bool:
    return _match_tag(app.tags, tag)


def find_channel(app: App, *, tag: str, prerelease: bool) -> str | None:
    """The channel of a release; None when the app takes nothing from it.

    The first of `channels` that fits, else the app's own, for which its `tags` and `prereleases` count.
    """
    for rule in app.channels:
        if rule.prereleases in (None, prerelease) and _match_tag(rule.tags or app.tags, tag):
            return rule.channel
    if not match_tag(app, tag):
        return None
    if app.prereleases == "include" or prerelease == (app.prereleases == "only"):
        return app.channel
    return None


def wants_release(app: App, release: ReleaseLike) -> bool:
    """Whether the app takes versions from that release: never a draft, others as the catalog says."""
    return not release.draft and find_channel(app, tag=release.tag, prerelease=release.prerelease) is not None


def find_app(catalog: Catalog, release: ReleaseLike, asset_name: str) -> App | None:
    """The app that the file feeds; the first one in the catalog, when several would take it."""
    name = release.repository.full_name.lower()
    for app in catalog.apps:
        if app.repository.lower() == name and wants_release(app, release) and match_asset(app, asset_name):
            return app
    return None


def app_repositories(catalog: Catalog) -> tuple[str, ...]:
    """The repositories that feed the catalog's apps: full names in lower case, each once."""
    return tuple(dict.fromkeys(app.repository.lower() for app in catalog.apps))


def download_url(app: App, release: ReleaseLike, asset: AssetLike, file: str | None = None) -> str:
    """The public address of a file: the catalog's template filled in, else GitHub's own address.

    `file` is the name of the IPA inside of an asset that is a zip around it.
    """
    if app.download_url is None:
        return asset.download_url
    return expand_template(
        app.download_url,
        repository=release.repository.full_name,
        tag=release.tag,
        asset=asset.name,
        file=file,
    )


def expand_template(template: str, *, repository: str, tag: str, asset: str, file: str | None = None) -> str:
    """The template with every value percent-encoded, so that a tag cannot change the address's shape.

    `{file}` is the IPA's name: that of the asset, unless the asset is a zip around `file`.
    """
    owner, _, name = repository.partition("/")
    return template.format(
        owner=_quoted(owner),
        name=_quoted(name),
        repository=f"{_quoted(owner)}/{_quoted(name)}",
        tag=_quoted(tag),
        asset=_quoted(asset),
        file=_quoted(asset if file is None else file),
    )


def _quoted(text: str) -> str:
    """Percent-encoded; half a surrogate pair, which JSON can carry and UTF-8 cannot, becomes `?`."""
    return quote(text, safe="", errors="replace")


def _match_tag(glob: str, tag: str) -> bool:
    if glob.startswith("!"):
        return not fnmatchcase(tag, glob[1:])
    return fnmatchcase(tag, glob)


def _match(globs: list[str], name: str) -> bool:
    return any(fnmatchcase(name.lower(), glob.lower()) for glob in globs)
