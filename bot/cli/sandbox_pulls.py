"""`altpress sandbox protect`, `pulls`, `merge` and `close`: a site whose branch takes pull requests only."""

import json
from pathlib import Path

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

SHOWN = ("number", "state", "merged", "title", "html_url", "mergeable", "merge_commit_sha", "body")


@click.command(
    epilog=build_examples(
        "altpress sandbox protect acme/source            the bot proposes from now on",
        "altpress sandbox protect acme/source --off      and commits again",
    )
)
@repository_argument
@click.option("--branch", metavar="B", help="Else the default branch.")
@click.option("--reviews", type=click.IntRange(0, 6), default=0, help="Approvals that a merge needs; else 0.")
@click.option("--enforce-admins", is_flag=True, help="Administrators, too, must open a pull request.")
@click.option("--off", is_flag=True, help="Lift the protection.")
@data_option
@click.pass_obj
def protect(  # one option each
    data: Path, *, repository: str, branch: str | None, reviews: int, enforce_admins: bool, off: bool
) -> None:
    """Protect a branch: what is not an administrator's push needs a pull request."""
    with open_sandbox(data) as client:
        done = client.protect(repository, branch, off=off, reviews=reviews, enforce_admins=enforce_admins)
    said = "is protected: changes need a pull request" if done["protected"] else "is open again"
    click.echo(f"{repository} {done['branch']} {said}")


@click.command(epilog=build_examples("altpress sandbox pulls acme/source --json | jq -r '.[0].body'"))
@repository_argument
@click.option("--state", type=click.Choice(["open", "closed", "all"]), default="all", help="Else all.")
@json_option
@data_option
@click.pass_obj
def pulls(data: Path, *, repository: str, state: str, as_json: bool) -> None:
    """The pull requests of a repository, newest first."""
    with open_sandbox(data) as client:
        found = client.pulls(repository, state)
    if as_json:
        rows = [{key: pull[key] for key in SHOWN} | _branches(pull) for pull in found]
        click.echo(json.dumps(rows, indent=2))
        return
    for pull in found:
        state = "merged" if pull["merged"] else pull["state"]
        click.echo(f"#{pull['number']:<4}{state:<8}{pull['title']}  {pull['html_url']}")


@click.command(
    epilog=build_examples(
        "altpress sandbox merge acme/source 2 --as maintainer",
        "altpress sandbox merge acme/source 2 --as maintainer --method squash --delete-branch",
    )
)
@repository_argument
@click.argument("number", type=int)
@as_option
@click.option(
    "--method", type=click.Choice(["merge", "squash", "rebase"]), default="merge", help="Else merge."
)
@click.option("--delete-branch", is_flag=True, help="And delete the branch that was merged.")
@data_option
@click.pass_obj
def merge(  # one option each
    data: Path, *, repository: str, number: int, user: str | None, method: str, delete_branch: bool
) -> None:
    """Merge a pull request."""
    with open_sandbox(data) as client:
        done = client.merge(
            repository, number, method=method, delete_branch=delete_branch, **build_actor(user)
        )
        click.echo(f"{done['sha'][:12]} {done['url']}")
        tell_deliveries(client, done["guids"])


@click.command()
@repository_argument
@click.argument("number", type=int)
@as_option
@click.option("--reopen", is_flag=True, help="Open it again instead.")
@data_option
@click.pass_obj
def close(data: Path, *, repository: str, number: int, user: str | None, reopen: bool) -> None:
    """Close a pull request without merging it."""
    with open_sandbox(data) as client:
        done = client.edit_pull(repository, number, state="open" if reopen else "closed", **build_actor(user))
        click.echo(done["url"])
        tell_deliveries(client, done["guids"])


def _branches(pull: dict[str, dict[str, str]]) -> dict[str, str]:
    return {"head": pull["head"]["ref"], "base": pull["base"]["ref"], "head_sha": pull["head"]["sha"]}
