"""`altpress up`: everything on this machine, supervised, until Ctrl-C.

Order: settings are checked, the data directory is locked, what a killed run left is ended, then supervisord
starts stores, sandbox, web, workers and scheduler; it is up when the web process says that it is ready.
"""

import os
import pwd
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from bot.cli import up_places as places
from bot.cli.start import check_external_stores
from bot.cli.up_dashboard import let_in, tell_dashboard
from bot.cli.up_environment import build_environment, point_at_sandbox
from bot.cli.up_migrate import Upgrade
from bot.cli.up_stop import end_all, stop_signals
from bot.cli.up_watch import Reloader, Step, http_answers, mongo_answers, redis_answers
from bot.embedded.programs import Plan, plan_programs
from bot.embedded.redis import find_server, render_config
from bot.embedded.session import Session, end_left_overs
from bot.embedded.supervisor import Program, render_supervisor
from bot.embedded.urls import mongo_url, redis_socket, redis_url
from bot.every import Every
from config.settings import Settings, load_settings

POLL = 0.1  # seconds
RELOAD_POLL = 1.0
PATIENCE = 15.0  # seconds between two lines that say what is still waited for


@click.command(name="up")
@click.option("--sandbox", is_flag=True, help="With a GitHub of its own on this machine; needs no settings.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Data directory.")
@click.option("--host", help="Address that the web process listens on.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port of the web process; 0 takes a free one.")
@click.option("--reload", is_flag=True, help="Start web, workers and scheduler again when a source changes.")
def command(sandbox: bool, data: Path | None, host: str | None, port: int | None, reload: bool) -> None:
    """Start everything on this machine and keep it running.

    Embedded MongoDB and Redis, unless ALTPRESS_MONGO_URL or ALTPRESS_REDIS_URL name others. Ctrl-C stops all
    in order. Exit status 2 when it cannot start, 1 when it broke down.
    """
    given = {"data_dir": data, "host": host, "port": port}
    settings = load_settings(**{name: value for name, value in given.items() if value is not None})
    if not sandbox:
        settings.require_webhook()
        settings.require_github()
    check_external_stores(settings)
    os.umask(0o077)  # whatever is made in the data directory, by whichever program, is its owner's alone
    data_dir = places.make_data_dir(settings.data_dir)
    lock = places.lock_data_dir(data_dir)
    try:
        _run(_prepare(settings, data_dir, sandbox, reload), reload)
    finally:
        lock.release()


@dataclass(frozen=True, slots=True)
class _World:
    """All that is decided before the first program starts."""

    settings: Settings
    data_dir: Path
    programs: list[Program]
    environment: Mapping[str, str]
    port: int
    sandbox_port: int | None

    @property
    def run_dir(self) -> Path:
        return self.data_dir / "run"

    @property
    def web_host(self) -> str:
        """Where this machine reaches the web process."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.settings.host, self.settings.host)  # noqa: S104 - read

    @property
    def url(self) -> str:
        host = f"[{self.web_host}]" if ":" in self.web_host else self.web_host
        return f"http://{host}:{self.port}"


def _prepare(settings: Settings, data_dir: Path, sandbox: bool, reload: bool) -> _World:
    """Clear what was left, choose ports, write the configurations."""
    (data_dir / "up.json").unlink(missing_ok=True)
    redis_server = None if settings.redis_url else find_server()
    plan = Plan(
        data_dir=data_dir,
        python=sys.executable,
        port=settings.port,
        workers=settings.workers,
        redis_server=redis_server,
        embedded_mongo=settings.mongo_url is None,
        sandbox_port=0,
        worker_grace=settings.stop_grace,
        web_delay=settings.stop_delay,
    )
    if ended := end_left_overs(data_dir / "run", plan_programs(plan)):
        _say(f"an earlier altpress was killed; ended what it left running: {', '.join(ended)}")
    port = places.check_port(settings.host, settings.port)
    sandbox_port = places.sandbox_port(data_dir) if sandbox else None
    environment = build_environment(
        os.environ, data_dir=data_dir, host=settings.host, port=port, reload=reload,
        terminal=sys.stdout.isatty(),
    )  # fmt: skip
    if sandbox_port is not None:
        environment = _with_sandbox(environment, data_dir, sandbox_port)
    programs = plan_programs(replace(plan, port=port, sandbox_port=sandbox_port))
    world = _World(settings, data_dir, programs, environment, port, sandbox_port)
    user = pwd.getpwuid(0).pw_name if os.getuid() == 0 else None
    supervisor = render_supervisor(programs, world.run_dir, sys.executable, user)
    places.write_private(world.run_dir / "supervisord.conf", supervisor)
    places.write_private(data_dir / "redis.conf", render_config(redis_socket(data_dir), data_dir / "redis"))
    return world


def _with_sandbox(environment: Mapping[str, str], data_dir: Path, port: int) -> dict[str, str]:
    from bot.sandbox.prepare import prepare

    keys = prepare(data_dir)
    return point_at_sandbox(
        let_in(environment, data_dir),
        port=port,
        app_id=keys.app_id,
        private_key_file=keys.private_key_file,
        webhook_secret_file=keys.webhook_secret_file,
    )


def _run(world: _World, reload: bool) -> None:
    """From the first program to the last one's end."""
    with stop_signals() as stop:
        session = Session(world.run_dir, world.environment, _write)
        try:
            if _await_all(world, session, stop):
                _announce(world)
                _keep(world, session, stop, reload)
        finally:
            (world.data_dir / "up.json").unlink(missing_ok=True)
            end_all(world.run_dir, world.programs, session, stop, _say)


