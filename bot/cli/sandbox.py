"""`altpress sandbox …`: be the people of a running sandbox."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from bot.cli import (
    sandbox_checks,
    sandbox_issues,
    sandbox_places,
    sandbox_pulls,
    sandbox_releases,
    sandbox_token,
    sandbox_world,
)
from bot.cli.sandbox_session import (
    as_option,
    build_actor,
    build_examples,
    data_option,
    json_option,
    open_sandbox,
    repository_argument,
    tell_deliveries,
    tell_delivery,
)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=build_examples(
        "altpress sandbox release acme/app --tag v1.0          publish a made IPA",
        "altpress sandbox comment acme/source 1 --as maintainer /rebuild",
        "altpress sandbox deliveries                           what the bot was told",
    ),
)
@data_option
def command() -> None:
    """A small GitHub of your own: publish, comment, push, redeliver.

    Start it with `altpress up --sandbox`. It holds the site acme/source, the app acme/app, an issue 1 in
    each, and the users maintainer (admin), developer (write on acme/app) and visitor (no rights).
    """


@command.command(
    epilog=build_examples(
        "git clone $(altpress sandbox info --json | jq -r '.repositories[\"acme/source\"].clone_url')",
    )
)
@json_option
@data_option
@click.pass_obj
def info(data: Path, *, as_json: bool) -> None:
    """Where everything is: addresses, repositories, how to clone them."""
    with open_sandbox(data) as client:
        found = client.info()
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for name in ("api_url", "webhook_url", "dashboard_url"):
        click.echo(f"{name.removesuffix('_url'):<12}{found[name]}")
    for name, repository in found["repositories"].items():
        click.echo(f"{name:<12}{repository['clone_url']} ({repository['default_branch']})")


for _command in (
    sandbox_releases.release,
    sandbox_releases.edit_release,
    sandbox_releases.delete_release,
    sandbox_releases.replace_asset,
    sandbox_releases.add_asset,
    sandbox_releases.delete_asset,
    *sandbox_places.COMMANDS,
    sandbox_world.create,
    sandbox_world.faults,
    sandbox_token.token,
    sandbox_issues.issues,
    sandbox_pulls.protect,
    sandbox_pulls.pulls,
    sandbox_pulls.merge,
    sandbox_pulls.close,
    *sandbox_checks.COMMANDS,
):
    command.add_command(_command)


@command.command(
    epilog=build_examples(
        "altpress sandbox comment acme/source 1 --as maintainer /rebuild",
        'altpress sandbox comment acme/source 1 --as visitor "/rebuild app"',
    )
)
@repository_argument
@click.argument("number", type=int)
@click.argument("text", nargs=-1, required=True)
@click.option("--as", "user", required=True, metavar="USER", help="maintainer, developer or visitor.")
@data_option
@click.pass_obj
def comment(data: Path, *, repository: str, number: int, text: Sequence[str], user: str) -> None:
    """Comment on an issue: the way to talk to the bot."""
    with open_sandbox(data) as client:
        done = client.comment(repository, number, " ".join(text), **build_actor(user))
        click.echo(done["url"])
        tell_deliveries(client, done["guids"])


@command.command(
    epilog=build_examples(
        'altpress sandbox push acme/source altpress.yml=new.yml --message "Rename the app"',
    )
)
@repository_argument
@click.argument("files", nargs=-1, required=True, metavar="PATH=FILE…")
@click.option("--message", "-m", metavar="T", help="What the commit says.")
@click.option("--branch", metavar="B", help="Else the default branch.")
@as_option
@data_option
@click.pass_obj
def push(
    data: Path,
    *,
    repository: str,
    files: Sequence[str],
    message: str | None,
    branch: str | None,
    user: str | None,
) -> None:
    """Commit and push files: PATH in the repository, FILE here; `-` is stdin, an empty FILE removes PATH."""
    contents = dict(_read(item) for item in files)
    with open_sandbox(data) as client:
        done = client.push(repository, contents, message=message, branch=branch, **build_actor(user))
        click.echo(f"{done['sha'][:12]} {done['url']}")
        tell_deliveries(client, done["guids"])


@command.command(
    epilog=build_examples(
        "altpress sandbox redeliver $(altpress sandbox deliveries --json | jq -r '.[0].guid')",
    )
)
@click.argument("guid")
@data_option
@click.pass_obj
def redeliver(data: Path, *, guid: str) -> None:
    """Send a delivery again, under the same GUID, as GitHub's "Redeliver" does."""
    with open_sandbox(data) as client:
        tell_delivery(client.redeliver(guid))


@command.command()
@json_option
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="At most so many; else 20, or all with --json."
)
@data_option
@click.pass_obj
def deliveries(data: Path, *, as_json: bool, limit: int | None) -> None:
    """What the bot was told, newest first, and the status that it answered with."""
    with open_sandbox(data) as client:
        rows = client.deliveries(limit or (None if as_json else 20))
    if not as_json:
        for row in rows:
            tell_delivery(row)
        return
    keys = ("guid", "event", "action", "status_code", "delivered_at")
    click.echo(json.dumps([{key: row[key] for key in keys} for row in rows], indent=2))


def _read(item: str) -> tuple[str, bytes | None]:
    """`PATH=FILE` as what is to be committed."""
    path, equals, file = item.partition("=")
    if not path or not equals:
        raise click.BadParameter(f"{item!r} is not PATH=FILE", param_hint="PATH=FILE")
    try:
        return path, None if not file else sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise click.BadParameter(f"{file}: {error.strerror}", param_hint="PATH=FILE") from None
