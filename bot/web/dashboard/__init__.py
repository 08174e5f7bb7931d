"""The dashboard: pages for people, rendered here, behind one password.

Every page works as plain HTML and forms; a small script of our own only saves the reload. Without a
password's hash there is no dashboard, and `/` says so. The policy of the pages lets nothing in from
elsewhere, pictures included: the apps' icons come from our own store.
"""

from flask import Flask, current_app
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from bot.context import Context
from bot.web.dashboard.closed import make_closed
from bot.web.dashboard.desk import EXTENSION, Desk
from bot.web.dashboard.guard import csrf, make_dashboard
from bot.web.dashboard.password import Password
from bot.web.dashboard.session import Cookies, is_signed_in
from bot.web.dashboard.waiting import wait_shortly
from bot.web.deadline import ask_queue
from bot.web.patience import Patience
from config.secret_values import split_secret

__all__ = ["install", "is_open", "is_signed_in"]


def install(app: Flask, context: Context, patience: Patience) -> None:
    """Add the dashboard to the web process. Raises BadSettings for a hash that is none."""
    settings = context.settings
    if settings.proxy_hops:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's own way to wrap an application
            app.wsgi_app, x_for=settings.proxy_hops, x_proto=settings.proxy_hops
        )
    if settings.dashboard_password_hash is None:
        app.register_blueprint(make_closed())
        return
    password = Password(settings.dashboard_password_hash.get_secret_value())
    app.secret_key, *older = split_secret(settings.session_key) or (password.derive("cookies"),)
    app.config.update(
        SECRET_KEY_FALLBACKS=older,  # what these signed still holds
        WTF_CSRF_SECRET_KEY=password.derive("forms"),  # a form that is open while keys rotate can be sent
        SESSION_COOKIE_NAME="altpress",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_CHECK_DEFAULT=False,  # GitHub's webhooks carry a signature instead; the guard checks ours
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        WTF_CSRF_SSL_STRICT=False,  # asks for a Referer; the guard looks at Origin
    )
    app.session_interface = Cookies()
    app.jinja_env.undefined = StrictUndefined
    app.extensions[EXTENSION] = Desk(context, password, ask_queue(settings.web_threads))
    csrf.init_app(app)
    app.register_blueprint(make_dashboard())
    wait_shortly(app, patience)


def is_open() -> bool:
    """Whether there is a dashboard that somebody can be signed in to."""
    return EXTENSION in current_app.extensions
