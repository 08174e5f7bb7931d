"""The web process: a Flask application behind gunicorn."""

from datetime import UTC, datetime

from flask import Blueprint, Flask, Response

from bot.context import Context
from bot.web import errors, health, metrics, webhook
from bot.web.health import Health, Part, answers, worker_part
from bot.web.metrics import Gauge
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
    receiver = _receiver(context)
    checks = _health(context)
    app.register_blueprint(webhook.make_blueprint(receiver))
    app.register_blueprint(health.make_blueprint(checks))
    app.register_blueprint(_metrics(context))
    app.after_request(_secure)
    errors.install(app)
    app.extensions["altpress"] = (receiver, checks, context)
    return app


def close_app(app: Flask) -> None:
    """Write what has been accepted, end the threads, give the connections back."""
    for part in app.extensions["altpress"]:
        part.close()


def _receiver(context: Context) -> Receiver:
    secrets = [secret.get_secret_value().encode() for secret in context.settings.webhook_secrets]
    return Receiver(secrets, context.store.deliveries, context.store.sites.all)


def _health(context: Context) -> Health:
    def workers() -> Part:
        return worker_part(context.queue.worker_ages(now=datetime.now(UTC)))

    return Health(
        {
            "mongodb": answers(context.store.ping),
            "redis": answers(context.queue.ping),
            "workers": workers,
        }
    )


def _metrics(context: Context) -> Blueprint:
    def read() -> list[Gauge]:
        ages = context.queue.worker_ages(now=datetime.now(UTC))
        behind = [s for s in context.store.sites.all() if s.generation > s.published_generation]
        return [
            Gauge("deliveries", "Deliveries in the ledger.", context.store.deliveries.counts(), "state"),
            Gauge("jobs", "Jobs in the queue.", context.queue.depth()._asdict(), "state"),
            Gauge("workers", "Workers seen in the last minute.", {"": sum(age <= 60 for age in ages)}),
            Gauge("sites_behind", "Sites with something to publish.", {"": len(behind)}),
        ]

    token = context.settings.metrics_token
    return metrics.make_blueprint(token.get_secret_value() if token else None, read)


def _secure(response: Response) -> Response:
    """On every answer; a page that needs more sets its own policy first."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response
