"""`altpress sandbox create` and `faults`: more repositories, and a GitHub on its worst day."""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from bot.cli.sandbox_session import (
    build_examples,
    data_option,
    json_option,
    open_sandbox,
    repository_argument,
    tell_deliveries,
)

README = b"# Made by `altpress sandbox create`\n"
_share = click.FloatRange(0, 0.9)


@click.command(
    epilog=build_examples(
        "altpress sandbox create acme/second",
        "altpress sandbox create acme/site --file altpress.yml=my-catalog.yml",
    )
)
@repository_argument
@click.option("--file", "files", multiple=True, metavar="PATH=FILE", help="What it holds; may be repeated.")
@click.option("--description", metavar="TEXT", help="What it says of itself.")
@click.option("--private", is_flag=True, help="Seen by its collaborators and the bot alone.")
@data_option
@click.pass_obj
def create(
    data: Path, *, repository: str, files: Sequence[str], description: str | None, private: bool
) -> None:
    """Make one more repository, where the bot is installed; with a catalog it is a site.

    The maintainer administers it, the developer may write.
    """
    contents = dict(_read(item) for item in files) or {"README.md": README}
    with open_sandbox(data) as client:
        done = client.create(repository, contents, description=description, private=private)
        click.echo(done["full_name"])
        tell_deliveries(client, done["guids"])


@click.command(
    epilog=build_examples(
        "altpress sandbox faults --calls 0.1 --dropped 0.1 --doubled 0.1",
        "altpress sandbox faults --off",
    )
)
@click.option("--calls", type=_share, metavar="SHARE", help="Of the bot's calls: 500, 502, 403, 422, resets.")
@click.option("--dropped", type=_share, metavar="SHARE", help="Of the deliveries: never sent.")
@click.option(
    "--vanished", type=click.FloatRange(0, 1), metavar="SHARE", help="Of the deliveries: not even logged."
)
@click.option("--doubled", type=_share, metavar="SHARE", help="Of the deliveries: sent twice.")
@click.option("--late", type=_share, metavar="SHARE", help="Of the deliveries: sent late, out of order.")
@click.option("--late-seconds", type=click.FloatRange(0, 60), metavar="S", help="How late at most; else 3.")
@click.option("--seed", type=int, metavar="N", help="Makes the choices repeatable.")
@click.option("--off", is_flag=True, help="Nothing goes wrong any more.")
@json_option
@data_option
@click.pass_obj
def faults(data: Path, /, *, off: bool, as_json: bool, seed: int | None, **shares: float | None) -> None:
    """Let GitHub have a bad day: shares of calls and deliveries that go wrong. Without options: tell them.

    A share is between 0 and 0.9; what is not named is 0.
    """
    given = {name: share for name, share in shares.items() if share is not None}
    with open_sandbox(data) as client:
        found = client.set_faults(seed, **given) if given or off else client.faults()
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    done = found.pop("done")
    click.echo("  ".join(f"{name} {share:g}" for name, share in found.items()))
    click.echo(
        "done so far: " + (", ".join(f"{n} {count}" for n, count in sorted(done.items())) or "nothing")
    )


def _read(item: str) -> tuple[str, bytes]:
    path, equals, file = item.partition("=")
    if not path or not equals or not file:
        raise click.BadParameter(f"{item!r} is not PATH=FILE", param_hint="--file")
    try:
        return path, Path(file).read_bytes()
    except OSError as error:
        raise click.BadParameter(f"{file}: {error.strerror}", param_hint="--file") from None
