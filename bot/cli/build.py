"""`altpress build`: a source from a catalog and a folder of IPAs, with no server and no network."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.catalog import Catalog, parse_catalog
from bot.catalog.parse import MAX_BYTES
from bot.cli.build_identifier import derive_identifier
from bot.cli.build_json import Outcome, render_failure, render_outcome
from bot.cli.build_out import load_outputs, save_files
from bot.cli.build_reading import Ipas, load_ipas, lone_sidecars, repository_id
from bot.cli.build_report import explain_bundles, explain_files, explain_gates, say, warn_guessed
from bot.cli.output import Answer, tell_error
from bot.errors import BadCatalog, NotAllowed
from bot.records import RepositoryFacts
from bot.source.gate import gate_outputs
from bot.source.select import NO_DECISIONS
from bot.source.site import SiteContext

_NOTHING = "Nothing was built: no IPA fits an app of the catalog."
_ANONYMOUS = "The source has no identifier: give the catalog an `identifier` or a `base-url`."
_MOST_CHANGES = 20  # of an output that --dry-run tells to people


@click.command(cls=Answer, short_help="a source from a catalog and a folder of IPAs")
@click.option(
    "--catalog", "catalog_file", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The catalog, such as altpress.yml; docs/catalog.md says what stands in it.",
)  # fmt: skip
@click.option(
    "--assets", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder with the IPAs; folders in it are searched, too.",
)  # fmt: skip
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path),
    help="Where the outputs and the icons go; made when it is not there.",
)  # fmt: skip
@click.option("--strict", is_flag=True, help="Exit status 1 when a file of the folder was left out, too.")
@click.option(
    "--dry-run", "dry", is_flag=True, help="Write nothing: say what would differ from what is there."
)
@click.option("--json", "as_json", is_flag=True, help="The report as one JSON object, for programs.")
@click.pass_context
def command(
    ctx: click.Context, *, catalog_file: Path, assets: Path, out: Path, strict: bool, dry: bool, as_json: bool
) -> None:
    """Build the catalog's outputs from the IPAs in a folder.

    A file `NAME.ipa.json` beside an IPA may give `tag`, `date`, `notes`, `url` and `prerelease`; without, the
    tag is guessed from the version, and the download address with it. With several apps, an IPA belongs to
    the one with its `bundle-id`, or lies in a folder named by the app's `id`. One line says what became of
    each file, and what makes clients crash or fail goes to standard error.

    \b
    Exit status:
      0  the outputs are written, whatever was left out (with --strict: and nothing was)
      1  the catalog is wrong, or nothing could be built (with --strict: or a file was left out)
      2  --out cannot be written, or the command was wrong
    With --dry-run they say the same of what would be written; whether that would change anything is "changed"
    in the report of --json, which docs/build.md explains.

    \b
    altpress build --catalog altpress.yml --assets ipas --out public
    altpress build --catalog altpress.yml --assets ipas --out public --dry-run --json | jq .changed
    cat ipas/Acme.ipa.json
      {"tag": "v1.2", "date": "2026-11-22", "notes": "Faster.",
       "url": "https://acme.example/Acme.ipa", "prerelease": false}
    """  # noqa: D301 -- click's mark for lines that stay as they are is this character, not its escape
    try:
        catalog = _load_catalog(catalog_file)
        outcome, status = _build(catalog, load_ipas(catalog, assets), assets, out, strict=strict, dry=dry)
        if not as_json:
            _tell_files(outcome)
        if not dry:
            save_files(outcome.files, out)
    except (BadCatalog, NotAllowed) as error:
        _fail(ctx, error, catalog_file, as_json=as_json)
        return
    if as_json:
        click.echo(json.dumps(render_outcome(outcome, ok=status == 0, now=datetime.now(UTC)), indent=2))
    else:
        _tell_outputs(outcome, out)
    ctx.exit(status)


def _build(
    catalog: Catalog, ipas: Ipas, assets: Path, out: Path, *, strict: bool, dry: bool
) -> tuple[Outcome, int]:
    """What is to be told and written, and the exit status if writing succeeds."""
    records = [seen.record for seen in ipas.seen if seen.record]
    gated = gate_outputs(_adapted(catalog), records, (), _site(catalog), NO_DECISIONS)
    fates = explain_files(catalog, ipas.seen, gated)
    files = load_outputs(gated, catalog, ipas.icons, out)
    notes = [*explain_bundles(catalog, gated), explain_gates(catalog), warn_guessed(fates), *_lone(assets)]
    if files.anonymous:
        notes.append(_ANONYMOUS)
    outcome = Outcome(fates, files, gated.problems, [note for note in notes if note], dry)
    left_out = not all(fate.used for fate in fates)
    return outcome, 1 if not files.written or (strict and left_out) else 0


def _adapted(catalog: Catalog) -> Catalog:
    """The catalog where no site is around.

    The addresses are already those of the template, or of a sidecar, which knows better.
    """
    apps = tuple(app.model_copy(update={"download_url": None}) for app in catalog.apps)
    identifier = catalog.identifier or (derive_identifier(catalog.base_url) if catalog.base_url else None)
    return catalog.model_copy(update={"apps": apps, "identifier": identifier})


def _load_catalog(path: Path) -> Catalog:
    """Raises BadCatalog."""
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    return parse_catalog(data.decode("utf-8", "replace"))


def _site(catalog: Catalog) -> SiteContext:
    """No site is around: the repositories' names say all that is known of them."""
    names = {app.repository: repository_id(app.repository) for app in catalog.apps}
    facts = {
        name.lower(): RepositoryFacts(
            id=number, full_name=name, owner=name.partition("/")[0], private=False, default_branch="",
            html_url=f"https://github.com/{name}",
        )
        for name, number in names.items()
    }  # fmt: skip
    return SiteContext(repository=None, branch="", base_url=catalog.base_url or "", app_repositories=facts)


