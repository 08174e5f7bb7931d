"""What jobs find wrong with a site, noted until a job finds it mended: the site's issue lists it.

Each is one row of the store under its kind and key, so noting it twice is the same as once, and only news
asks for a report.
"""

from bot import decisions, lock
from bot.catalog import CATALOG_PATHS
from bot.context import Context
from bot.records import SiteState, Trouble
from jobs.outbox import enqueue_report


def note_trouble(ctx: Context, state: SiteState, kind: str, key: str = "", **fields: object) -> None:
    """This is wrong now. `cause` among the fields names it: another one is news to people."""
    if ctx.store.reports.note(state.site.key, Trouble(kind=kind, key=key, fields=fields)):
        enqueue_report(ctx, state.site.key)


def note_mended(ctx: Context, site_key: str, kind: str, key: str = "") -> None:
    if ctx.store.reports.clear(site_key, kind, key):
        enqueue_report(ctx, site_key)


def note_catalog_read(ctx: Context, site_key: str) -> None:
    """The catalog can be read."""
    for path in CATALOG_PATHS:
        note_mended(ctx, site_key, "file", path)


def note_planned(ctx: Context, site_key: str, *, problems: bool) -> None:
    """A publish got to its end: what stood in its way does not any more. `problems`: of the outputs."""
    note_mended(ctx, site_key, "blocked")
    if not problems:
        note_mended(ctx, site_key, "outputs")
    for path in (decisions.PATH, lock.PATH):
        note_mended(ctx, site_key, "file", path)
