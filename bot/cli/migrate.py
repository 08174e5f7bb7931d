"""`altpress migrate`: bring the database to where this version wants it."""

import json
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from bot.cli.migrate_text import build_report, render_outcomes, render_report
from bot.cli.options import data_option, json_option
from bot.cli.output import AnswerGroup
from bot.cli.stores import open_stores
from bot.migrate import Migrator, Outcome
from bot.migrate.run import WAIT

wait_option = click.option(
    "--wait", type=click.FloatRange(0), default=WAIT, show_default=True, metavar="SECONDS",
    help="How long to wait for another process that migrates.",
)  # fmt: skip


@click.group(
    "migrate", cls=AnswerGroup, invoke_without_command=True,
    short_help="bring the database to where this version wants it",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would change; write nothing.")
@click.option("--to", type=click.IntRange(1), metavar="N", help="Only up to this migration.")
@wait_option
@json_option
@data_option
@click.pass_context
def command(
    ctx: click.Context, *, dry_run: bool, to: int | None, wait: float, as_json: bool, data: Path | None
) -> None:
    """Apply the migrations that this database still lacks, in order.

    Do it before the new version's processes start: they wait for it. The old version may run on meanwhile,
    and webhooks are received. Two at once do no harm, and one that is killed is taken up again by the next.
    What an older altpress wrote since is brought up to date as well. docs/migrations.md has the rules.
    """
    ctx.obj = data
    if ctx.invoked_subcommand is not None:
        return
    with _migrator(data, whole=not dry_run) as migrator:
        if dry_run:
            outcomes, caught = migrator.count(to=to), 0
        else:
            outcomes = migrator.migrate(to=to, wait=wait)
            caught = 0 if outcomes or to is not None else migrator.catch_up(wait=wait)
    if as_json:
        found = [outcome.as_json() for outcome in outcomes]
        click.echo(json.dumps({"dry_run": dry_run, "migrations": found, "caught_up": caught}, indent=2))
    else:
        _say(render_outcomes(outcomes, dry_run=dry_run, caught=caught))


@command.command("status")
@json_option
@data_option
@click.pass_context
def status(ctx: click.Context, *, as_json: bool, data: Path | None) -> None:
    """Which migrations are applied, and which are not. Exit status 1 when something is to be done."""
    with open_stores(data or ctx.obj) as opened:
        store = opened.context.store
        report, half = Migrator(store.database, tell=_tell).report(), store.backups.restoring()
    if as_json:
        click.echo(json.dumps({**build_report(report), "restoring": half}, indent=2, ensure_ascii=False))
    elif half is None:
        _say(render_report(report))
    else:
        _say([f"half a restore of {half}: it is under way, or broke off; `altpress restore` begins it anew"])
    if half is not None or not (report.level.is_ready or report.is_new):
        ctx.exit(1)


@command.command("down")
@click.argument("to", type=click.IntRange(0), metavar="N")
@click.option("--yes", is_flag=True, help="Really do it; else what would be taken back is said.")
@wait_option
@data_option
@click.pass_obj
def down(above: Path | None, *, to: int, yes: bool, wait: float, data: Path | None) -> None:
    """Take back every migration after number N, the newest first.

    Stop this version's processes before. Where there is no way back that is said, and nothing is done.
    """
    with _migrator(data or above) as migrator:
        if not yes:
            found = ", ".join(migration.id for migration in migrator.way_back(to)) or "none"
            _say([f"to be taken back: {found}; add --yes to do it"])
            return
        outcomes: Sequence[Outcome] = migrator.down(to, wait=wait)
    _say(render_outcomes(outcomes, back=True))


@contextmanager
def _migrator(data: Path | None, *, whole: bool = True) -> Iterator[Migrator]:
    """SIGTERM ends the work between two pages, and gives the lock back. `whole`: not of half a restore."""
    before = signal.signal(signal.SIGTERM, _end)
    try:
        with open_stores(data) as opened:
            if whole:
                opened.context.store.backups.check_whole()
            yield Migrator(opened.context.store.database, tell=_tell)
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    del frame
    sys.exit(128 + number)


def _tell(line: str) -> None:
    click.echo(f"altpress: {line}", err=True)


def _say(lines: Sequence[str]) -> None:
    for line in lines:
        click.echo(line)
