"""Are a release's files all there? No I/O.

GitHub sends no event for an asset: `release: published` comes when the release is published, not when its
files are there, and a CI job that uploads them afterwards sends nothing.
"""

from collections.abc import Sequence
from datetime import datetime

from bot.catalog import App, match_asset
from bot.errors import NotReady
from bot.records import Asset, Release

DRIFT = 60.0  # seconds that GitHub's clock may be ahead of ours
SOONEST = 1.0  # seconds; a shorter wait would only be another request


def check_ready(
    app: App, release: Release, *, now: float, quiet_period: float, timeout: float, told: float | None = None
) -> NotReady | None:
    """None when the app's files can be read, else why not and when to look again.

    Ready is: each pattern of the app has a complete file, and the newest one is `quiet_period` seconds old
    (a second file of the same upload may be on its way). A release that has been out for `timeout` seconds is
    read without what it lacks. A CI job that said so at `told` vouches for the files that were there by then.
    """
    waited = now - moment(release.published_at or release.created_at) >= timeout
    where = f"{release.repository.full_name} {release.tag}"
    missing = [glob for glob in patterns(app) if not _complete(app, glob, release.assets)]
    if missing and not waited:
        return NotReady(f"{where}: no complete file matches {', '.join(missing)} yet.")
    matching = [asset for asset in release.assets if match_asset(app, asset.name)]
    if not matching:
        return None
    last = max(matching, key=lambda asset: moment(asset.updated_at))
    newest = moment(last.updated_at)
    left = min(newest + quiet_period - now, quiet_period)  # a clock that is slow must not make it longer
    if left <= 0 or (told is not None and newest <= told + DRIFT):
        return None
    rests = f"{where}: {last.name} is its newest file and may not be the last; it rests {quiet_period:g} s."
    return NotReady(rests, retry_after=max(left, SOONEST))


def patterns(app: App) -> list[str]:
    """The globs that want files (those with `!` exclude)."""
    return [glob for glob in app.assets if not glob.startswith("!")]


def moment(text: str) -> float:
    """GitHub's `2026-11-22T21:48:16Z` as seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()


def _complete(app: App, glob: str, assets: Sequence[Asset]) -> bool:
    excluded = tuple(g for g in app.assets if g.startswith("!"))
    one = app.model_copy(update={"assets": (glob, *excluded)})
    return any(asset.state == "uploaded" and match_asset(one, asset.name) for asset in assets)
