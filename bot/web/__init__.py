"""The web process: a Flask application behind gunicorn."""

from collections.abc import Callable, Sequence

from flask import Flask, Response, request

from bot.context import Context
from bot.metrics import Flusher
from bot.oidc import KeyRing, find_issuer, verify_token
from bot.web import dashboard, errors, health, metrics, ready, webhook
from bot.web.bearer import may_read
from bot.web.deadline import Asking, Deadline
from bot.web.health import Health
from bot.web.parts import informative, needed
from bot.web.patience import Patience
from bot.web.ready import ReadyReceiver
from bot.web.scrape import make_scrape
from bot.web.webhook import Receiver
from config.kept import KeptSettings
from config.secret_values import split_secret
from config.settings import Settings, load_settings

REREAD = 1.0  # seconds that a rotated webhook secret or metrics token may be unknown
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def create_app(settings: Settings | None = None, *, context: Context | None = None) -> Flask:
    """The application; its clients are made here, so call it in the process that serves (after a fork).

    Raises BadSettings without a webhook secret: nothing is ever accepted unsigned.
    """
    context = context or Context(settings or load_settings())
    context.settings.require_webhook()
    app = Flask("altpress", static_folder=None)
    patience = Patience(context.settings.web_threads)
    kept = KeptSettings(context.settings, every=REREAD)
    receiver, ready_receiver = _receiver(context, kept, patience), _ready_receiver(context, patience)
    checks = Health(needed(context), informative(context), room=context.settings.web_threads // 4)
    flusher = Flusher(lambda: context.flush_meter() and context.report_process("web"))
    tokens, is_open = _tokens(kept), context.settings.metrics_open
    app.register_blueprint(webhook.make_blueprint(receiver, context.meter))
    app.register_blueprint(ready.make_blueprint(ready_receiver, context.meter))
    app.register_blueprint(health.make_blueprint(checks, lambda: may_know(tokens(), is_open)))
    app.register_blueprint(metrics.make_blueprint(tokens, make_scrape(context, checks), is_open=is_open))
    metrics.count_requests(app, context.meter, flusher.start)
    dashboard.install(app, context, patience)
    app.after_request(_secure)
    errors.install(app)
    app.extensions["stopping"] = checks.stopping  # the server calls it: nothing new should be sent here
    app.extensions["altpress"] = (receiver, ready_receiver, checks, flusher, context)
    return app


def close_app(app: Flask) -> None:
    """Write what has been accepted, end the threads, give the connections back."""
    for part in app.extensions["altpress"]:
        part.close()


def _tokens(kept: KeptSettings) -> Callable[[], Sequence[str]]:
    return lambda: split_secret(kept().metrics_token)


def _receiver(context: Context, kept: KeptSettings, patience: Patience) -> Receiver:
    def secrets() -> list[bytes]:
        return [secret.get_secret_value().encode() for secret in kept().webhook_secrets]

    return Receiver(secrets, context.store.deliveries, context.store.sites.all, patience)


def _ready_receiver(context: Context, patience: Patience) -> ReadyReceiver:
    settings = context.settings
    keys = KeyRing(settings.oidc_issuer or find_issuer(settings.github_api_url))
    return ReadyReceiver(
        lambda token: verify_token(token, find_key=keys.find, issuer=keys.issuer, now=context.clock()),
        lambda: context.store,
        settings.public_url,
        Asking(patience, Deadline()),
    )


def may_know(tokens: Sequence[str], is_open: bool) -> bool:
    """Whether who asks now may know the details: who may read /metrics, or is signed in to the dashboard."""
    if may_read(tokens, request.headers.get("Authorization"), is_open=is_open):
        return True
    return dashboard.is_open() and dashboard.is_signed_in()


def _secure(response: Response) -> Response:
    """On every answer; a page that needs more sets its own policy first."""
    given = {name.lower() for name, _ in response.headers}
    response.headers.extend([(n, v) for n, v in SECURITY_HEADERS.items() if n.lower() not in given])
    return response
