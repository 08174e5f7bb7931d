"""Records out of releases: what is known anew about an asset, and what is out of date. No I/O.

Whether a file that could be read may be published (its bundle ID, the clients' rules) is for `bot/source` to
say, at the publish: it sees all records of the app together.
"""

from collections.abc import Iterable, Sequence

from bot.catalog import App, Catalog, download_url, find_app
from bot.records import ACCEPTED, Asset, Facts, InnerIpa, Record, Release, Verdict
from bot.source.allowed import CLOSED

MAX_NOTES_KEPT = 32_000  # characters: as many as `bot/source/text.py` reads; GitHub takes 125,000 a release


def wanted_assets(catalog: Catalog, release: Release) -> list[tuple[App, Asset]]:
    """The complete files of the release that feed an app, each with its app."""
    pairs = ((find_app(catalog, release, asset.name), asset) for asset in release.assets)
    return [(app, asset) for app, asset in pairs if app is not None and asset.state == "uploaded"]


def build_record(
    app: App,
    release: Release,
    asset: Asset,
    *,
    facts: Facts | None,
    sha256: str | None,
    inner: InnerIpa | None = None,
    verdict: Verdict = ACCEPTED,
) -> Record:
    """The stored fact about one asset; `sha256` is the asset's, for where GitHub does not tell it."""
    return Record(
        repository_id=release.repository.id,
        asset_id=asset.id,
        app=app.id,
        repository=release.repository.full_name,
        release_id=release.id,
        tag=release.tag,
        release_name=release.name,
        notes=release.body[:MAX_NOTES_KEPT] if release.body else release.body,
        prerelease=release.prerelease,
        published_at=release.published_at or release.created_at,
        release_url=release.html_url,
        asset_name=asset.name,
        size=asset.size,
        sha256=digest_of(asset) or sha256,
        inner=inner,
        download_url=download_url(app, release, asset, inner.name if inner else None),
        updated_at=asset.updated_at,
        facts=facts,
        verdict=verdict,
    )


def refresh_record(app: App, release: Release, asset: Asset, known: Record) -> Record:
    """The same file, read before: its facts and verdict stay, everything said around it is as it is now."""
    code = known.verdict.code or ""
    verdict = ACCEPTED if code.startswith(CLOSED) else known.verdict  # its repository can be seen again
    record = build_record(
        app, release, asset, facts=known.facts, sha256=known.sha256, inner=known.inner, verdict=verdict
    )
    return record.model_copy(update={"staged_at": known.staged_at})


def is_current(catalog: Catalog, app: App, asset: Asset, record: Record) -> bool:
    """Whether reading the file would tell nothing that the record lacks."""
    if not same_file(asset, record) or _was_read_otherwise(app, record):
        return False
    sha256 = record.inner.sha256 if record.inner else record.sha256 or digest_of(asset)
    return record.facts is None or sha256 is not None or not catalog.hashes


def _was_read_otherwise(app: App, record: Record) -> bool:
    """Whether the catalog has changed its mind about zips around an IPA."""
    if record.inner is not None:
        return not app.wrapped
    return app.wrapped and record.verdict.code == "bad_ipa.wraps_ipa"


def same_file(asset: Asset, record: Record) -> bool:
    """Whether the record was read from exactly these bytes, as far as GitHub tells."""
    digest = digest_of(asset)
    return (
        record.asset_id == asset.id
        and record.size == asset.size
        and record.updated_at == asset.updated_at
        and (digest is None or record.sha256 in {None, digest})
    )


def digest_of(asset: Asset) -> str | None:
    """`sha256:<hex>` -> hex; other algorithms say nothing to a client."""
    kind, _, value = (asset.digest or "").partition(":")
    return value.lower() if kind == "sha256" and value else None


def plan_scan(
    catalog: Catalog, releases: Sequence[Release], records: Iterable[Record], *, again: bool = False
) -> list[int]:
    """The releases that must be read: a file of theirs is unknown, changed, told otherwise, or gone.

    `releases` are all of one repository; `records` are those of the site from the same repository. `again`
    adds those with a file that could not be read before.
    """
    known = {record.asset_id: record for record in records}
    stale: list[int] = []
    seen: set[int] = set()
    for release in releases:
        wanted = wanted_assets(catalog, release)
        seen.update(asset.id for _, asset in wanted)
        if any(
            _is_stale(catalog, app, release, asset, known.get(asset.id), again=again) for app, asset in wanted
        ):
            stale.append(release.id)
    gone = {record.release_id for record in known.values() if record.asset_id not in seen}
    return [*stale, *sorted(gone - set(stale))]


def plan_refresh(catalog: Catalog, releases: Sequence[Release], records: Iterable[Record]) -> list[Record]:
    """The records that GitHub tells otherwise now (other notes, another address), of the same files."""
    known = {record.asset_id: record for record in records}
    refreshed = []
    for release in releases:
        for app, asset in wanted_assets(catalog, release):
            record = known.get(asset.id)
            if record is not None and is_current(catalog, app, asset, record):
                now = refresh_record(app, release, asset, record)
                refreshed += [now] if now != record else []
    return refreshed


def _is_stale(
    catalog: Catalog, app: App, release: Release, asset: Asset, record: Record | None, *, again: bool
) -> bool:
    if record is None or not is_current(catalog, app, asset, record) or (again and record.facts is None):
        return True
    return refresh_record(app, release, asset, record) != record
