"""`altpress lint`: a source as each client would judge it, and what can be repaired."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click
from rich.text import Text

from bot.cli.inspect_source import is_url
from bot.cli.lint_fix import diff_documents, save_document
from bot.cli.lint_reading import Input, load_document, load_ipa, load_package
from bot.cli.lint_report import SHOWN, render_changes, render_diff, render_report
from bot.cli.output import Answer, Console, plain, tell_error
from bot.clients import CLIENTS
from bot.errors import BotError
from bot.lint.annotations import defuse_line, render_annotation
from bot.lint.document import Unfixable
from bot.lint.findings import count_findings, group_problems, limit_findings
from bot.lint.fixes import Fixed, fix_source
from bot.lint.judge import PAL, Ipa, Judgement, Package, choose_clients, has_hash, judge_document
from bot.lint.positions import find_places

_SYSTEM = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){0,2}")
_EPILOG = """\b
Examples:
  altpress lint apps.json
  altpress lint apps.json --client all
  altpress lint https://example.com/apps.json --client sidestore --json
  altpress lint apps.json --ipa Acme-1.2.ipa     would it be installed?
  altpress lint apps.json --ipa Acme.ipa --device 16.7
  altpress lint pal.json --client altstore-pal --manifest manifest.json
  altpress lint apps.json --diff                 what --fix would do
  altpress lint apps.json --fix
  curl -s URL | altpress lint - --fix > apps.json
  altpress lint apps.json --format github        in a workflow

\b
Exit status:
  0  every named client takes the source (warnings do not count)
  1  a named client refuses it, or would refuse to install an --ipa
  2  nothing could be read, or the command was wrong
