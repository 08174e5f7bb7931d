"""What `altpress build` reads: every file of the folder, and what lies beside it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import click

from bot.catalog import Catalog, match_asset
from bot.cli.build_files import Found, is_guessed, make_record
from bot.cli.build_report import Seen
from bot.cli.build_sidecar import BadSidecar, Sidecar, parse_sidecar
from bot.errors import BadIpa
from bot.ipa import hash_file
from bot.ipa.model import Severity
from bot.ipa.wrapped import Wanted, read_asset
from bot.records import InnerIpa
from bot.source import facts_from_ipa

_MAX_FILES = 10_000
_MOST_LONE = 20
_MAX_SIDECAR = 1024 * 1024
_MAX_IPA = 4 * 1024**3  # bytes; the setting MAX_IPA_BYTES, which has no part in this, begins there too


@dataclass(frozen=True)
class Ipas:
    """What the folder holds."""

    seen: tuple[Seen, ...]
    icons: dict[str, bytes]  # by `IconFile.path`


def repository_id(full_name: str) -> int:
    """A number that is the same for the same repository; GitHub's own is not known here."""
    return int.from_bytes(hashlib.sha256(full_name.lower().encode()).digest()[:6])


def load_ipas(catalog: Catalog, folder: Path) -> Ipas:
    """Every file of the folder: what it became, or why it cannot be used."""
    seen: list[Seen] = []
    icons: dict[str, bytes] = {}
    for number, path in enumerate(_files(folder), start=1):
        name = str(path.relative_to(folder))
        try:
            found, png, grave = _load_ipa(catalog, path, folder)
            record = make_record(catalog, found, repository_id=repository_id, asset_id=number)
        except (BadIpa, BadSidecar) as error:
            seen.append(Seen(name, reason=error.public if isinstance(error, BadIpa) else str(error)))
        except OSError as error:
            seen.append(Seen(name, reason=f"it cannot be read: {error.strerror}."))
        else:
            seen.append(Seen(name, record, guessed=is_guessed(catalog, found, record), grave=grave))
            icons |= png
    return Ipas(tuple(seen), icons)


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


def lone_sidecars(folder: Path) -> list[str]:
    """Files that were meant to say something about an IPA, such as `Acme.json` for `Acme.ipa`."""
    paths = sorted(path for path in folder.rglob("*.json") if path.is_file())
    lone = [path for path in paths if not path.with_suffix("").is_file()]
    shown = [str(path.relative_to(folder)) for path in lone]
    return [name for name in shown if not any(part.startswith(".") for part in Path(name).parts)][:_MOST_LONE]
