"""`altpress sandbox issues`: what stands in a repository's issues."""

import json
from pathlib import Path

import click

from bot.cli.sandbox_session import (
    build_examples,
    data_option,
    json_option,
    open_sandbox,
    repository_argument,
)

SHOWN = ("number", "state", "title", "html_url", "comments", "body")


@click.command(
    epilog=build_examples(
        "altpress sandbox issues acme/source                      what altpress says is wrong",
        "altpress sandbox issues acme/source --json | jq -r '.[0].body'",
    )
)
@repository_argument
@click.option("--state", type=click.Choice(["open", "closed", "all"]), default="all", help="Else all.")
@json_option
@data_option
@click.pass_obj
def issues(data: Path, *, repository: str, state: str, as_json: bool) -> None:
    """The issues of a repository, newest first."""
    with open_sandbox(data) as client:
        found = client.issues(repository, state)
    if as_json:
        rows = [{key: issue[key] for key in SHOWN} | {"user": issue["user"]["login"]} for issue in found]
        click.echo(json.dumps(rows, indent=2))
        return
    for issue in found:
        click.echo(f"#{issue['number']:<4}{issue['state']:<8}{issue['title']}  {issue['html_url']}")
