"""A button was pressed: what `/rebuild` does, for somebody who looks at a page instead of an issue."""

from bot.commands import Reread
from bot.context import Context
from bot.enqueue import Outcome, Outcomes
from bot.records import Cause, CauseKind, Job
from jobs.reread import reread_apps
from jobs.runner import job
from jobs.sites import load_site


def tell_failure(ctx: Context, reason: str, site_key: str, app_id: str | None, actor: str) -> None:
    """It ended without success; whoever waits reads why."""
    _note(ctx, (site_key, app_id, actor), Outcome(ctx.now_ms(), reason, done=False))


@job("rebuild", gave_up=tell_failure)
def rebuild_apps(ctx: Context, site_key: str, app_id: str | None, actor: str) -> None:
    """One app, or all of the site, on behalf of `actor`."""
    _, catalog = load_site(ctx, site_key)
    apps = [app.id for app in catalog.apps if app_id in {None, app.id}]
    text = f"/rebuild {app_id}" if app_id else "/rebuild"
    found = reread_apps(ctx, site_key, apps, Cause(kind=CauseKind.COMMAND, actor=actor, text=text))
    state = ctx.store.sites.find(site_key)
    outcome = Outcome(ctx.now_ms(), tell_found(found), not found.failed, state.generation if state else 0)
    _note(ctx, (site_key, app_id, actor), outcome)


def tell_found(found: Reread) -> str:
    """Plain text: a page shows it as it is."""
    read = f"{found.releases} release{'' if found.releases == 1 else 's'} read again"
    changes = (
        f"{found.changed} change{'' if found.changed == 1 else 's'} found" if found.changed else "no change"
    )
    waiting = [f"{found.waiting} still waiting for files"] if found.waiting else []
    return " ".join([", ".join([read, changes, *waiting]) + ".", *found.failed])


def _note(ctx: Context, args: tuple[str, str | None, str], outcome: Outcome) -> None:
    Outcomes(ctx.queue.connection).note(Job(name="rebuild", args=args).token, outcome)
