"""`altpress deliveries`: every webhook that was accepted, what came of it, and doing it again."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import click
from rich.console import RenderableType

from bot.cli.deliveries_reading import find_waits, full_guid, look_up
from bot.cli.deliveries_text import (
    as_json,
    delivery_json,
    parse_since,
    render_delivery,
    render_list,
)
from bot.cli.output import AnswerGroup, Console
from bot.cli.store_names import naming_stores
from bot.context import Context
from bot.embedded.urls import mongo_socket
from bot.errors import BadSettings
from bot.records import Delivery, DeliveryState
from bot.store.walk import walk_newest
from config.settings import load_settings

MOST_LOOKED_AT = 50_000  # rows, when a filter fits few
WIDE = 1_000  # columns off a terminal, where lines are for grep
MOST_REPLAYED = 1_000  # with --failed


def _remember(ctx: click.Context, parameter: click.Parameter, value: Path | None) -> None:
    """The option stands before a sub-command or behind it."""
    del parameter
    if value is not None:
        ctx.obj = value


data_option = click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", expose_value=False,
    callback=_remember, help="Data directory of `altpress up`; else ALTPRESS_DATA_DIR, else .altpress.",
)  # fmt: skip


@click.group("deliveries", cls=AnswerGroup)
@data_option
def command() -> None:
    """The ledger: each webhook from its arrival to its outcome.

    Reads MongoDB as the running altpress does: the embedded one of the data directory, or ALTPRESS_MONGO_URL.
    """


def _since(ctx: click.Context, parameter: click.Parameter, value: str | None) -> int:
    del ctx, parameter
    if value is None:
        return 0
    try:
        return parse_since(value, time.time_ns() // 1_000_000)
    except (ValueError, OverflowError):
        raise click.BadParameter("give 90m, 2h, 3d, or a date such as 2026-11-22T18:00") from None


since_option = click.option(
    "--since", "since_ms", callback=_since, metavar="WHEN", help="Not older than 90m, 2h, 3d, or a date."
)
json_option = click.option("--json", "to_json", is_flag=True, help="For programs.")


@command.command("list")
@click.option("--state", type=click.Choice([state.value for state in DeliveryState]), help="Only these.")
@click.option("--repository", metavar="OWNER/NAME", help="Only those of this repository.")
@click.option("--event", metavar="NAME", help="Only this event: release, push, …, or release.published.")
@since_option
@click.option("--limit", type=click.IntRange(1, 10_000), default=30, show_default=True)
@json_option
@data_option
@click.pass_obj
def show_list(
    data: Path | None, *, state: str | None, repository: str | None, event: str | None, since_ms: int,
    limit: int, to_json: bool,
) -> None:  # fmt: skip
    """The newest first, with what came of each."""
    wanted = DeliveryState(state) if state else None
    with _opened(data) as context:
        everyone = _newest(context, wanted, since_ms)
        found = list(islice((one for one in everyone if _fits(one, repository, event)), limit))
        waits = {} if to_json else find_waits(context, found)
        now_ms = context.now_ms()
    if to_json:
        click.echo(json.dumps([delivery_json(one) for one in found], indent=2, ensure_ascii=False))
    elif found:
        _print(render_list(found, now_ms, waits, width=_columns()))
    else:
        click.echo("No delivery fits.")


@command.command("show")
@click.argument("guid")
@json_option
@click.option("--no-payload", is_flag=True, help="Without what GitHub sent.")
@data_option
@click.pass_obj
def show_one(data: Path | None, *, guid: str, to_json: bool, no_payload: bool) -> None:
    """Everything about one: states and times, work, commits, headers, payload.

    GUID may be its first letters, six at least.
    """
    with _opened(data) as context:
        shown, now_ms = look_up(context, full_guid(context, guid.lower())), context.now_ms()
    if to_json:
        hidden = {"payload"} if no_payload else set()
        rows = {name: value for name, value in as_json(shown).items() if name not in hidden}
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        _print(render_delivery(shown, now_ms, payload=not no_payload))


@command.command("replay")
@click.argument("guids", nargs=-1, metavar="[GUID …]")
@click.option("--failed", is_flag=True, help=f"All that failed (at most {MOST_REPLAYED}).")
@since_option
@data_option
@click.pass_context
def replay(ctx: click.Context, *, guids: tuple[str, ...], failed: bool, since_ms: int) -> None:
    """Do the work of deliveries again, from the beginning; what is published already changes nothing.

    A GUID may be its first letters, six at least. Exit status 1 when one of them cannot be.
    """
    if bool(guids) == failed:
        raise click.UsageError("Give GUIDs, or --failed.")
    with _opened(ctx.obj) as context:
        chosen = list(dict.fromkeys(full_guid(context, guid.lower()) for guid in guids))
        if failed:
            everyone = _newest(context, DeliveryState.FAILED, since_ms)
            chosen = [one.guid for one in islice(everyone, MOST_REPLAYED)]
        refused = [guid for guid in chosen if not _replay(context, guid)]
    click.echo(f"{len(chosen) - len(refused)} of {len(chosen)} start again.")
    if refused:
        ctx.exit(1)


@contextmanager
def _opened(data: Path | None) -> Iterator[Context]:
    """Raises BadSettings where nothing runs, Unavailable when the store does not answer."""
    given: dict[str, Any] = {"data_dir": data} if data else {}
    settings = load_settings(**given)
    if settings.mongo_url is None and not mongo_socket(settings.data_dir).exists():
        raise BadSettings(
            f"No altpress runs in {settings.data_dir}: start it (`altpress up`), name its directory with "
            "--data, or set ALTPRESS_MONGO_URL."
        )
    context = Context(settings)
    try:
        with naming_stores(settings):
            yield context
    finally:
        context.close()


def _newest(context: Context, state: DeliveryState | None, since_ms: int) -> Iterator[Delivery]:
    return islice(walk_newest(context.store.deliveries, state, since_ms), MOST_LOOKED_AT)


def _fits(delivery: Delivery, repository: str | None, event: str | None) -> bool:
    if repository is not None and (delivery.repository or "").lower() != repository.lower():
        return False
    return event is None or event in {delivery.event, f"{delivery.event}.{delivery.action}"}


def _replay(context: Context, guid: str) -> bool:
    if context.store.deliveries.replay(guid):
        click.echo(f"{guid} starts again.")
        return True
    delivery = context.store.deliveries.find(guid)
    why = (
        "is not in the ledger" if delivery is None
        else "waits to be routed already" if delivery.state is DeliveryState.PENDING
        else "has no payload any more: ask GitHub to send it again"
    )  # fmt: skip
    click.echo(f"{guid[:60]} {why}.", err=True)
    return False


def _print(content: RenderableType) -> None:
    """On a terminal in its width; off it each row is one line."""
    console = _console()
    if console.is_terminal:
        console.print(content)
        return
    with console.capture() as captured:
        console.print(content)
    for line in captured.get().splitlines():
        click.echo(line.rstrip())


def _columns() -> int | None:
    console = _console()
    return console.width if console.is_terminal else None


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDE)
