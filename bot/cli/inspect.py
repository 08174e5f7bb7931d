"""`altpress inspect`: what is inside an IPA, of a file or an address."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from bot.errors import BotError, NotFound
from bot.github.ranges import RemoteFile, open_url
from bot.github.wire import AnyHost
from bot.ipa import hash_file, read_ipa
from bot.ipa.directory import SeekableFile
from bot.ipa.model import IpaInfo, Severity

_MAX_BYTES = 4 << 30  # as much as a release's asset may have, twice
_LARGE = 32 << 20  # from here on, a progress bar is shown
_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


@click.command(short_help="what is inside an IPA: file or URL")
@click.argument("source", metavar="FILE|URL")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.option("--hash", "with_hash", is_flag=True, help="Read everything and give the SHA-256.")
@click.option(
    "--icon", "icon_path", type=click.Path(dir_okay=False, path_type=Path), help="Save the icon as PNG."
)
@click.pass_context
def command(
    ctx: click.Context, source: str, *, as_json: bool, with_hash: bool, icon_path: Path | None
) -> None:
    """Show what an IPA says about itself, and what a source must declare about it.

    SOURCE is a file or an https address, of which only the parts needed are fetched. It is judged by its
    contents, whatever its name. Exit status 2 when it is no IPA.
    """
    try:
        with _open(source) as (file, size):
            sha256 = _hash(file, size, quiet=as_json) if with_hash else None
            info = read_ipa(file, size=size, sha256=sha256)
            shown = render_info(info, file if isinstance(file, RemoteFile) else None)
    except BotError as error:
        _fail(ctx, error, as_json=as_json)
    _save_icon(info, icon_path)
    if as_json:
        click.echo(json.dumps(shown, indent=2))
    else:
        Console().print(render_table(info, shown.get("transfer")))


def render_info(info: IpaInfo, remote: RemoteFile | None = None) -> dict[str, Any]:
    """The JSON form, ready for `json.dumps`; `remote` adds what the transfer has cost."""
    icon = info.icon
    shown: dict[str, Any] = {
        "ok": True,
        "bundle_identifier": info.bundle_identifier,
        "name": info.name,
        "version": info.version,
        "build_version": info.build_version,
        "min_os_version": info.min_os_version,
        "device_families": list(info.device_families),
        "size": info.size,
        "sha256": info.sha256,
        "architectures": list(info.architectures),
        "signed": info.signed,
        "encrypted": info.encrypted,
        "entitlements": list(info.entitlements),
        "privacy": dict(info.privacy),
        "entitlements_wider": list(info.entitlements_wider),
        "privacy_wider": dict(info.privacy_wider),
        "bundles": [_plain(asdict(bundle)) for bundle in info.bundles],
        "icon": {"path": icon.path, "width": icon.width, "height": icon.height} if icon else None,
        "problems": [asdict(problem) for problem in info.problems],
    }
    if remote is not None:
        shown["transfer"] = {"requests": remote.transfer.requests, "bytes": remote.transfer.bytes}
    return shown


def render_table(info: IpaInfo, transfer: dict[str, int] | None = None) -> Table:
    """The form for people; whatever comes out of the file is plain text, without control characters."""
    table = Table(title=_shown(f"{info.name} {info.version}"), show_header=False, title_justify="left")
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, values in _rows(info, transfer):
        if values:
            table.add_row(name, Text("\n").join(values))
    for problem in info.problems:
        table.add_row(Text(problem.severity, style=_COLOURS[problem.severity]), _shown(problem.message))
    return table


def _rows(info: IpaInfo, transfer: dict[str, int] | None) -> Iterator[tuple[str, list[Text]]]:
    families = {1: "iPhone", 2: "iPad", 3: "Apple TV", 4: "Apple Watch", 7: "Vision"}
    signed = {True: "yes", False: "no", None: "no executable"}[info.signed]
    yield "bundle identifier", [_shown(info.bundle_identifier)]
    yield "version", [_shown(f"{info.version} (build {info.build_version})")]
    yield "needs", [_shown(f"iOS {info.min_os_version}")] if info.min_os_version else []
    yield "devices", [_shown(families.get(number, str(number))) for number in info.device_families]
    yield "size", [Text(f"{info.size:,} bytes")]
    yield "SHA-256", [Text(info.sha256)] if info.sha256 else []
    yield "architectures", [Text(", ".join(info.architectures))] if info.architectures else []
    yield "signed", [Text(signed + (", encrypted" if info.encrypted else ""))]
    yield "entitlements", [_shown(name) for name in info.entitlements]
    wider = [_shown(name) for name in info.entitlements_wider if name not in info.entitlements]
    yield "… wider", wider
    yield "privacy", [_shown(f"{key}: {text}") for key, text in info.privacy.items()]
    yield "… wider", [_shown(key) for key in info.privacy_wider if key not in info.privacy]
    yield "bundles inside", [_shown(f"{bundle.kind}  {bundle.path}") for bundle in info.bundles[1:]]
    yield "icon", [_shown(f"{info.icon.path} ({info.icon.width} x {info.icon.height})")] if info.icon else []
    yield (
        "fetched",
        [Text(f"{transfer['bytes']:,} bytes in {transfer['requests']} requests")] if transfer else [],
    )


def _shown(text: str) -> Text:
    """Text from a file, fit for a terminal."""
    return Text("".join(letter if letter.isprintable() else "\ufffd" for letter in text[:500]))


def _plain(value: Any) -> Any:
    """What JSON has no word for (bytes, dates, endless numbers) as text."""
    match value:
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case bytes():
            return value.hex()
        case float() if value - value != 0:  # not a number, or infinite
            return str(value)
        case str() | int() | float() | None:
            return value
    return str(value)


@contextmanager
def _open(source: str) -> Iterator[tuple[SeekableFile, int]]:
    """The open file and its size; raises BotError."""
    if source.startswith(("https://", "http://")):
        with open_url(source, hosts=AnyHost(), max_bytes=_MAX_BYTES) as remote:
            yield remote, remote.size
        return
    try:
        with Path(source).open("rb") as file:
            yield file, file.seek(0, 2)
    except OSError as error:
        raise NotFound(f"The file cannot be read: {error.strerror}.", code="unreadable_file") from None


def _hash(file: SeekableFile, size: int, *, quiet: bool) -> str:
    console = Console(stderr=True)
    if quiet or size < _LARGE or not console.is_terminal:
        return hash_file(file, size)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("reading", total=size)
        return hash_file(file, size, lambda step: progress.advance(task, step))


def _save_icon(info: IpaInfo, path: Path | None) -> None:
    if path is None:
        return
    if info.icon is None:
        click.echo("altpress: the app has no icon that can be saved.", err=True)
        return
    try:
        path.write_bytes(info.icon.png)
    except OSError as error:
        raise click.FileError(str(path), error.strerror) from None


def _fail(ctx: click.Context, error: BotError, *, as_json: bool) -> None:
    if as_json:
        click.echo(
            json.dumps({"ok": False, "error": {"code": error.code, "message": error.public}}, indent=2)
        )
    else:
        sys.stderr.write(f"altpress: {error.public}\n")
    ctx.exit(2)
