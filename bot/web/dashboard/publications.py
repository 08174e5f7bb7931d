"""What was committed, and why, a page at a time."""

from flask import Blueprint, render_template, request

from bot.web.dashboard.desk import find_desk
from bot.web.dashboard.view_publications import build_publication

publications = Blueprint("publications", __name__)
PAGE = 20


@publications.get("/publications")
def show_all() -> str:
    desk = find_desk()
    site, before = request.args.get("site") or None, request.args.get("before", type=int)
    found = desk.context.store.publications.page(PAGE + 1, site, before)
    shown = found[:PAGE]
    return render_template(
        "dashboard/publications.html",
        publications=[build_publication(p, desk.pages, desk.now_ms) for p in shown],
        site=site,
        is_first=before is None,
        older=shown[-1].at_ms if len(found) > PAGE else None,
    )
