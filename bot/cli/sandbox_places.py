"""`altpress sandbox rename`, `suspend` and their like: what people do on GitHub's settings pages."""

from pathlib import Path

import click

from bot.cli.sandbox_session import (
    as_option,
    build_actor,
    build_examples,
    data_option,
    open_sandbox,
    repository_argument,
    tag_option,
    tell_deliveries,
)

account_argument = click.argument("account", metavar="ACCOUNT")


@click.command(epilog=build_examples("altpress sandbox rename acme/app better"))
@repository_argument
@click.argument("name", metavar="NAME")
@as_option
@data_option
@click.pass_obj
def rename(data: Path, *, repository: str, name: str, user: str | None) -> None:
    """Rename a repository; its old address leads to the new one."""
    _change(data, repository, user, name=name)


@click.command(epilog=build_examples("altpress sandbox transfer acme/app maintainer"))
@repository_argument
@click.argument("owner", metavar="OWNER")
@as_option
@data_option
@click.pass_obj
def transfer(data: Path, *, repository: str, owner: str, user: str | None) -> None:
    """Give a repository to another account; the bot follows only where it is installed."""
    _change(data, repository, user, owner=owner)


@click.command(
    epilog=build_examples(
        "altpress sandbox visibility acme/app private", "altpress sandbox visibility acme/app public"
    )
)
@repository_argument
@click.argument("to", type=click.Choice(["private", "public"]))
@as_option
@data_option
@click.pass_obj
def visibility(data: Path, *, repository: str, to: str, user: str | None) -> None:
    """Make a repository private or public."""
    _change(data, repository, user, private=to == "private")


@click.command("delete-repository", epilog=build_examples("altpress sandbox delete-repository acme/app"))
@repository_argument
@as_option
@data_option
@click.pass_obj
def delete_repository(data: Path, *, repository: str, user: str | None) -> None:
    """Delete a repository with all that it holds."""
    with open_sandbox(data) as client:
        done = client.delete_repository(repository, **build_actor(user))
        click.echo(f"deleted {repository}")
        tell_deliveries(client, done["guids"])


@click.command(
    "move-tag",
    epilog=build_examples("altpress sandbox move-tag acme/app --tag v1.1 --to main"),
)
@repository_argument
@tag_option
@click.option("--to", metavar="COMMIT", help="A branch or commit; else a new commit is made.")
@as_option
@data_option
@click.pass_obj
def move_tag(data: Path, *, repository: str, tag: str, to: str | None, user: str | None) -> None:
    """Put a tag on another commit, as `git push --force` does."""
    with open_sandbox(data) as client:
        done = client.move_tag(repository, tag, to=to, **build_actor(user))
        click.echo(f"{tag} is at {done['sha'][:12]}")
        tell_deliveries(client, done["guids"])


@click.command("delete-tag", epilog=build_examples("altpress sandbox delete-tag acme/app --tag v1.1"))
@repository_argument
@tag_option
@as_option
@data_option
@click.pass_obj
def delete_tag(data: Path, *, repository: str, tag: str, user: str | None) -> None:
    """Delete a tag; its release becomes a draft."""
    with open_sandbox(data) as client:
        done = client.delete_tag(repository, tag, **build_actor(user))
        click.echo(f"deleted {tag}")
        tell_deliveries(client, done["guids"])


@click.command(epilog=build_examples("altpress sandbox install maintainer"))
@account_argument
@data_option
@click.pass_obj
def install(data: Path, *, account: str) -> None:
    """Install the bot for an account and all of its repositories."""
    with open_sandbox(data) as client:
        done = client.install(account)
        click.echo(f"installed for {account}")
        tell_deliveries(client, done["guids"])


@click.command(epilog=build_examples("altpress sandbox uninstall acme"))
@account_argument
@data_option
@click.pass_obj
def uninstall(data: Path, *, account: str) -> None:
    """Remove the bot from an account."""
    with open_sandbox(data) as client:
        done = client.uninstall(account)
        click.echo(f"removed from {account}")
        tell_deliveries(client, done["guids"])


@click.command(epilog=build_examples("altpress sandbox suspend acme", "altpress sandbox suspend acme --off"))
@account_argument
@click.option("--off", is_flag=True, help="Let the bot in again.")
@data_option
@click.pass_obj
def suspend(data: Path, *, account: str, off: bool) -> None:
    """Suspend the bot's installation: it may do and hears nothing."""
    with open_sandbox(data) as client:
        done = client.change_installation(account, suspended=not off)
        click.echo(f"{'let in again' if off else 'suspended'} for {account}")
        tell_deliveries(client, done["guids"])


@click.command(
    epilog=build_examples(
        "altpress sandbox cover acme --remove acme/app", "altpress sandbox cover acme --add acme/app"
    )
)
@account_argument
@click.option("--add", multiple=True, metavar="OWNER/REPO", help="The bot may see it.")
@click.option("--remove", multiple=True, metavar="OWNER/REPO", help="The bot may see it no longer.")
@data_option
@click.pass_obj
def cover(data: Path, *, account: str, add: tuple[str, ...], remove: tuple[str, ...]) -> None:
    """Choose the repositories that the bot is installed for."""
    with open_sandbox(data) as client:
        done = client.change_installation(account, add=list(add), remove=list(remove))
        tell_deliveries(client, done["guids"])


def _change(data: Path, repository: str, user: str | None, **values: object) -> None:
    with open_sandbox(data) as client:
        done = client.change_repository(repository, **values, **build_actor(user))
        click.echo(done["full_name"])
        tell_deliveries(client, done["guids"])


COMMANDS = (
    rename, transfer, visibility, delete_repository, move_tag, delete_tag, install, uninstall, suspend, cover,
)  # fmt: skip
