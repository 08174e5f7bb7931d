"""`python -m bot.cli.alive web|worker|scheduler`: does this machine's process live? For containers.

Exit status 0 when it is: the web process answers `/health/live`; a worker or scheduler of this host name was
heard of in Redis lately. It says nothing about the others' health: `/health/ready` does.
"""

import socket
import sys
from datetime import UTC, datetime

import click

from bot.cli.up_watch import http_answers
from bot.context import Context, open_context
from bot.enqueue import SignsOfLife
from bot.errors import BotError
from config.settings import load_settings

HEARD = 60.0  # seconds since a worker was heard of; it is every five


@click.command("alive")
@click.argument("kind", type=click.Choice(["web", "worker", "scheduler"]))
def command(kind: str) -> None:
    """Exit with 0 while the process of this kind on this machine is alive."""
    with open_context(load_settings()) as context:
        alive = {"web": web_lives, "worker": worker_lives, "scheduler": scheduler_lives}[kind](context)
    if not alive:
        raise click.ClickException(f"no sign of life of the {kind}")


def web_lives(context: Context) -> bool:
    settings = context.settings
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - read, not bound
    return http_answers(host, settings.port, "/health/live", status=200)


def worker_lives(context: Context) -> bool:
    ages = context.queue.worker_ages(now=datetime.now(UTC), prefix=f"{socket.gethostname()}-")
    return any(age <= HEARD for age in ages)


def scheduler_lives(context: Context) -> bool:
    return SignsOfLife(context.queue.connection, "scheduler", socket.gethostname()).seen()


if __name__ == "__main__":
    try:
        command()
    except BotError as error:
        sys.exit(f"altpress: {error.public}")