"""


@dataclass(frozen=True, slots=True)
class _Wishes:
    clients: tuple[str, ...]
    form: str
    everything: bool
    fix: bool
    dry: bool
    device: str | None


@dataclass(frozen=True, slots=True)
class _Files:
    ipas: Sequence[Ipa]
    packages: Sequence[Package]


@click.command(
    cls=Answer,
    short_help="what each client says about a source: file or URL; --fix repairs it",
    epilog=_EPILOG,
)
@click.argument("source", metavar="FILE|URL|-")
@click.option(
    "--client",
    "clients",
    multiple=True,
    metavar="NAME",
    default=("altstore",),
    show_default=True,
    type=click.Choice([*CLIENTS, "all"]),
    help=f"Whose verdict: {', '.join(CLIENTS)}, or all that the document is for. Repeatable.",
)
@click.option(
    "--ipa",
    "ipas",
    multiple=True,
    metavar="FILE|URL",
    help="Also say whether the clients would install this IPA from the source. Repeatable.",
)
@click.option(
    "--manifest",
    "manifests",
    multiple=True,
    metavar="FILE|URL",
    help="Also say whether AltStore PAL would install the package of this manifest.json. Repeatable.",
)
@click.option(
    "--device",
    metavar="iOS",
    help="With --ipa: install on this iOS, such as 16.7, instead of the newest.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="github: annotations on the file, by workflow commands.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--all", "everything", is_flag=True, help=f"Every problem, not {SHOWN} of a kind.")
@click.option(
    "--fix", is_flag=True, help="Repair what is safe, and write the file; of a URL or - print the document."
)
@click.option("--diff", "--dry-run", "dry", is_flag=True, help="Show what --fix would do, and do not do it.")
@click.pass_context
def command(
    ctx: click.Context, source: str, *, clients: tuple[str, ...], ipas: tuple[str, ...],
    manifests: tuple[str, ...], device: str | None, form: str, as_json: bool, everything: bool, fix: bool,
    dry: bool,
) -> None:  # fmt: skip
    """Say whether AltStore, SideStore, Feather and others take a source, as each of them reads it.

    Verdicts are for the newest iOS. Like AltStore, lint never looks at the status of an HTTP answer: an error
    page is a document, and no JSON (LiveContainer does look). Addresses are https, or on this machine.

    --fix repairs dates, colours, empty texts and nulls of optional keys, old lists of permissions, addresses
    that are not percent-encoded, sizes written as text, categories, repeated versions and the order of
    versions where the dates leave no doubt, and writes strict JSON in the canonical form. What it does not
    know stays; nothing that a client takes becomes something that it refuses.
    """
    wishes = _Wishes(clients, "json" if as_json else form, everything, fix and not dry, dry, device)
    try:
        _check_usage(source, ipas, manifests, wishes)
        given = load_document(source)
        if "all" in clients:
            wishes = replace(wishes, clients=choose_clients(given.data))
        if manifests and PAL not in wishes.clients:
            raise click.UsageError(f"--manifest is for --client {PAL}: no other installs packages.")
        with_hash = bool(ipas) and has_hash(given.data)
        files = _Files(
            [load_ipa(ipa, with_hash=with_hash) for ipa in ipas], [load_package(name) for name in manifests]
        )
        refused = _lint(given, files, wishes)
    except BotError as error:
        if wishes.form == "json":
            click.echo(json.dumps({"error": {"code": error.code, "message": error.public}}, indent=2))
        tell_error(error.public)
        ctx.exit(2)
    ctx.exit(1 if refused else 0)


def _check_usage(source: str, ipas: Sequence[str], manifests: Sequence[str], wishes: _Wishes) -> None:
    if wishes.device is not None and not (ipas and _SYSTEM.fullmatch(wishes.device)):
        raise click.UsageError("--device goes with --ipa, and is a version such as 16 or 16.7.10.")
    if [source, *ipas, *manifests].count("-") > 1:
        raise click.UsageError("Standard input can be read once only.")
    if source != "-" and not is_url(source):
        return
    if wishes.form == "github":
        raise click.UsageError("--format github is for files: annotations stand beside their lines.")
    if wishes.fix and wishes.form == "json":
        raise click.UsageError("--fix prints the document here, so that there is no place for --json.")


def _lint(given: Input, files: _Files, wishes: _Wishes) -> bool:
    """Repair, judge, tell; whether a client refuses what is there in the end."""
    fixed, reason = _fix(given.data) if wishes.fix or wishes.dry else (None, None)
    judged, status = given.data, given.status
    if fixed and wishes.fix:
        judged, status = fixed.data, None
        if given.path is None:
            click.echo(fixed.data, nl=False)
        elif fixed.data != given.data:
            save_document(given.path, fixed.data)
    now = datetime.now(UTC)
    judge = partial(judge_document, now=now, device=wishes.device, packages=files.packages)
    judgement = judge(judged, wishes.clients, files.ipas, status)
    if wishes.form == "json":
        _tell_json(judgement, fixed, reason)
        return judgement.refused
    prints = wishes.fix and given.path is None  # standard output is the document's
    _tell_fixes(given, fixed, reason, wishes, aside=prints or wishes.form == "github")
    _tell(given, judged, judgement, wishes, aside=prints)
    if wishes.dry and fixed:
        left = judge(fixed.data, wishes.clients, files.ipas).problems
        click.echo(f"After --fix: {count_findings(group_problems(left))}.", err=wishes.form == "github")
    return judgement.refused


def _fix(data: bytes) -> tuple[Fixed | None, str | None]:
    """The repaired document, or why there is none."""
    try:
        return fix_source(data), None
    except Unfixable as error:
        return None, str(error)


def _tell_json(judgement: Judgement, fixed: Fixed | None, reason: str | None) -> None:
    shown: dict[str, object] = {
        "verdicts": dict(judgement.verdicts),
        "problems": [problem.to_json() for problem in judgement.problems],
    }
    if fixed or reason:
        shown["fixes"] = [change.to_json() for change in fixed.changes] if fixed else []
    if reason:
        shown["unfixable"] = reason
    click.echo(json.dumps(shown, indent=2))


def _tell_fixes(
    given: Input, fixed: Fixed | None, reason: str | None, wishes: _Wishes, *, aside: bool
) -> None:
    if reason:
        _print([Text(plain(f"Nothing can be repaired. {reason}"))], wishes, aside=aside)
    if fixed is None:
        return
    _print(render_diff(diff_documents(given.data, fixed.data, given.name)), wishes, aside=aside)
    done = "would be repaired" if wishes.dry else "repaired"
    _print(render_changes(fixed.changes, done, everything=wishes.everything), wishes, aside=aside)
    if not fixed.changes:
        _print([Text("Nothing is to be repaired.")], wishes, aside=aside)


def _tell(given: Input, data: bytes, judgement: Judgement, wishes: _Wishes, *, aside: bool) -> None:
    findings = group_problems(judgement.problems)
    shown = findings if wishes.everything else limit_findings(findings, SHOWN)
    source = find_places(data, [finding.problem.place for finding in shown])
    if wishes.form == "text":
        _print(render_report(given.name, judgement, findings, shown, source), wishes, aside=aside)
        return
    for finding in shown:
        click.echo(render_annotation(finding, _relative(given.name), source))
    verdicts = ", ".join(f"{client}: {verdict}" for client, verdict in judgement.verdicts.items())
    click.echo(f"altpress lint: {verdicts}; {count_findings(findings)}.")


def _relative(name: str) -> str:
    """As annotations want it: from the working directory, which a step starts in."""
    path = Path(name)
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_absolute() and path.is_relative_to(here) else name


def _print(lines: Iterable[Text], wishes: _Wishes, *, aside: bool) -> None:
    console = Console(stderr=aside, highlight=False)
    for line in lines:
        shown = Text(defuse_line(line.plain)) if wishes.form == "github" else line
        console.print(shown, soft_wrap=True)
