"""`altpress restore`: a backup into the database, and the rest from git."""

import importlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from bot.backup import Manifest, check_room, restore
from bot.cli.backup_text import Progress
from bot.cli.options import data_option, json_option
from bot.cli.output import Answer, plain
from bot.cli.restore_file import Checked, open_checked
from bot.cli.store_names import show_database
from bot.cli.stores import find_living, open_stores
from bot.context import Context
from bot.errors import BadSettings, BotError, Underway
from bot.migrate import Migrator, check_level
from bot.migrate.lease import RESTORING, Lease, Lost
from bot.migrate.load import load_migrations
from bot.migrate.model import Applied, Level, build_level
from bot.store.errors import translating
from config.log import Mask
from config.settings import load_settings

REFILL, RESTORED = "jobs.refill", "jobs.restored"  # by dotted names, as all of `jobs` is called from here
LEASE_MS = 30_000
WAIT = 45.0  # seconds: longer than the lease of one that was killed


@click.command(
    "restore", cls=Answer, short_help="a backup into the database, the rest from git; --verify-only"
)
@click.argument("backup", metavar="FILE|DIR|s3://…")
@click.option("--force", is_flag=True, help="Replace what the database holds; do not look who works with it.")
@click.option("--verify-only", is_flag=True, help="Read and check the whole backup; touch nothing.")
@click.option("--unsigned", is_flag=True, help="Take one that ALTPRESS_BACKUP_KEY did not sign.")
@click.option(
    "--no-refill", is_flag=True, help="Leave out sites and records: `altpress rebuild-state` follows."
)
@click.option(
    "--wait",
    type=click.FloatRange(0),
    default=WAIT,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for another restore, or for the lock of one that was killed.",
)
@json_option
@data_option
@click.pass_context
def command(
    ctx: click.Context, *, backup: str, force: bool, verify_only: bool, unsigned: bool, no_refill: bool,
    wait: float, as_json: bool, data: Path | None,
) -> None:  # fmt: skip
    """Check a backup from its first byte to its last, then put it into an empty database.

    Of a directory or a prefix the newest is taken. Stop altpress first. What git holds (sites, records) is
    read from there, and what was under way when the backup was made begins anew. Exit status 1 when a site
    could not be read: `altpress rebuild-state` does that again.
    """
    began = time.monotonic()
    with open_checked(backup, load_settings(), unsigned=unsigned, say=_say) as checked:
        said: dict[str, Any] = {"ok": True, **checked.as_json()}
        if not verify_only:
            check_level(_level(checked.manifest))
            with open_stores(data, makes=True) as opened:
                said["into"] = show_database(opened.context.settings)
                _say(f"restoring into {said['into']}")
                if not force and (living := find_living(opened)):
                    raise BadSettings(f"altpress is at work ({', '.join(living)}): stop it first.")
                with translating(), _alone(opened.context, wait) as lease:
                    said |= _restore(opened.context, lease, checked, force=force, refill=not no_refill)
    said["seconds"] = round(time.monotonic() - began, 1)
    if as_json:
        click.echo(json.dumps(said, indent=2, ensure_ascii=False))
    elif not verify_only:
        click.echo(_next(said, refilled=not no_refill))
    if not said["ok"]:
        ctx.exit(1)


@contextmanager
def _alone(context: Context, wait: float) -> Iterator[Lease]:
    """Two at once would leave a mixture of both. Raises Underway."""
    lease = Lease(context.store.database, clock=context.clock, lease_ms=LEASE_MS, work=RESTORING)
    try:
        with lease.keep(wait=wait, tell=_say):
            yield lease
    except Lost:
        raise Underway("Another `altpress restore` took over.", retry_after=60.0) from None


def _restore(
    context: Context, lease: Lease, checked: Checked, *, force: bool, refill: bool
) -> dict[str, Any]:
    """Under the mark, from the first change to the last."""
    store, progress = context.store, Progress()

    def beat(collection: str, done: int, total: int) -> None:
        lease.renew_held()
        progress(collection, done, total)

    check_room(store.database, force=force, broken=store.backups.restoring())
    store.backups.begin_restore(checked.name, context.now_ms())
    with _saying_what_broke_off():
        documents = restore(
            store.database, checked.file, checked.manifest, prepare=store.ensure_indexes, progress=beat
        )
        progress.end()
        _say(f"{documents:,} documents restored")
        migrator = Migrator(store.database, tell=_say)
        migrated = [found.migration for found in migrator.migrate()]
        migrator.catch_up()  # a backup that was made during a migration has documents of before, and its end
        sites = _refill(context) if refill else None
        lease.renew_held()
        again = int(importlib.import_module(RESTORED).begin_anew(context))
        store.backups.end_restore()
    failed = sites is not None and not sites["ok"]
    return {
        "ok": not failed, "restored": documents, "migrated": migrated, "again": again,
        "sites": sites["sites"] if sites else None,
    }  # fmt: skip


@contextmanager
def _saying_what_broke_off() -> Iterator[None]:
    """However it ends but well: the mark is there, and this is what it means."""
    try:
        yield
    except BaseException:
        _say(
            "the restore broke off: nothing of altpress works on this database until the same command went "
            "through; it begins anew, with no --force"
        )
        raise


def _refill(context: Context) -> dict[str, Any]:
    """Sites and records from git, which is newer than any backup; workers would be in its way, and wait."""
    try:
        context.settings.require_github()
        found = importlib.import_module(REFILL).refill(context, (), replace=False, say=_say)
    except BotError as error:
        _say(f"the sites were not read: {error.public}")
        return {"ok": False, "sites": []}
    summary: dict[str, Any] = found.as_json()
    return summary


def _level(manifest: Manifest) -> Level:
    """How the database that the backup was made of stands to this altpress."""
    applied = [Applied(id=number, needs=needs, ended_ms=0) for number, needs in manifest.migrations]
    return build_level(load_migrations(), applied)


def _next(said: dict[str, Any], *, refilled: bool) -> str:
    lines = [f"{said['restored']:,} documents are back, {len(said['sites'] or ())} site(s) read from git."]
    if said["again"]:
        lines.append(f"{said['again']} deliveries that were under way begin anew when altpress starts.")
    if not refilled or not said["ok"]:
        lines.append("Run `altpress rebuild-state` before you start altpress: the sites are not all there.")
    lines.append("Start altpress; its first sweep finds what was released since the backup.")
    return "\n".join(lines)


def _say(line: str) -> None:
    """Progress, as it is made."""
    click.echo(plain(Mask(())(line)), err=True)
