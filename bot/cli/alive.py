"""`python -m bot.cli.alive web|worker|scheduler`: does this machine's process live? For containers.

Exit status 0 when it is: the web process answers `/health/live`; a worker or scheduler of this machine or
container was heard of in Redis lately (where several run on one machine: any of them). It says nothing about
the others' health: `/health/ready` does.

Who restarts what does not live asks with `--unless-redis-is-away`: else all workers would be restarted again
and again, and be missed when Redis is back.
"""

import sys
from datetime import UTC, datetime

import click

from bot.cli.up_watch import http_answers
from bot.context import Context, open_context
from bot.enqueue import SignsOfLife
from bot.enqueue.alive import WAITING, WORKER_SEEN
from bot.enqueue.machine import machine_name
from bot.errors import BotError, Unavailable
from config.settings import load_settings


@click.command("alive")
@click.argument("kind", type=click.Choice(["web", "worker", "scheduler"]))
@click.option("--unless-redis-is-away", "patient", is_flag=True, help="Exit with 0 when Redis cannot tell.")
def command(kind: str, patient: bool) -> None:
    """Exit with 0 while the process of this kind on this machine is alive."""
    with open_context(load_settings()) as context:
        try:
            alive = {"web": web_lives, "worker": worker_lives, "scheduler": scheduler_lives}[kind](context)
            alive = alive or (kind != "web" and waits(context))
        except Unavailable:
            if not patient:
                raise
            alive = True
    if not alive:
        raise click.ClickException(f"no sign of life of the {kind}")


def web_lives(context: Context) -> bool:
    settings = context.settings
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - read, not bound
    return http_answers(host, settings.port, "/health/live", status=200)


def worker_lives(context: Context) -> bool:
    ages = context.queue.worker_ages(now=datetime.now(UTC), prefix=f"{machine_name()}-")
    return any(age <= WORKER_SEEN for age in ages)


def scheduler_lives(context: Context) -> bool:
    return SignsOfLife(context.queue.connection, "scheduler", machine_name()).seen()


def waits(context: Context) -> bool:
    """For migrations, before it is a worker or a scheduler: to start it again would not bring them."""
    return SignsOfLife(context.queue.connection, WAITING, machine_name()).seen()


if __name__ == "__main__":
    try:
        command()
    except BotError as error:
        sys.exit(f"altpress: {error.public}")
