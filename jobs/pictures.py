"""Many new icons at once: they come before the rest, in commits of their own.

Each picture is a write of its own, and GitHub takes 80 a minute: the first commit of a catalog with hundreds
of apps would never get through, and begin anew each time. A picture that nothing shows yet harms nobody.
"""

import logging
from dataclasses import replace

from bot.context import Context
from bot.errors import WritesWait
from bot.github.publisher import binary_files, count_writes
from bot.records import SiteState
from bot.source.plan import Commit
from jobs.branch import save_branch
from jobs.desired import Desired
from jobs.proposal import Waiting
from jobs.writes import reserve_writes

log = logging.getLogger(__name__)
MOST = 40  # pictures in one commit


def commit_pictures(ctx: Context, state: SiteState, desired: Desired, waiting: Waiting) -> None:
    """Nothing, where one commit can bring them all, or where they are to be proposed with the rest.

    Else the first of them are committed, and WritesWait is raised: the publish comes back for the others.
    """
    plan = desired.plan
    assert isinstance(plan, Commit)
    pictures = binary_files(plan.files)
    if len(pictures) <= MOST:
        return
    chosen = {path: plan.files[path] for path in pictures[:MOST]}
    reserve_writes(ctx, state.site, count_writes(chosen))
    left, part = len(pictures) - MOST, desired.outputs
    first = replace(plan, files=chosen, subject=f"Add {MOST} icons", body=f"{left} more are to come.")
    tree = waiting.commit(replace(desired, plan=first, adopted=()), part, chosen)
    if tree is None:
        return
    save_branch(ctx, part.site, tree, desired.catalog)
    if part.site.key == state.site.key:
        ctx.store.sites.note_head(state.site.key, tree.commit)
    log.info("icons_committed", extra={"commit": tree.commit, "left": left})
    raise WritesWait(f"{state.site.key}: its other icons are to come.", retry_after=0.0)
