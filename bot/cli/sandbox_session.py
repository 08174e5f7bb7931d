"""What every `altpress sandbox …` has in common: finding the sandbox, telling what the bot was told."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
import requests

from bot.sandbox.client import SandboxClient, SandboxError
from config.settings import load_settings

Command = TypeVar("Command", bound=Callable[..., Any])


def _remember(context: click.Context, _: click.Parameter, value: Path | None) -> None:
    """`--data` may stand before or after the sub-command; the last one holds."""
    context.obj = value or context.obj or load_settings().data_dir


data_option = click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", expose_value=False,
    callback=_remember, help="The data directory of `altpress up`; else ALTPRESS_DATA_DIR, else .altpress.",
)  # fmt: skip
repository_argument = click.argument("repository", metavar="OWNER/REPO")
as_option = click.option("--as", "user", metavar="USER", help="Who does it; else one who may.")
tag_option = click.option("--tag", required=True, metavar="T", help="The release's tag, such as v1.2.0.")
json_option = click.option("--json", "as_json", is_flag=True, help="For programs.")
existing_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@contextmanager
def open_sandbox(data: Path) -> Iterator[SandboxClient]:
    """The running sandbox; a refusal is one sentence and exit status 1."""
    try:
        with SandboxClient.find(data) as client:
            yield client
    except SandboxError as error:
        raise click.ClickException(error.public) from None
    except requests.RequestException as error:
        raise click.ClickException(f"the sandbox broke off: {type(error).__name__}") from None


def build_examples(*lines: str) -> str:
    """The end of a help text, whose lines click leaves as they are (that is what the backspace is for)."""
    return "\b\n" + "\n".join(("Examples:", *(f"  {line}" for line in lines)))


def build_actor(user: str | None) -> dict[str, Any]:
    """The field of a request that says who acts."""
    return {"as": user} if user else {}


def tell_deliveries(client: SandboxClient, guids: Sequence[str]) -> None:
    """The deliveries that a command caused, with the bot's answers as far as they have come."""
    if not guids:
        click.echo("no webhook was sent: the bot is not installed there, or does not listen to this")
        return
    answered = {row["guid"]: row for row in client.wait(guids)}
    for guid in guids:
        if guid in answered:
            tell_delivery(answered[guid])
        else:
            click.echo(f"{guid}  no answer yet")


def tell_delivery(row: dict[str, Any]) -> None:
    """One line: GUID, event, what the bot answered, when."""
    event = f"{row['event']}.{row['action']}" if row["action"] else row["event"]
    again = " (redelivered)" if row["redelivery"] else ""
    click.echo(
        f"{row['guid']}  {event:<23} {row['status_code']} {row['status']}  {row['delivered_at']}{again}"
    )
