"""`altpress sandbox fork`, `open-pull`, `checks` and `rerun`: somebody proposes a change of the catalog."""

import json
from pathlib import Path
from typing import Any

import click

from bot.cli.sandbox_session import (
    as_option,
    build_actor,
    build_examples,
    data_option,
    json_option,
    open_sandbox,
    repository_argument,
    tell_deliveries,
)


@click.command(
    epilog=build_examples(
        "altpress sandbox fork acme/source --as visitor",
        "altpress sandbox push visitor/source altpress.yml=new.yml --branch mine --as visitor",
        "altpress sandbox open-pull acme/source visitor:mine --as visitor",
    )
)
@repository_argument
@as_option
@data_option
@click.pass_obj
def fork(data: Path, *, repository: str, user: str | None) -> None:
    """Make a user's own copy of a repository; the bot is not installed there."""
    with open_sandbox(data) as client:
        done = client.fork(repository, **build_actor(user))
    click.echo(f"{done['full_name']} {done['clone_url']}")


@click.command(
    "open-pull",
    epilog=build_examples(
        "altpress sandbox push acme/source altpress.yml=new.yml --branch mine",
        'altpress sandbox open-pull acme/source mine --title "Rename the app"',
    ),
)
@repository_argument
@click.argument("head", metavar="[USER:]BRANCH")
@click.option("--base", metavar="B", help="The branch that it is to go into; else the default one.")
@click.option("--title", metavar="T", help="Else the branch's name.")
@click.option("--body", metavar="TEXT", help="What it says.")
@as_option
@data_option
@click.pass_obj
def open_pull(  # one option each
    data: Path, *, repository: str, head: str, base: str | None, title: str | None, body: str | None,
    user: str | None,
) -> None:  # fmt: skip
    """Open a pull request from a branch, or from that of a user's fork; a push to the branch updates it."""
    with open_sandbox(data) as client:
        done = client.open_pull(repository, head, base=base, title=title, body=body, **build_actor(user))
        click.echo(f"#{done['number']} {done['url']}")
        tell_deliveries(client, done["guids"])


@click.command(epilog=build_examples("altpress sandbox checks acme/source 2"))
@repository_argument
@click.argument("ref", metavar="NUMBER|REF")
@json_option
@data_option
@click.pass_obj
def checks(data: Path, *, repository: str, ref: str, as_json: bool) -> None:
    """What was said about a pull request's head, or another commit: check runs, statuses, annotations."""
    with open_sandbox(data) as client:
        found = client.checks(repository, f"#{ref}" if ref.isdigit() else ref)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for run in found["check_runs"]:
        _tell(run["id"], run["name"], run["conclusion"] or run["status"], run["output"]["title"])
        for note in run["annotations"]:
            click.echo(
                f"    {note['path']}:{note['start_line']}: {note['annotation_level']}: {note['message']}"
            )
    for status in found["statuses"]:
        _tell("status", status["context"], status["state"], status["description"])


@click.command(epilog=build_examples("altpress sandbox rerun acme/source 2"))
@repository_argument
@click.argument("number", type=int)
@click.option("--all", "whole", is_flag=True, help='As "Re-run all checks" does: one event for all of them.')
@as_option
@data_option
@click.pass_obj
def rerun(data: Path, *, repository: str, number: int, whole: bool, user: str | None) -> None:
    """Ask the bot to check a pull request once more, as the button "Re-run" does."""
    with open_sandbox(data) as client:
        runs = client.checks(repository, f"#{number}")["check_runs"]
        if not runs:
            raise click.ClickException(f"#{number} of {repository} has no check run")
        for run in runs[:1] if whole else runs:
            done = client.rerun(repository, run["id"], all=whole, **build_actor(user))
            tell_deliveries(client, done["guids"])


def _tell(*words: Any) -> None:
    first, name, state, text = words
    click.echo(f"{first!s:<12}{name}  {state}  {text or ''}".rstrip())


COMMANDS = (fork, open_pull, checks, rerun)
