"""Signing in and out."""

import logging

from flask import Blueprint, flash, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from bot.web.dashboard.desk import find_desk
from bot.web.dashboard.session import is_signed_in, sign_in
from bot.web.dashboard.view_links import check_next

log = logging.getLogger(__name__)
login = Blueprint("login", __name__)
WRONG = "That is not the password."


@login.get("/login")
def show() -> str:
    return _page(None)


@login.post("/login")
def enter() -> Response:
    """The throttle counts first, then the password is looked at."""
    desk, address = find_desk(), request.remote_addr
    if pause := desk.queue.ask(lambda: desk.throttle.attempt(address)):
        log.warning("sign_in_throttled", extra={"remote": address, "wait": pause})
        return _refused(f"Too many attempts from your address: wait {tell_pause(pause)}.", 429, pause)
    if not desk.password.matches(request.form.get("password", "")):
        log.warning("sign_in_refused", extra={"remote": address})
        return _refused(WRONG, 401)
    desk.queue.ask(lambda: desk.throttle.forget(address))
    sign_in()
    log.info("signed_in", extra={"remote": address})
    return redirect(check_next(request.form.get("next")), 303)


@login.post("/logout")
def leave() -> Response:
    session.clear()
    flash("You are signed out.")
    return redirect(url_for("dashboard.login.show"), 303)


def tell_pause(seconds: int) -> str:
    """`40 seconds`, `3 minutes`."""
    if seconds < 100:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    return f"{-(-seconds // 60)} minutes"


def _refused(message: str, status: int, pause: int = 0) -> Response:
    answer = make_response(_page(message), status)
    if pause:
        answer.headers["Retry-After"] = str(pause)
    return answer


def _page(problem: str | None) -> str:
    back = check_next(request.values.get("next"))
    sandbox = find_desk().pages.is_sandbox
    return render_template(
        "dashboard/login.html", problem=problem, back=back, known=is_signed_in(), sandbox=sandbox
    )
