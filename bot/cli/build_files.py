"""From a file in a folder to the record that a release would have given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.catalog import App, Catalog, expand_template, find_channel, match_asset, match_tag
from bot.cli.build_sidecar import BadSidecar, Sidecar
from bot.records import Facts, InnerIpa, Record
from bot.source.text import clean_line

_GITHUB = "https://github.com/{repository}/releases/download/{tag}/{asset}"
_MOST_TOLD = 5  # apps that say why they do not take a file


@dataclass(frozen=True)
class Found:
    """One IPA of the folder."""

    name: str
    folders: tuple[str, ...]  # below the folder of all assets
    size: int
    sha256: str
    mtime: int  # seconds since 1970; stands in for the release's date
    facts: Facts
    sidecar: Sidecar
    inner: InnerIpa | None = None  # the file is a zip around it


def make_record(
    catalog: Catalog, found: Found, *, repository_id: Callable[[str], int], asset_id: int
) -> Record:
    """The record of one IPA. Raises BadSidecar when no app takes it, or several would."""
    app = _choose(catalog, found)
    tag = _tag(app, found)
    date = found.sidecar.date or datetime.fromtimestamp(found.mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    template = app.download_url or _GITHUB
    inner = found.inner.name if found.inner else None
    url = expand_template(template, repository=app.repository, tag=tag, asset=found.name, file=inner)
    return Record(
        repository_id=repository_id(app.repository),
        asset_id=asset_id,
        app=app.id,
        repository=app.repository,
        release_id=asset_id,
        tag=tag,
        notes=found.sidecar.notes,
        prerelease=_prerelease(app, found),
        published_at=date,
        release_url=f"https://github.com/{app.repository}/releases/tag/{tag}",
        asset_name=found.name,
        size=found.size,
        sha256=found.sha256,
        inner=found.inner,
        download_url=found.sidecar.url or url,
        updated_at=date,
        facts=found.facts,
    )


def _choose(catalog: Catalog, found: Found) -> App:
    """The app of that bundle ID, else the one of the folder, else the only one left."""
    fitting = [app for app in catalog.apps if _objection(app, found) is None]
    named = [app for app in fitting if app.id in found.folders] or fitting
    exact = [app for app in named if app.bundle_id == found.facts.bundle_identifier]
    candidates = exact or [app for app in named if app.bundle_id is None]
    if not candidates:
        refusing = [app for app in catalog.apps if app in named or app not in fitting]
        raise BadSidecar(f"no app of the catalog takes it ({_objections(refusing, found)})")
    if len(candidates) > 1:
        ids = ", ".join(app.id for app in candidates)
        raise BadSidecar(
            f"several apps would take it ({ids}): give them a `bundle-id`, or use folders named so"
        )
    return candidates[0]


def _objection(app: App, found: Found) -> str | None:
    """Which rule of the app speaks against the file, but for its bundle ID."""
    tag, prerelease = found.sidecar.tag, found.sidecar.prerelease
    if not match_asset(app, found.name):
        return f"its name does not fit `assets` ({', '.join(app.assets)})"
    if found.inner is not None and not app.wrapped:
        return "it is a zip around an IPA, which only wrapped: true takes"
    if any(_takes(app, tag, known) for known in _kinds(prerelease)):
        return None
    more = ", and no entry of `channels` takes it" if app.channels else ""
    if tag is not None and not match_tag(app, tag):
        return f"its tag {clean_line(tag, 100)} does not fit `tags` ({app.tags}){more}"
    return f"it is {'a' if prerelease else 'no'} prerelease (`prereleases` is `{app.prereleases}`){more}"


def _kinds(prerelease: bool | None) -> tuple[bool, ...]:
    """Whether it is a prerelease, if that is known, else what it may be, the likelier first."""
    return (False, True) if prerelease is None else (prerelease,)


def _takes(app: App, tag: str | None, prerelease: bool) -> bool:
    """Whether the app takes a release of that kind; of an unknown tag, if there is one that it would take."""
    if tag is not None:
        return find_channel(app, tag=tag, prerelease=prerelease) is not None
    kinds = {"exclude": (False,), "include": (False, True), "only": (True,)}[app.prereleases]
    return prerelease in kinds or any(rule.prereleases in (None, prerelease) for rule in app.channels)


def _objections(apps: Sequence[App], found: Found) -> str:
    """What each app says; the bundle ID is what is left to say."""
    bundle = f"its bundle ID is {clean_line(found.facts.bundle_identifier, 100)}"
    said = [
        f"{app.id}: {_objection(app, found) or f'{bundle}, not {app.bundle_id}'}" for app in apps[:_MOST_TOLD]
    ]
    more = f"; and {len(apps) - _MOST_TOLD} more" if len(apps) > _MOST_TOLD else ""
    return "; ".join(said) + more if said else "there is none"


def is_guessed(catalog: Catalog, found: Found, record: Record) -> bool:
    """Whether nobody said where the file can be had: its address holds a guessed tag."""
    app = next(app for app in catalog.apps if app.id == record.app)
    return (
        found.sidecar.url is None and found.sidecar.tag is None and "{tag}" in (app.download_url or _GITHUB)
    )


def _prerelease(app: App, found: Found) -> bool:
    """What the sidecar says, else what the app takes."""
    kinds = _kinds(found.sidecar.prerelease)
    return next((kind for kind in kinds if _takes(app, found.sidecar.tag, kind)), kinds[0])


def _tag(app: App, found: Found) -> str:
    """The sidecar's tag, else the first usual one that the app takes."""
    if found.sidecar.tag is not None:
        return found.sidecar.tag
    version, prerelease = found.facts.version, _prerelease(app, found)
    patterns = [app.tags, *(rule.tags for rule in app.channels if rule.tags)]
    usual = [f"v{version}", version]
    usual += [glob.replace("*", word) for glob in patterns for word in (version, f"v{version}")]
    tag = next((tag for tag in usual if _takes(app, tag, prerelease)), None)
    if tag is None:
        raise BadSidecar(f"its tag cannot be guessed from `{app.tags}`: say it in {found.name}.json")
    return tag
