"""`python -m bot.sandbox --data DIR --port N --bot-url http://127.0.0.1:8080`: the sandbox as a process.

One worker process (the state is one SQLite file) with threads, HTTP/1.1 with keep-alive. It listens on two
ports of 127.0.0.1: the second, any free one, stands for the storage that signed addresses point to, so that
clients see another origin and must not forward their credentials.
"""

import secrets
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication

from bot.sandbox.auth import Auth, load_user_tokens
from bot.sandbox.faults import Faults
from bot.sandbox.git import Git
from bot.sandbox.oidc import TokenIssuer
from bot.sandbox.prepare import prepare
from bot.sandbox.running import Running, remove_running, save_running
from bot.sandbox.seed import APP_ID, PEOPLE, seed
from bot.sandbox.server import create_app
from bot.sandbox.webhooks import Hook, Outbox
from bot.sandbox.world import open_state, open_world

THREADS = 16
HOOK_ID = 501
TOKENS_FILE = "sandbox-tokens.json"  # login -> personal token, for curl and git in a person's hands
HOST = "127.0.0.1"


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn with these settings and nothing read from files, arguments or the environment."""

    def __init__(self, load: Callable[[], Flask], options: dict[str, Any]) -> None:
        self._load, self._options = load, options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Called in the worker, after the fork."""
        return self._load()


def serve(data: Path, *, port: int, bot_url: str) -> None:
    """Serve until SIGTERM or SIGINT; `DATA/sandbox.json` is there as long as it listens."""
    keys = prepare(data)
    remove_running(data)  # of one that was killed
    with open_state(data) as state:
        seed(state, Git(data / "git"), public_key=keys.load_public_key())
        load_user_tokens(data / TOKENS_FILE, Auth(state), PEOPLE)
    main, storage = _listen(port), _listen(0)
    root = f"http://{HOST}:{main.getsockname()[1]}"
    asset_root = f"http://{HOST}:{storage.getsockname()[1]}"
    running = Running(
        api_url=f"{root}/api/v3",
        html_url=root,
        webhook_url=f"{bot_url}/webhooks/github",
        dashboard_url=bot_url,
        control_token=secrets.token_hex(32),
    )

    def load() -> Flask:
        hook = Hook(running.webhook_url, keys.load_secret(), HOOK_ID, APP_ID)
        state = open_state(data)
        faults = Faults()
        outbox = Outbox(state.deliveries, hook, now=state.now, fate=faults)
        world = open_world(data, state, root=root, asset_root=asset_root, outbox=outbox)
        app = create_app(world, faults=faults)
        app.extensions["running"] = running
        app.extensions["oidc"] = TokenIssuer(root, keys.oidc_key_file.read_bytes())
        return app

    _Server(load, _build_options(data, running, (main, storage))).run()


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    listener.listen(128)
    return listener


def _build_options(data: Path, running: Running, listeners: tuple[socket.socket, ...]) -> dict[str, Any]:
    return {
        "bind": [f"fd://{listener.fileno()}" for listener in listeners],
        "workers": 1,
        "worker_class": "gthread",
        "threads": THREADS,
        "keepalive": 75,
        "timeout": 120,
        "graceful_timeout": 10,
        "control_socket_disable": True,  # it would lie in the home directory, which may be read-only
        "proc_name": "altpress-sandbox",
        "loglevel": "warning",
        "when_ready": lambda _: save_running(data, running),
        "on_exit": lambda _: remove_running(data),
    }


@click.command()
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), default=Path(".altpress"))
@click.option("--port", type=click.IntRange(0, 65_535), default=8090, help="0 takes a free one.")
@click.option("--bot-url", default="http://127.0.0.1:8080", help="Where altpress listens.")
def main(data: Path, port: int, bot_url: str) -> None:
    """Run a small GitHub on this machine."""
    serve(data.absolute(), port=port, bot_url=bot_url.rstrip("/"))


if __name__ == "__main__":
    main()
