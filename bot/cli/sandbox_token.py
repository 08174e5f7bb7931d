"""`altpress sandbox token`: what a job of GitHub Actions gets when it asks who it is."""

from pathlib import Path

import click

from bot.cli.sandbox_session import build_examples, data_option, open_sandbox, repository_argument


@click.command(
    epilog=build_examples(
        "TOKEN=$(altpress sandbox token acme/app --audience acme/source --ref refs/tags/v1.0)",
        'curl -X POST -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8080/hooks/ready',
    )
)
@repository_argument
@click.option("--audience", metavar="A", help="Whom it is for: the site's repository. Else GitHub's default.")
@click.option("--ref", metavar="REF", help="What the job runs on, such as refs/tags/v1.0; else the branch.")
@click.option("--event", metavar="E", help="What started it; else push.")
@data_option
@click.pass_obj
def token(data: Path, *, repository: str, audience: str | None, ref: str | None, event: str | None) -> None:
    """Print the token that a job of this repository's workflow would get; it holds for five minutes."""
    with open_sandbox(data) as client:
        click.echo(client.issue_token(repository, audience=audience, ref=ref, event=event))