def _lone(folder: Path) -> Iterator[str]:
    for name in lone_sidecars(folder):
        yield f"{name}: not read, for there is no {name.removesuffix('.json')} beside it."


# ---- telling ------------------------------------------------------------------------------------------


def _fail(ctx: click.Context, error: BadCatalog | NotAllowed, path: Path, *, as_json: bool) -> None:
    """All that is wrong with the catalog (status 1), or why nothing can be written (status 2)."""
    problems = [str(problem) for problem in error.problems] if isinstance(error, BadCatalog) else []
    if as_json:
        click.echo(json.dumps(render_failure(error, problems), indent=2))
    for problem in problems:
        say(f"{path}: {problem}", err=True)
    if isinstance(error, NotAllowed):
        tell_error(error.public)
    ctx.exit(1 if problems else 2)


def _tell_files(outcome: Outcome) -> None:
    """One line a file; what is wrong goes to stderr."""
    for fate in outcome.fates:
        say(str(fate), err=not fate.used)
        for message in fate.seen.grave if fate.used else ():
            say(f"{fate.seen.name}: warning: {message}", err=True)
    for line in (*map(str, outcome.problems), *outcome.notes):
        say(line, err=True)


def _tell_changes(sentences: Sequence[str], *, changed: bool) -> None:
    none = "its form alone would change" if changed else "unchanged"
    for sentence in sentences[:_MOST_CHANGES] or [none]:
        say(f"  {sentence}")
    if len(sentences) > _MOST_CHANGES:
        say(f"  … and {len(sentences) - _MOST_CHANGES} more")


def _tell_outputs(outcome: Outcome, out: Path) -> None:
    """One line an output, and one in the end."""
    written, outputs = outcome.files.written, outcome.files.outputs
    for made in written:
        say(f"{out / made.path}: {made.apps} app(s), {made.versions} version(s)")
        if outcome.dry:
            _tell_changes([change.sentence for change in made.changes], changed=made.changed)
    for made in outputs if written else ():
        if made.data is None:
            say(f"{out / made.path}: not written, for there is no version to list in it.", err=True)
    used, done = sum(fate.used for fate in outcome.fates), "would be written" if outcome.dry else "written"
    say(f"{used} of {len(outcome.fates)} files used; {len(written)} of {len(outputs)} outputs {done}.")
    if not written:
        say(_NOTHING, err=True)
