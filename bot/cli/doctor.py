"""`altpress doctor`: is everything set up right, and what to do where it is not."""

import contextlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path

import click

from bot import __version__
from bot.cli.doctor_github import look_at_github
from bot.cli.doctor_look import bounded
from bot.cli.doctor_machine import (
    ROLES,
    look_at_files,
    look_at_issuer,
    look_at_room,
    look_at_settings,
    look_at_versions,
    look_at_web,
)
from bot.cli.doctor_public import look_at_public
from bot.cli.doctor_stores import look_at_stores
from bot.cli.options import data_option, json_option
from bot.cli.output import Answer
from bot.cli.sandbox_settings import load_beside
from bot.context import Context, make_github, open_context
from bot.errors import BadSettings
from bot.setup.findings import Finding, Level, error, worst
from config.log import Mask
from config.secret_values import list_secrets
from config.settings import Settings

_MARKS = {
    Level.OK: ("ok     ", "green"),
    Level.WARNING: ("warning", "yellow"),
    Level.ERROR: ("error  ", "red"),
}


@click.command(cls=Answer, short_help="what is set up right, what is not, and what to do")
@json_option
@click.option("--site", metavar="OWNER/REPO[@BRANCH]", help="On GitHub, look at this site alone.")
@click.option("--role", type=click.Choice(ROLES), help="Look at what this process needs: it has no more.")
@data_option
@click.pass_context
def command(
    ctx: click.Context, *, as_json: bool, site: str | None, role: str | None, data: Path | None
) -> None:
    """Look at settings, stores, processes, GitHub, rights, sites, webhooks and the clock.

    Each finding is a line, with what to do where it is not well. Nothing is changed, and no secret is shown.
    Beside a running `altpress up --sandbox` it looks at the sandbox. What hangs is given up. In the container
    of one process, say of which (`--role`): there are no others' secrets.

    Exit status 0: no error (there may be warnings). 1: an error. 2: it could not look at all.
    """
    findings: list[Finding] = []
    shown = _Shown(as_json=as_json)
    for finding in examine(data, site, role, shown):
        findings.append(finding)
        shown.tell(finding)
    level = worst(findings)
    if as_json:
        rows = [{name: shown.mask(text) for name, text in asdict(f).items()} for f in findings]
        document = {"ok": level is not Level.ERROR, "version": __version__, "findings": rows}
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        count = {kind: sum(f.level is kind for f in findings) for kind in Level}
        click.echo(f"\n{count[Level.ERROR]} error(s), {count[Level.WARNING]} warning(s)")
    if level is Level.ERROR:
        ctx.exit(1)


class _Shown:
    """How findings are shown: as they come; secrets and control characters never."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._masked: Callable[[str], str] = Mask(())

    def hide(self, settings: Settings) -> None:
        """From now on, no line shows one of these secrets, whoever put it there."""
        self._masked = Mask(list_secrets(settings))

    def mask(self, text: str | None) -> str | None:
        if text is None:
            return None
        return "".join(c if c.isprintable() else "\ufffd" for c in self._masked(text))

    def tell(self, finding: Finding) -> None:
        if self._as_json:
            return
        word, colour = _MARKS[finding.level]
        click.echo(f"{click.style(word, fg=colour)} {self.mask(f'{finding.subject}: {finding.message}')}")
        if finding.fix:
            click.echo(f"          → {self.mask(finding.fix)}")

    def waits(self, subject: str) -> None:
        """Somebody at a terminal is told what takes so long."""
        if sys.stderr.isatty():
            click.echo(click.style(f"        … {self.mask(subject)}", dim=True), err=True)


def examine(data: Path | None, site: str | None, role: str | None, shown: _Shown) -> Iterator[Finding]:
    """All findings, as they are found; those of one process's concern where it has a `role`."""
    yield from look_at_versions()
    try:
        settings = load_beside(data)
    except BadSettings as problem:
        yield from _bad_settings(problem)
        return
    shown.hide(settings)
    yield from look_at_settings(settings, role)
    yield from look_at_files(settings.data_dir)
    yield from look_at_room(settings.data_dir)
    look = partial(bounded, waits=shown.waits)
    with open_context(settings) as context:
        yield from look_at_stores(context, look)
        signed_in = bool(settings.github_token or settings.github_app_id)
        if role in (None, "web"):
            yield from look("web", "web", lambda: look_at_web(*_address(settings)))
        yield from look("public", "public address", lambda: look_at_public(settings.public_url))
        if signed_in and role != "web":
            yield from look("github", "GitHub", lambda: _look_at_github(settings, site))
        if role == "web" or (signed_in and role is None):
            yield from look("ci", "CI jobs", lambda: look_at_issuer(settings))


def _look_at_github(settings: Settings, site: str | None) -> Iterator[Finding]:
    """Without the store's cache of answers: it may be what does not answer."""
    with contextlib.closing(make_github(settings)) as github:
        yield from look_at_github(Context(settings, github=github), site)


def _bad_settings(problem: BadSettings) -> Iterator[Finding]:
    """One finding for each setting that is wrong."""
    for sentence in re.split(r"; (?=ALTPRESS_)", problem.public):
        fix = "correct it (see .env.example), then run this again"
        yield error("settings.values", "settings", sentence, fix)


def _address(settings: Settings) -> tuple[str, int]:
    """Where the web process listens: what a running `up` noted, else what the settings say."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - read
    try:
        note = json.loads((settings.data_dir / "up.json").read_text(encoding="utf-8"))
        return host, int(note["port"])
    except (OSError, ValueError, KeyError, TypeError):
        return host, settings.port
