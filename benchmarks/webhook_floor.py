"""Two endpoints to compare the receiver with: one that does nothing, one that only checks the signature.

Served exactly as altpress's own (`config/gunicorn.py`): the same process, threads, and limits.
"""

from typing import Any

from flask import Flask, Response, request
from gunicorn.util import import_app

from bot.cli.web import Server
from bot.web.body import read_body
from bot.web.signature import HEADER, check_signature
from config.settings import load_settings


class Floor(Server):
    def load(self) -> Any:
        return import_app("benchmarks.webhook_floor:create_app()")


def create_app() -> Flask:
    app = Flask(__name__)
    secrets = [secret.get_secret_value().encode() for secret in load_settings().webhook_secrets]

    @app.post("/bare")
    def bare() -> Response:
        return Response(status=202)

    @app.post("/signed")
    def signed() -> Response:
        check_signature(secrets, read_body(request), request.headers.get(HEADER))
        return Response(status=202)

    return app


if __name__ == "__main__":
    Floor(load_settings(), reload=False).run()
