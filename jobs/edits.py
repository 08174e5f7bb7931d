"""Hand edits of what altpress makes: noticed, told once, and undone by the commit that follows.

How they are known: the branch's cache (`HeadCache.left`) has the ids of the outputs as altpress left them.
An output with another id that the plan makes anew was changed by somebody. Without a cache (an emptied
MongoDB) nobody can say, and nothing is told; the file is made anew all the same.
"""

import logging

from bot.catalog import App
from bot.context import Context
from bot.errors import BadSource, NotFound
from bot.github.history import PastCommit
from bot.records import SiteState
from bot.replies import HandEdit, hidden, render_edited
from bot.source.codec import parse_source
from bot.source.diff import diff_sources
from bot.source.edits import Suggestions, suggest_edits
from bot.source.history import is_altpress
from bot.source.model import Source
from bot.source.plan import Commit
from jobs.branch import MIB, largest
from jobs.desired import Desired
from jobs.notify import tell_commit

log = logging.getLogger(__name__)


def tell_edits(ctx: Context, state: SiteState, desired: Desired) -> None:
    """On the commit that did it: what was changed, that it is put back, and how it could last.

    Before the commit that puts it back, after which nobody could tell any more.
    """
    merged = state.proposal.files if state.proposal is not None else {}
    for path in find_edited(desired):
        if desired.outputs.sha(path) == merged.get(path, ""):
            continue  # as altpress proposed it, whoever merged it
        edit = _look(ctx, desired, path)
        if edit is None:
            continue
        key = f"edited:{state.site.key}:{path}:{edit.commit}"
        log.warning("output_edited_by_hand", extra={"path": path, "commit": edit.commit})
        tell_commit(ctx, state, key, edit.commit, render_edited(edit, hidden("edited", key)))


def find_edited(desired: Desired) -> list[str]:
    """The outputs that are neither as altpress left them nor as it wants them."""
    outputs, files = desired.outputs, desired.plan.files if isinstance(desired.plan, Commit) else {}
    return [path for path, left in outputs.left.items() if path in files and outputs.sha(path) != left]


def _look(ctx: Context, desired: Desired, path: str) -> HandEdit | None:
    """Who changed it, and what; None when it was altpress, by way of a pull request."""
    outputs = desired.outputs
    found = ctx.github.fetch_commits(outputs.site, outputs.tree.commit, path=path, limit=1)
    if not found or _is_ours(ctx, found[0]):
        return None
    sha = outputs.sha(path)
    if isinstance(outputs.look(path), str):
        changes, suggestions = [f"the file is larger than {largest(path) // MIB} MiB now"], Suggestions()
    else:
        before = _document(ctx, desired, outputs.left[path])
        after = _document(ctx, desired, sha) if sha is not None else None
        changes, suggestions = _compare(desired, before, after, removed=sha is None)
    return HandEdit(
        path=path, commit=found[0].sha, author=found[0].author, changes=tuple(changes),
        suggest=desired.catalog.hand_edits == "suggest", yaml=suggestions.yaml, lost=suggestions.lost,
    )  # fmt: skip


def _is_ours(ctx: Context, commit: PastCommit) -> bool:
    return is_altpress(commit.message) or commit.author == (ctx.settings.bot_login or ctx.github.login())


def _document(ctx: Context, desired: Desired, sha: str) -> tuple[bytes, Source] | None:
    """None for what is no document, or not there any more."""
    try:
        data = ctx.github.fetch_blob(desired.outputs.site, sha, ctx.store.blobs)
        return data, parse_source(data)
    except (BadSource, NotFound):
        return None


def _compare(
    desired: Desired,
    before: tuple[bytes, Source] | None,
    after: tuple[bytes, Source] | None,
    *,
    removed: bool,
) -> tuple[list[str], Suggestions]:
    """The changes, one sentence each, and what of them the catalog could say."""
    if after is None:
        return ["the file was removed" if removed else "the file is no JSON document any more"], Suggestions()
    if before is None:
        return ["the file is another one"], Suggestions()
    changes = diff_sources(before[0], after[1]) or ["only how it is written"]
    return changes, suggest_edits(before[1], after[1], desired.catalog, _apps(desired))


def _apps(desired: Desired) -> dict[str, App]:
    """The catalog's apps by the bundle identifiers that they are published under."""
    found = {record.facts.bundle_identifier: record.app for record in desired.records if record.facts}
    apps = {bundle: desired.catalog.app(app) for bundle, app in found.items()}
    apps |= {app.bundle_id: app for app in desired.catalog.apps if app.bundle_id}
    return {bundle: app for bundle, app in apps.items() if app is not None}
