"""`altpress rebuild-state`: an empty or damaged database, filled again from the sites and their locks."""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import click

from bot.cli.options import data_option, json_option
from bot.cli.output import Answer
from bot.cli.stores import open_stores
from config.log import Mask

REFILL = "jobs.refill"  # by its dotted name, as all of `jobs` is called from here


@click.command(cls=Answer, short_help="fill an empty database again, from the sites and their locks")
@click.argument("sites", nargs=-1, metavar="[OWNER/REPO[@BRANCH] …]")
@click.option(
    "--replace",
    is_flag=True,
    help="What the locks do not tell of a site is forgotten; else only what is missing is added.",
)
@json_option
@data_option
@click.pass_context
def command(
    ctx: click.Context, *, sites: tuple[str, ...], replace: bool, as_json: bool, data: Path | None
) -> None:
    """Read catalog, lock and history of each site, and fill MongoDB with what they tell.

    Without SITES it looks where the sweep does: at the App's installations, or at ALTPRESS_SITES. Nothing is
    committed or said, no file of a release is opened; workers may run meanwhile, and doing it again changes
    nothing. The ledger of deliveries stays as it is: git does not tell it. Exit status 1 when a site could
    not be filled.
    """
    with open_stores(data) as opened:
        found = importlib.import_module(REFILL).refill(opened.context, sites, replace=replace, say=_say)
    summary: dict[str, Any] = found.as_json()
    if as_json:
        click.echo(json.dumps(summary, indent=2, ensure_ascii=False))
    else:
        click.echo(f"{len(summary['sites'])} site(s); requests to GitHub: {summary['requests']['api']}")
    if not summary["ok"]:
        ctx.exit(1)


def _say(line: str) -> None:
    """Progress, as it is made; foreign text cannot steer the terminal."""
    shown = "".join(c if c.isprintable() else "\ufffd" for c in Mask(())(line))
    click.echo(shown, file=sys.stderr)
