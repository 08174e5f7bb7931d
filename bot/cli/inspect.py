"""`altpress inspect`: what is inside an IPA, of a file or an address."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from bot.cli.inspect_json import render_error, render_info, render_permissions
from bot.cli.inspect_source import open_source
from bot.cli.inspect_text import render_text, shown
from bot.cli.output import Answer, Console, tell_error
from bot.errors import BotError, NotFound
from bot.github.body import Transfer
from bot.github.ranges import RemoteFile
from bot.ipa import hash_file, read_ipa
from bot.ipa.model import IpaInfo

_LARGE = 32 << 20  # bytes from which on a progress bar is shown
_WIDTH = 120  # columns where the output is no terminal


@click.command(cls=Answer, short_help="what is inside an IPA: file or URL")
@click.argument("source", metavar="FILE|URL")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.option("--hash", "with_hash", is_flag=True, help="Read everything and give the SHA-256.")
@click.option("--icon", "icon_path", type=click.Path(path_type=Path), metavar="OUT.png",
              help="Save the icon as a PNG that browsers show.")  # fmt: skip
@click.option("--permissions", is_flag=True,
              help="End with what a source must declare, as JSON to paste into the app.")  # fmt: skip
@click.pass_context
def command(
    ctx: click.Context, source: str, *, as_json: bool, with_hash: bool, icon_path: Path | None,
    permissions: bool,
) -> None:  # fmt: skip
    """Show what an IPA says about itself, and what a source must declare about it.

    FILE is judged by its contents, whatever its name; `-` reads standard input. Of a URL (https, any host)
    only the parts needed are fetched: mostly a few hundred kilobytes, of however large a file.

    \b
    Examples:
      altpress inspect App.ipa
      altpress inspect https://github.com/OWNER/REPO/releases/download/v1.0/App.ipa
      altpress inspect App.ipa --json --hash | jq .entitlements
      altpress inspect App.ipa --icon icon.png
      altpress inspect App.ipa --permissions
      curl -L https://example.com/App.ipa | altpress inspect -

    \b
    Exit status:
      0  the IPA was read (problems in it are shown, and change nothing)
      1  the IPA was read, but the icon asked for could not be saved
      2  it could not be read, or is no IPA; with --json, "error" says why
    """  # noqa: D301 -- click's mark for lines that stay as they are is this character, not its escape
    if as_json and permissions:
        raise click.UsageError("--permissions is for people: --json has the same under its own keys.")
    try:
        with open_source(source) as (file, size), _progress(size, whole=with_hash, quiet=as_json) as advance:
            sha256 = hash_file(file, size, advance) if with_hash else None
            info = read_ipa(file, size=size, sha256=sha256)
            transfer = file.transfer if isinstance(file, RemoteFile) else None
    except BotError as error:
        ctx.exit(_fail(error, as_json=as_json))
    except OSError as error:
        ctx.exit(_fail(_unread(error), as_json=as_json))
    if as_json:
        click.echo(json.dumps(render_info(info, transfer), indent=2))
    else:
        _show(info, transfer, permissions=permissions)
    ctx.exit(0 if icon_path is None else _save_icon(info, icon_path))


def _unread(error: OSError) -> NotFound:
    return NotFound(f"The file cannot be read: {error.strerror}.", code="unreadable_file")


def _show(info: IpaInfo, transfer: Transfer | None, *, permissions: bool) -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # names in letters that the terminal does not know
    console = Console()
    console = console if console.is_terminal else Console(width=_WIDTH)
    console.print(render_text(info, transfer))
    if permissions:
        click.echo(f"\n{render_permissions(info)}")


@contextmanager
def _progress(size: int, *, whole: bool, quiet: bool) -> Iterator[Callable[[int], object]]:
    """To be told the bytes of each step; shows on stderr how a large file is read, on terminals only."""
    console = Console(stderr=True)
    if quiet or size < _LARGE or not console.is_terminal:
        yield lambda _: None
    elif not whole:  # nobody knows before how much of it must be read
        with console.status(f"reading the parts needed of {size:,} bytes"):
            yield lambda _: None
    else:
        columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("reading", total=size)
            yield lambda step: progress.advance(task, step)


def _save_icon(info: IpaInfo, path: Path) -> int:
    """The exit status; what came of it goes to stderr, where it mixes with no JSON."""
    where = shown(str(path)).plain
    if info.icon is None:
        click.echo(f"altpress: {where} was not written: the app has no icon that can be read.", err=True)
        return 1
    try:
        path.write_bytes(info.icon.png)
    except OSError as error:
        click.echo(f"altpress: {where} could not be written: {error.strerror}.", err=True)
        return 1
    click.echo(f"altpress: wrote {where} ({info.icon.width} x {info.icon.height} pixels).", err=True)
    return 0


def _fail(error: BotError, *, as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps(render_error(error), indent=2))
    else:
        tell_error(error.public)
    return 2
