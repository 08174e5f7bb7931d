"""`altpress backup`: what is in MongoDB alone, as one file."""

import json
import time
from collections.abc import Sequence
from pathlib import Path

import click

from bot.backup import Place, list_backups, make_backup, none_there, open_place
from bot.backup.format import show_size
from bot.cli.backup_text import Progress, listed_json, made_json, render_listed
from bot.cli.options import data_option, json_option
from bot.cli.output import Answer
from bot.cli.stores import open_stores
from bot.errors import BadSettings
from config.secret_values import split_secret
from config.settings import Settings, load_settings


@click.command("backup", cls=Answer, short_help="what is in MongoDB alone, as one file; --list what there is")
@click.option("--to", metavar="DIR|s3://…", help="Where it goes; else ALTPRESS_BACKUP_TO.")
@click.option(
    "--keep", type=click.IntRange(1), metavar="N",
    help="Forget older ones there but the newest N; with ALTPRESS_BACKUP_TO its ALTPRESS_BACKUP_KEEP.",
)  # fmt: skip
@click.option("--list", "only_list", is_flag=True, help="Show what is there, and make none.")
@json_option
@data_option
def command(*, to: str | None, keep: int | None, only_list: bool, as_json: bool, data: Path | None) -> None:
    """Write the ledger, the audit log and what people were told into one compressed, checksummed file.

    altpress may go on working, or be stopped. Sources, decisions and records are in git and not in the file,
    nor is any secret of the settings. `altpress restore` is the way back; docs/backup.md tells everything.
    """
    settings = load_settings()
    place = find_place(to, settings)
    if only_list:
        _list(place, split_secret(settings.backup_key), as_json)
        return
    with open_stores(data) as opened:
        context = opened.context
        progress = Progress()
        kept = settings.backup_keep if keep is None and to is None else keep
        made = make_backup(
            context.store.database, place, keep=kept, clock=context.clock, progress=progress,
            keys=split_secret(settings.backup_key),
        )  # fmt: skip
        progress.end()
        if to is None:  # one that goes elsewhere is none of the schedule's
            context.store.backups.note(context.now_ms(), made.name, made.size)
    if as_json:
        click.echo(json.dumps(made_json(made), indent=2))
        return
    click.echo(f"{made.place}: {made.manifest.documents:,} documents, {show_size(made.size)}")
    for name in made.removed:
        click.echo(f"forgotten: {name}")


def find_place(to: str | None, settings: Settings) -> Place:
    """Raises BadSettings where none is named."""
    address = to or settings.backup_to
    if not address:
        raise BadSettings("Say where backups go: --to DIR, --to s3://BUCKET/PREFIX, or ALTPRESS_BACKUP_TO.")
    return open_place(address, endpoint=settings.backup_s3_endpoint)


def _list(place: Place, keys: Sequence[str], as_json: bool) -> None:
    """Raises NotFound where there is none: a misspelt place looks like that."""
    rows = list_backups(place, keys)
    if not rows:
        raise none_there(place)
    if as_json:
        found = [listed_json(listed) for listed in rows]
        click.echo(json.dumps({"place": place.show(), "backups": found}, indent=2))
        return
    for line in render_listed(rows, time.time()):
        click.echo(line)
