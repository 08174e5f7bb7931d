"""`altpress init`: the first catalog, from the releases that are there."""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import click

from bot.cli.init_hooks import apply_hooks, parse_hook_url
from bot.cli.init_reading import Reader, plan_all
from bot.cli.sandbox_settings import find_sandbox, names_credentials
from bot.context import Context, make_github
from bot.errors import BotError
from bot.github import GitHub
from bot.records import RepositoryFacts
from bot.setup.draft import draft_catalog
from bot.setup.plan import assign_ids
from config.settings import Settings, load_settings

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/[A-Za-z0-9._-]{1,100}\Z")
_WEB = re.compile(r"https://[^/\s]+/([^/\s]+/[^/\s?#]+?)(?:\.git)?(?:[/?#].*)?\Z")
LONGEST_TOKEN = 1000  # characters


@click.command(short_help="the first catalog, from published releases")
@click.argument("repositories", nargs=-1, required=True, metavar="OWNER/REPO…")
@click.option("--out", default="altpress.yml", show_default=True, help="Where it goes; `-` prints it.",
              type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))  # fmt: skip
@click.option("--name", help="The source's name; else the first repository's owner.")
@click.option("--site", metavar="OWNER/REPO", help="The repository that will host the source.")
@click.option("--hook", metavar="URL", help="Set the webhooks to this address of altpress.")
@click.option("--force", is_flag=True, help="Overwrite the file.")
@click.option("--github-token-stdin", is_flag=True, help="Read a token from standard input.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
              help="Use the sandbox that runs in this data directory (ALTPRESS_DATA_DIR).")  # fmt: skip
def command(
    *, repositories: tuple[str, ...], out: Path, name: str | None, site: str | None, hook: str | None,
    force: bool, github_token_stdin: bool, data: Path | None,
) -> None:  # fmt: skip
    """Write altpress.yml from the published releases of one or more app repositories.

    Reads each repository's releases, opens one IPA of each kind by ranges (a few per cent of it), and writes
    what it found, with comments on what it guessed. Public repositories need no token. Exit status 1 when
    nothing could be written; nothing is overwritten without --force.
    """
    names, site = tuple(map(parse_repository, repositories)), parse_repository(site) if site else None
    url = parse_hook_url(hook) if hook else None
    keep = str(out) != "-" and out.exists() and not force
    if keep and url is None:
        raise click.ClickException(f"{out} is there already: --force overwrites it, --out writes another.")
    settings = _load(data, site or names[0], sys.stdin.read(LONGEST_TOKEN) if github_token_stdin else None)
    with ExitStack() as stack:
        public = stack.enter_context(closing(GitHub.public(settings.github_api_url)))
        signed_in = bool(settings.github_token or settings.github_app_id)
        if url and signed_in:
            settings.require_webhook()
        github = stack.enter_context(closing(make_github(settings))) if signed_in else public
        reader = Reader(Context(settings, github=github), github, public, _say)
        found = _write(reader, names, out, name, keep=keep)
        host = _find_site(reader, site)
        if url:
            hosts = [host] if host else []
            secret = settings.webhook_secrets[0].get_secret_value() if signed_in else None
            apply_hooks(github, _each_once([*found, *hosts]), url, secret, _say)
    for line in _next_steps(out, site, host, hooked=url is not None, signed_in=signed_in):
        _say(line)


def _load(data: Path | None, site: str, token: str | None) -> Settings:
    """The installation's settings; those of a running sandbox; or those of the token that was handed in."""
    given: dict[str, Any] = {}
    beside = os.environ.get("ALTPRESS_DATA_DIR")
    if data is None and token is None and beside and not names_credentials():
        given = find_sandbox(Path(beside)) or {}
    if data is not None:
        found = find_sandbox(data)
        if found is None:
            raise click.ClickException(
                f"no sandbox is running in {data}: start it with `altpress up --sandbox`"
            )
        given = found
    if token is not None:
        if not token.strip():
            raise click.ClickException("there is no token on standard input")
        given |= {"github_token": token.strip(), "github_app_id": None, "github_app_private_key": None}
    if token is not None or ("sites" not in given and not os.environ.get("ALTPRESS_SITES")):
        given["sites"] = (site,)  # only a running bot needs to know them all
    return load_settings(**given)


def parse_repository(text: str) -> str:
    """`OWNER/REPO`, or the address of its page. Raises click.BadParameter."""
    web = _WEB.match(text.strip())
    name = web.group(1) if web else text.strip()
    if not _NAME.match(name):
        raise click.BadParameter(f"{text[:100]!r} is not OWNER/REPO, as on GitHub", param_hint="OWNER/REPO")
    return name


def _write(
    reader: Reader, names: tuple[str, ...], out: Path, name: str | None, *, keep: bool
) -> list[RepositoryFacts]:
    """Plan, then write; with `keep`, the file that is there stays. Raises click.ClickException."""
    found, plans, problems = plan_all(reader, tuple(dict.fromkeys(names)))
    if problems:
        raise click.ClickException("\n       ".join(problems))
    guess = found[0].owner_name or found[0].owner
    apps = assign_ids(plans)
    text = draft_catalog(name or guess, apps, guessed=None if name else "the owner's name")
    if keep:
        _say(f"{out} is there already and stays as it is (--force overwrites it)")
    elif str(out) == "-":
        click.echo(text, nl=False)
    else:
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as problem:
            raise click.FileError(str(out), problem.strerror) from None
        _say(f"wrote {out}: {len(apps)} app(s)")
    if more := len(plans) - len(apps):
        _say(f"  {more} more left out, whose bundle ID another has; a comment in the catalog names them")
    return found


def _find_site(reader: Reader, site: str | None) -> RepositoryFacts | None:
    """What is known of the hosting repository; one that cannot be read is told, and stops nothing."""
    if site is None:
        return None
    for github in (reader.github, reader.public):
        try:
            return github.fetch_repository(site)
        except BotError as problem:
            reason = problem.public
    _say(f"{site} could not be read: {reason}")
    return None


def _each_once(repositories: Sequence[RepositoryFacts]) -> list[RepositoryFacts]:
    return list({facts.id: facts for facts in repositories}.values())


def _next_steps(
    out: Path, site: str | None, host: RepositoryFacts | None, *, hooked: bool, signed_in: bool
) -> Iterator[str]:
    """What is left to do, in order."""
    where = f"{site} ({host.default_branch})" if site and host else site or "the repository of your source"
    draft = "what was printed" if str(out) == "-" else out
    steps = [f"read {draft}, and commit it to {where} as altpress.yml"]
    if not signed_in:
        steps.append("give altpress a GitHub App or a token (docs/setup.md)")
    if not hooked:
        steps.append("set the webhooks: the same command with --hook https://YOUR-HOST")
    steps += ["start it: `altpress up`", "see that all is well: `altpress doctor`"]
    yield "next:"
    yield from (f"  {number}. {step}" for number, step in enumerate(steps, start=1))


def _say(text: str) -> None:
    """To stderr, so that `--out -` can be piped; foreign names without control characters."""
    click.echo("".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text), err=True)
