"""`altpress web`: the webhook receiver, under gunicorn."""

import os
from typing import Any

import click
from gunicorn.app.base import BaseApplication
from gunicorn.errors import AppImportError
from gunicorn.util import import_app

from bot.cli.start import begin_anyway
from bot.errors import BadSettings
from config.gunicorn import Master, options
from config.settings import Settings


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn with our options alone: no file, no command line, no GUNICORN_CMD_ARGS."""

    def __init__(self, settings: Settings, *, reload: bool) -> None:
        self._options = options(settings, reload=reload)
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Called in the process that serves, after the fork: its clients are its own."""
        try:
            return import_app("bot.web:create_app()")
        except BadSettings as error:  # gunicorn shows the words of this one alone, and stops
            raise AppImportError(error.public) from None

    def stopping(self, app: Any) -> None:
        """Called in the process that serves, when it is told to stop."""
        app.extensions["stopping"]()

    def run(self) -> None:
        Master(self).run()


@click.command("web")
@click.option("--host", help="Address to listen on (ALTPRESS_HOST).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (ALTPRESS_PORT).")
def command(host: str | None, port: int | None) -> None:
    """Receive GitHub's webhooks and answer health checks."""
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = begin_anyway(**given)
    Server(settings, reload=os.environ.get("ALTPRESS_RELOAD") == "1").run()
