"""`altpress build`: a source from a catalog and a folder of IPAs, with no server and no network."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import click

from bot.catalog import Catalog, match_asset, parse_catalog
from bot.catalog.parse import MAX_BYTES
from bot.cli.build_files import Found, is_guessed, make_record
from bot.cli.build_identifier import derive_identifier
from bot.cli.build_out import save_outputs
from bot.cli.build_report import Seen, explain_bundles, explain_files, explain_gates, say, warn_guessed
from bot.cli.build_sidecar import BadSidecar, Sidecar, parse_sidecar
from bot.cli.output import Answer, tell_error
from bot.errors import BadCatalog, BadIpa, NotAllowed
from bot.ipa import hash_file
from bot.ipa.model import Severity
from bot.ipa.wrapped import Wanted, read_asset
from bot.records import InnerIpa, RepositoryFacts
from bot.source import facts_from_ipa
from bot.source.gate import Gated, gate_outputs
from bot.source.select import NO_DECISIONS
from bot.source.site import SiteContext

_MAX_FILES = 10_000
_MOST_LONE = 20
_MAX_SIDECAR = 1024 * 1024
_MAX_IPA = 4 * 1024**3  # bytes; the setting MAX_IPA_BYTES, which has no part in this, begins there too


@dataclass(frozen=True)
class _Ipas:
    """What the folder holds."""

    seen: tuple[Seen, ...]
    icons: dict[str, bytes]  # by `IconFile.path`


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
@click.pass_context
def command(ctx: click.Context, *, catalog_file: Path, assets: Path, out: Path, strict: bool) -> None:
    """Build the catalog's outputs from the IPAs in a folder.

    A file `NAME.ipa.json` beside an IPA may give `tag`, `date`, `notes`, `url` and `prerelease`; without, the
    tag is guessed from the version, and the download address with it. With several apps, an IPA belongs to
    the one with its `bundle-id`, or lies in a folder named by the app's `id`. One line says what became of
    each file, and what makes clients crash or fail goes to standard error.

    \b
    Exit status:
      0  the outputs are written, whatever was left out (with --strict: and nothing was)
      1  the catalog is wrong, or nothing could be built
      2  --out cannot be written, or the command was wrong

    \b
    altpress build --catalog altpress.yml --assets ipas --out public
    cat ipas/Acme.ipa.json
      {"tag": "v1.2", "date": "2026-11-22", "notes": "Faster.",
       "url": "https://acme.example/Acme.ipa", "prerelease": false}
    """  # noqa: D301 -- click's mark for lines that stay as they are is this character, not its escape
    catalog = _load_catalog(ctx, catalog_file)
    ipas = _load_ipas(catalog, assets)
    records = [seen.record for seen in ipas.seen if seen.record]
    gated = gate_outputs(_adapted(catalog), records, (), _site(catalog), NO_DECISIONS)
    used = _tell_files(catalog, ipas, gated)
    for name in _lone_sidecars(assets):
        say(f"{name}: not read, for there is no {name.removesuffix('.json')} beside it.", err=True)
    try:
        written = save_outputs(gated, catalog, ipas.icons, out)
    except NotAllowed as error:
        tell_error(error.public)
        ctx.exit(2)
    click.echo(f"{used} of {len(ipas.seen)} files used; {written} of {len(catalog.outputs)} outputs written.")
    if not written:
        say("Nothing was built: no IPA fits an app of the catalog.", err=True)
        ctx.exit(1)
    if strict and used < len(ipas.seen):
        ctx.exit(1)


def _adapted(catalog: Catalog) -> Catalog:
    """The catalog where no site is around.

    The addresses are already those of the template, or of a sidecar, which knows better.
    """
    apps = tuple(app.model_copy(update={"download_url": None}) for app in catalog.apps)
    identifier = catalog.identifier or (derive_identifier(catalog.base_url) if catalog.base_url else None)
    return catalog.model_copy(update={"apps": apps, "identifier": identifier})


def _load_catalog(ctx: click.Context, path: Path) -> Catalog:
    """Tells all that is wrong with it, and ends the command with status 1."""
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    try:
        return parse_catalog(data.decode("utf-8", "replace"))
    except BadCatalog as error:
        for problem in error.problems:
            say(f"{path}: {problem}", err=True)
        ctx.exit(1)


def _site(catalog: Catalog) -> SiteContext:
    """No site is around: the repositories' names say all that is known of them."""
    names = {app.repository: _repository_id(app.repository) for app in catalog.apps}
    facts = {
        name.lower(): RepositoryFacts(
            id=number, full_name=name, owner=name.partition("/")[0], private=False, default_branch="",
            html_url=f"https://github.com/{name}",
        )
        for name, number in names.items()
    }  # fmt: skip
    return SiteContext(repository=None, branch="", base_url=catalog.base_url or "", app_repositories=facts)


