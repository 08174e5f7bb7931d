"""`altpress sandbox release` and what can be done to a release afterwards."""

from contextlib import suppress
from pathlib import Path

import click
from requests import RequestException

from bot.cli.sandbox_session import (
    as_option,
    build_actor,
    build_examples,
    data_option,
    existing_file,
    open_sandbox,
    repository_argument,
    tag_option,
    tell_deliveries,
)
from bot.sandbox.client import SandboxError
from bot.sandbox.make_ipa import make_ipa


@click.command(
    epilog=build_examples(
        'altpress sandbox release acme/app --tag v1.1 --notes "Dark mode"',
        "altpress sandbox release acme/app --tag v2.0-beta1 --prerelease --ipa Acme.ipa",
        "altpress sandbox release acme/app --tag v1.2 --late-assets 20",
    )
)
@repository_argument
@tag_option
@click.option(
    "--ipa", "ipas", type=existing_file, multiple=True, metavar="FILE", help="An asset; may be repeated."
)
@click.option("--prerelease", is_flag=True, help="Not for everybody yet.")
@click.option("--name", metavar="TEXT", help="The title; else the tag.")
@click.option("--notes", metavar="TEXT", help="What is new, in Markdown.")
@click.option(
    "--late-assets", type=click.FloatRange(min=0), metavar="SECONDS",
    help="The files become whole so long after the release is out, without any event, as with a slow CI.",
)  # fmt: skip
@as_option
@data_option
@click.pass_obj
def release(
    data: Path, *, repository: str, tag: str, ipas: tuple[Path, ...], prerelease: bool, name: str | None,
    notes: str | None, late_assets: float | None, user: str | None,
) -> None:  # fmt: skip
    """Publish a release, and tell the bot.

    Without --ipa a small signed one is made: bundle ID com.acme.app, version the tag without its v.
    """
    with open_sandbox(data) as client:
        draft = client.draft(
            repository, tag=tag, name=name or tag, notes=notes, prerelease=prerelease, **build_actor(user)
        )
        try:
            for path in ipas:
                client.upload(draft["id"], path.name, path)
            if not ipas:
                version = tag.removeprefix("v")
                made = make_ipa(bundle_identifier="com.acme.app", name="Acme", version=version)
                client.upload(draft["id"], f"Acme-{version.replace('/', '-')}.ipa", made)
            done = client.publish(draft["id"], late_assets)
        except BaseException:
            with suppress(SandboxError, RequestException):  # what went wrong first is worth telling
                client.delete(repository, tag, **build_actor(user))
            raise
        click.echo(done["url"])
        tell_deliveries(client, [*draft["guids"], *done["guids"]])


@click.command(
    "edit-release",
    epilog=build_examples(
        'altpress sandbox edit-release acme/app --tag v1.1 --notes "Dark mode, and a fix"',
        "altpress sandbox edit-release acme/app --tag v2.0-beta1 --no-prerelease",
        "altpress sandbox edit-release acme/app --tag v1.1 --draft",
    ),
)
@repository_argument
@tag_option
@click.option("--name", metavar="TEXT", help="A new title.")
@click.option("--notes", metavar="TEXT", help="New notes, in Markdown.")
@click.option("--new-tag", metavar="T", help="Another tag.")
@click.option("--prerelease/--no-prerelease", default=None, help="Not for everybody yet, or is.")
@click.option("--draft/--no-draft", default=None, help="Take it back, or publish it again.")
@as_option
@data_option
@click.pass_obj
def edit_release(
    data: Path, *, repository: str, tag: str, name: str | None, notes: str | None, new_tag: str | None,
    prerelease: bool | None, draft: bool | None, user: str | None,
) -> None:  # fmt: skip
    """Change a release's title, notes, tag, prerelease mark, or unpublish it."""
    with open_sandbox(data) as client:
        done = client.edit(
            repository,
            tag,
            name=name,
            notes=notes,
            new_tag=new_tag,
            prerelease=prerelease,
            draft=draft,
            **build_actor(user),
        )
        click.echo(done["url"])
        tell_deliveries(client, done["guids"])


@click.command(
    "delete-release",
    epilog=build_examples(
        "altpress sandbox delete-release acme/app --tag v1.1",
    ),
)
@repository_argument
@tag_option
@as_option
@data_option
@click.pass_obj
def delete_release(data: Path, *, repository: str, tag: str, user: str | None) -> None:
    """Delete a release and its assets; the tag stays."""
    with open_sandbox(data) as client:
        done = client.delete(repository, tag, **build_actor(user))
        click.echo(f"deleted {tag} of {repository}")
        tell_deliveries(client, done["guids"])


@click.command(
    "replace-asset",
    epilog=build_examples(
        "altpress sandbox replace-asset acme/app --tag v1.1 --ipa Fixed.ipa",
    ),
)
@repository_argument
@tag_option
@click.option("--ipa", type=existing_file, required=True, metavar="FILE", help="The new bytes.")
@click.option("--name", metavar="NAME", help="Which asset; else the one named as FILE, or the only one.")
@data_option
@click.pass_obj
def replace_asset(data: Path, *, repository: str, tag: str, ipa: Path, name: str | None) -> None:
    """Put other bytes under an asset's name. No event tells of it, as on GitHub."""
    with open_sandbox(data) as client:
        found = client.release(repository, tag)
        names = [asset["name"] for asset in found["assets"]]
        chosen = name or (ipa.name if ipa.name in names or len(names) != 1 else names[0])
        if chosen not in names:
            raise click.ClickException(f"{tag} has no asset {chosen!r}, but {', '.join(names) or 'none'}")
        done = client.upload(found["id"], chosen, ipa)
        click.echo(f"{chosen}: {done['size']:,} bytes, {done['digest']}")


@click.command(
    "add-asset",
    epilog=build_examples(
        "altpress sandbox add-asset acme/app --tag v1.1 --ipa Acme-Pro.ipa",
    ),
)
@repository_argument
@tag_option
@click.option("--ipa", type=existing_file, required=True, metavar="FILE", help="What is uploaded.")
@click.option("--name", metavar="NAME", help="Its name there; else the file's.")
@data_option
@click.pass_obj
def add_asset(data: Path, *, repository: str, tag: str, ipa: Path, name: str | None) -> None:
    """Upload one more asset. No event tells of it, as on GitHub."""
    with open_sandbox(data) as client:
        done = client.upload(client.release(repository, tag)["id"], name or ipa.name, ipa)
        click.echo(f"{name or ipa.name}: {done['size']:,} bytes, {done['digest']}")


@click.command(
    "delete-asset",
    epilog=build_examples(
        "altpress sandbox delete-asset acme/app --tag v1.1 --name Acme-1.1.ipa",
    ),
)
@repository_argument
@tag_option
@click.option("--name", required=True, metavar="NAME", help="Which asset.")
@data_option
@click.pass_obj
def delete_asset(data: Path, *, repository: str, tag: str, name: str) -> None:
    """Take an asset away. No event tells of it, as on GitHub."""
    with open_sandbox(data) as client:
        client.delete_asset(client.release(repository, tag)["id"], name)
        click.echo(f"deleted {name} of {tag}")
