"""Who is signed in: a signed cookie, over after twelve hours or with another password."""

from flask import Flask, request, session
from flask.sessions import SecureCookieSessionInterface

from bot.web.dashboard.desk import find_desk

HOURS = 12
LASTS_MS = HOURS * 3_600_000


class Cookies(SecureCookieSessionInterface):
    """Secure wherever the page came by https."""

    def get_cookie_secure(self, app: Flask) -> bool:
        del app
        return request.is_secure


def sign_in() -> None:
    """A new session: nothing of what an attacker may have set before is kept."""
    desk = find_desk()
    session.clear()
    session["for"], session["since"] = desk.password.fingerprint, desk.now_ms


def is_signed_in() -> bool:
    desk = find_desk()
    since = session.get("since")
    if not isinstance(since, int) or session.get("for") != desk.password.fingerprint:
        return False
    return 0 <= desk.now_ms - since < LASTS_MS