def _repository_id(full_name: str) -> int:
    """A number that is the same for the same repository; GitHub's own is not known here."""
    return int.from_bytes(hashlib.sha256(full_name.lower().encode()).digest()[:6])


# ---- reading ------------------------------------------------------------------------------------------


def _load_ipas(catalog: Catalog, folder: Path) -> _Ipas:
    """Every file of the folder: what it became, or why it cannot be used."""
    seen: list[Seen] = []
    icons: dict[str, bytes] = {}
    for number, path in enumerate(_files(folder), start=1):
        name = str(path.relative_to(folder))
        try:
            found, png, grave = _load_ipa(catalog, path, folder)
            record = make_record(catalog, found, repository_id=_repository_id, asset_id=number)
        except (BadIpa, BadSidecar) as error:
            seen.append(Seen(name, reason=error.public if isinstance(error, BadIpa) else str(error)))
        except OSError as error:
            seen.append(Seen(name, reason=f"it cannot be read: {error.strerror}."))
        else:
            seen.append(Seen(name, record, guessed=is_guessed(catalog, found, record), grave=grave))
            icons |= png
    return _Ipas(tuple(seen), icons)


def _files(folder: Path) -> Iterator[Path]:
    """The folder's files and those of its folders, by name; what is hidden and the sidecars are left out."""
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".json")
    shown = [p for p in paths if not any(part.startswith(".") for part in p.relative_to(folder).parts)]
    if len(shown) > _MAX_FILES:
        raise click.ClickException(f"{folder} holds more than {_MAX_FILES:,} files.")
    yield from shown


def _load_ipa(catalog: Catalog, path: Path, folder: Path) -> tuple[Found, dict[str, bytes], tuple[str, ...]]:
    """The file's facts, its icon by the path that it will have, and what clients fail on.

    Raises BadIpa, BadSidecar and OSError.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        sha256 = hash_file(file, size)
        contents = read_asset(
            file, size=size, sha256=sha256, wanted=_wanted(catalog, path.name), spool=TemporaryFile
        )
    info = contents.info
    facts = facts_from_ipa(info)
    icons = {facts.icon.path: info.icon.png} if facts.icon and info.icon else {}
    if catalog.base_url is None:  # nobody could load it
        facts = facts.model_copy(update={"icon": None})
    parents, mtime = path.relative_to(folder).parts[:-1], int(path.stat().st_mtime)
    inner = InnerIpa(name=contents.inner, size=info.size, sha256=info.sha256) if contents.inner else None
    grave = tuple(problem.message for problem in info.problems if problem.severity is Severity.ERROR)
    return Found(path.name, parents, size, sha256, mtime, facts, _load_sidecar(path), inner), icons, grave


def _wanted(catalog: Catalog, name: str) -> Wanted:
    """What the apps that may take a file of this name ask for; hashes cost nothing here."""
    wrapped = any(app.wrapped and match_asset(app, name) for app in catalog.apps)
    return Wanted(_MAX_IPA, wrapped=wrapped, hashes=True)


def _load_sidecar(path: Path) -> Sidecar:
    sidecar = path.with_name(path.name + ".json")
    if not sidecar.is_file():
        return Sidecar()
    with sidecar.open("rb") as file:
        return parse_sidecar(file.read(_MAX_SIDECAR))


def _lone_sidecars(folder: Path) -> list[str]:
    """Files that were meant to say something about an IPA, such as `Acme.json` for `Acme.ipa`."""
    paths = sorted(path for path in folder.rglob("*.json") if path.is_file())
    lone = [path for path in paths if not path.with_suffix("").is_file()]
    shown = [str(path.relative_to(folder)) for path in lone]
    return [name for name in shown if not any(part.startswith(".") for part in Path(name).parts)][:_MOST_LONE]


# ---- telling ------------------------------------------------------------------------------------------


def _tell_files(catalog: Catalog, ipas: _Ipas, gated: Gated) -> int:
    """One line a file; what is wrong goes to stderr. How many are used."""
    fates = explain_files(catalog, ipas.seen, gated)
    for fate in fates:
        say(str(fate), err=not fate.used)
        for message in fate.seen.grave if fate.used else ():
            say(f"{fate.seen.name}: warning: {message}", err=True)
    told = [*map(str, gated.problems), *explain_bundles(catalog, gated), explain_gates(catalog)]
    told.append(warn_guessed(fates))
    for line in filter(None, told):
        say(line, err=True)
    return sum(fate.used for fate in fates)
