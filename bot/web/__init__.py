"""The web process: a Flask application behind gunicorn."""

from datetime import UTC, datetime

from flask import Flask, Response

from bot.context import Context
from bot.metrics import Flusher
from bot.oidc import KeyRing, find_issuer, verify_token
from bot.web import dashboard, errors, health, metrics, ready, webhook
from bot.web.health import LONGEST_CHECK, Health, Part, answers, worker_part
from bot.web.patience import Patience
from bot.web.ready import ReadyReceiver
from bot.web.scrape import read_metrics
from bot.web.webhook import Receiver
from config.settings import Settings, load_settings

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
    receiver, ready_receiver = _receiver(context, patience), _ready_receiver(context)
    checks = _health(context)
    flusher = Flusher(context.flush_meter)
    token = context.settings.metrics_token
    app.register_blueprint(webhook.make_blueprint(receiver, context.meter))
    app.register_blueprint(ready.make_blueprint(ready_receiver, context.meter))
    app.register_blueprint(health.make_blueprint(checks))
    app.register_blueprint(
        metrics.make_blueprint(
            token.get_secret_value() if token else None, lambda: read_metrics(context, checks)
        )
    )
    metrics.count_requests(app, context.meter, flusher.start)
    dashboard.install(app, context, patience)
    app.after_request(_secure)
    errors.install(app)
    app.extensions["altpress"] = (receiver, ready_receiver, checks, flusher, context)
    return app


def close_app(app: Flask) -> None:
    """Write what has been accepted, end the threads, give the connections back."""
    for part in app.extensions["altpress"]:
        part.close()


def _receiver(context: Context, patience: Patience) -> Receiver:
    secrets = [secret.get_secret_value().encode() for secret in context.settings.webhook_secrets]
    return Receiver(secrets, context.store.deliveries, context.store.sites.all, patience)


def _ready_receiver(context: Context) -> ReadyReceiver:
    settings = context.settings
    keys = KeyRing(settings.oidc_issuer or find_issuer(settings.github_api_url))
    return ReadyReceiver(
        lambda token: verify_token(token, find_key=keys.find, issuer=keys.issuer, now=context.clock()),
        lambda: context.store,
        settings.public_url,
    )


def _health(context: Context) -> Health:
    def workers() -> Part:
        return worker_part(context.queue.worker_ages(now=datetime.now(UTC)))

    return Health(
        {
            "mongodb": answers(lambda: context.store.ping(timeout=LONGEST_CHECK)),
            "redis": answers(context.queue.ping),
            "workers": workers,
        }
    )


def _secure(response: Response) -> Response:
    """On every answer; a page that needs more sets its own policy first."""
    given = {name.lower() for name, _ in response.headers}
    response.headers.extend([(n, v) for n, v in SECURITY_HEADERS.items() if n.lower() not in given])
    return response
