"""Why a release feeds no app, in one sentence: who published it looks for the reason. No I/O."""

from collections.abc import Sequence

from bot.catalog import App, match_asset, match_tag, wants_release
from bot.records import Release
from bot.source.text import clean_line

MOST = 5  # apps that say why


def explain_unwanted(apps: Sequence[App], release: Release) -> str | None:
    """`apps` are those of its repository. None where one of them takes a file of the release."""
    reasons = {app.id: _objection(app, release) for app in apps}
    if not reasons or None in reasons.values():
        return None
    tag = clean_line(release.tag, 100)
    if len(reasons) == 1:
        return f"Nothing of {tag} is published: {next(iter(reasons.values()))}."
    said = [f"{app}: {reason}" for app, reason in list(reasons.items())[:MOST]]
    more = f"; and {len(reasons) - MOST} more" if len(reasons) > MOST else ""
    return f"Nothing of {tag} is published ({'; '.join(said)}{more})."


def _objection(app: App, release: Release) -> str | None:
    if release.draft:
        return "it is a draft"
    if wants_release(app, release):
        if any(match_asset(app, asset.name) for asset in release.assets):
            return None
        return f"none of its files fits `assets` ({', '.join(app.assets)})"
    other = ", and no entry of `channels` takes it" if app.channels else ""
    if not match_tag(app, release.tag):
        return f"its tag does not fit `tags` ({app.tags}){other}"
    kind = "a" if release.prerelease else "no"
    return f"it is {kind} prerelease (`prereleases` is `{app.prereleases}`){other}"
