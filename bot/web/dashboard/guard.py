"""Every request to the dashboard comes through here: who asks, and from where."""

from flask import Blueprint, redirect, request, url_for
from flask_wtf.csrf import CSRFProtect  # type: ignore[import-untyped]  # it has no types
from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.wrappers import Response

from bot.web.dashboard import refusals
from bot.web.dashboard.actions import actions
from bot.web.dashboard.approvals import approvals
from bot.web.dashboard.deliveries import deliveries
from bot.web.dashboard.desk import find_desk
from bot.web.dashboard.files import files
from bot.web.dashboard.headers import add_headers
from bot.web.dashboard.icons import icons
from bot.web.dashboard.login import login
from bot.web.dashboard.origin import is_own_form
from bot.web.dashboard.overview import overview
from bot.web.dashboard.preview import preview
from bot.web.dashboard.publications import publications
from bot.web.dashboard.session import is_signed_in
from bot.web.dashboard.sites import sites

PARTS = (files, icons, login, overview, sites, preview, deliveries, publications, actions, approvals)
OPEN = ("dashboard.files.", "dashboard.login.")
ELSEWHERE = "This form was sent from another address. Open the dashboard at its own address and try again."
csrf = CSRFProtect()


def make_dashboard() -> Blueprint:
    """All pages; each needs a session, but the sign-in and the files that it needs."""
    dashboard = Blueprint("dashboard", __name__, template_folder="templates")
    dashboard.before_request(check_form)
    dashboard.before_request(check_session)
    dashboard.after_request(add_headers)
    refusals.install(dashboard)
    for part in PARTS:
        dashboard.register_blueprint(part)
    return dashboard


def check_form() -> None:
    """A request that changes something carries the token, and comes from a page of ours."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    if not is_own_form(dict(request.headers), request.host, find_desk().context.settings.public_url):
        raise Forbidden(ELSEWHERE)
    csrf.protect()


def check_session() -> Response | None:
    """Nobody: to the sign-in, and back here afterwards."""
    if (request.endpoint or "").startswith(OPEN) or is_signed_in():
        return None
    if refusals.wants_json():
        raise Unauthorized("The session is over: sign in again.")
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    target = url_for("dashboard.login.show", next=back if back != "/" else None)
    return redirect(target, 303)