def _await_all(world: _World, session: Session, stop: threading.Event) -> bool:
    """Wait for each step in turn, saying so; False when told to stop first."""
    for step in _steps(world, stop):
        reminders = Every(PATIENCE, at_once=False)
        while not step.answers():
            _check_alive(session)
            if stop.wait(POLL):
                return False
            if reminders.due():
                _say(f"still waiting: {step.told}")
        _say(step.told)
    return True


def _steps(world: _World, stop: threading.Event) -> Iterator[Step]:
    settings, data_dir = world.settings, world.data_dir
    mongo = settings.mongo_url.get_secret_value() if settings.mongo_url else mongo_url(data_dir)
    redis = settings.redis_url.get_secret_value() if settings.redis_url else redis_url(data_dir)
    kinds = ["external" if url else "embedded" for url in (settings.mongo_url, settings.redis_url)]
    yield Step(f"MongoDB answers ({kinds[0]})", lambda: mongo_answers(mongo))
    embedded = settings.mongo_url is None
    upgrade = Upgrade(mongo, settings.mongo_database, data_dir, embedded, _say, stop)
    yield Step("migrations are applied", upgrade.is_done)
    yield Step(f"Redis answers ({kinds[1]})", lambda: redis_answers(redis))
    if (port := world.sandbox_port) is not None:
        told = f"sandbox at http://127.0.0.1:{port}/api/v3"
        yield Step(told, lambda: http_answers("127.0.0.1", port, "/api/v3"))
    told = f"webhook at {world.url}/webhooks/github"
    yield Step(told, lambda: http_answers(world.web_host, world.port, "/health/ready", status=200))


def _announce(world: _World) -> None:
    sandbox = f"http://127.0.0.1:{world.sandbox_port}/api/v3" if world.sandbox_port is not None else None
    facts: dict[str, Any] = {
        "pid": os.getpid(),
        "port": world.port,
        "url": world.url,
        "webhook_url": f"{world.url}/webhooks/github",
        "sandbox_api_url": sandbox,
    }
    places.write_up_file(world.data_dir, facts)
    _say(f"altpress is up: {world.url} (data in {world.data_dir}; Ctrl-C stops it)")
    terminal = sys.stdout.isatty()
    if told := tell_dashboard(world.environment, world.data_dir, world.url, terminal=terminal):
        _say(f"dashboard: {told}")


def _keep(world: _World, session: Session, stop: threading.Event, reload: bool) -> None:
    reloader = Reloader(world.run_dir) if reload else None
    while not stop.wait(RELOAD_POLL if reload else POLL):
        _check_alive(session)
        if reloader and reloader.look():
            _say("sources changed: workers and scheduler start again")


def _check_alive(session: Session) -> None:
    if (status := session.ended()) is not None:
        _say(session.last_words().rstrip())
        raise BrokenDown(f"The supervisor ended by itself (status {status}).")


class BrokenDown(click.ClickException):
    """`up` ends although nobody asked it to: exit status 1."""


_output = threading.Lock()


def _write(line: bytes) -> None:
    """One line of a program, whole; a reader that is gone is no reason to stop."""
    with _output:
        try:
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
        except (OSError, ValueError):
            return


def _say(text: str) -> None:
    _write(f"altpress: {text}\n".encode())
