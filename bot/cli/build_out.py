"""What `altpress build` makes of the outputs, what differs from the files that are there, and the writing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.catalog import Catalog
from bot.errors import NotAllowed
from bot.source import render_source
from bot.source.diff import Change, diff_documents
from bot.source.gate import Gated, shown_icons

_MOST_READ = 64 * 1024 * 1024  # bytes of a file that is there; more is no source of ours


@dataclass(frozen=True, slots=True)
class Made:
    """One output."""

    path: str  # as the catalog names it
    data: bytes | None = None  # None: there is no version to list, and whatever lies there stays
    apps: int = 0
    versions: int = 0
    clients: tuple[str, ...] = ()  # whom the catalog names for it
    present: bool = False  # a file is there already
    changed: bool = False  # which has other bytes
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Files:
    """Everything that is to be written."""

    outputs: tuple[Made, ...]
    icons: Mapping[str, bytes] = field(default_factory=dict)  # by path below the folder
    new_icons: tuple[str, ...] = ()  # paths whose bytes are not there yet
    anonymous: bool = False  # a source without an identifier

    @property
    def written(self) -> tuple[Made, ...]:
        return tuple(made for made in self.outputs if made.data is not None)

    @property
    def changed(self) -> bool:
        return bool(self.new_icons) or any(made.changed for made in self.outputs)


def load_outputs(gated: Gated, catalog: Catalog, icons: Mapping[str, bytes], out: Path) -> Files:
    """The outputs that have an app, and the pictures that they show, beside what lies in the folder."""
    outputs = []
    for output in catalog.outputs:
        built = gated.built.get(output.path)
        if built is None or not built.origins:
            outputs.append(Made(output.path, clients=output.clients, present=(out / output.path).is_file()))
            continue
        data, before = render_source(built.source), _load(out / output.path)
        outputs.append(
            Made(
                output.path, data, len(built.origins), sum(map(len, built.origins)), output.clients,
                present=before is not None, changed=before != data,
                changes=tuple(diff_documents(before, built.source)),
            )
        )  # fmt: skip
    shown = {path: icons[name] for path, name in sorted(shown_icons(catalog, gated).items())}
    new = tuple(path for path, data in shown.items() if _load(out / path) != data)
    listed = [built for built in gated.built.values() if built is not None and built.origins]
    return Files(tuple(outputs), shown, new, any("identifier" not in built.source for built in listed))


def save_files(files: Files, out: Path) -> None:
    """Write them all. Raises NotAllowed where a file cannot be written."""
    for made in files.written:
        assert made.data is not None
        _write(out / made.path, made.data)
    for path, data in files.icons.items():
        _write(out / path, data)


def _load(path: Path) -> bytes | None:
    """None when nothing can be read there; whether it can be written is seen then."""
    try:
        with path.open("rb") as file:
            return file.read(_MOST_READ)
    except (OSError, ValueError):  # ValueError: a null byte in the name
        return None


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        reason = error.strerror if isinstance(error, OSError) else "its name is none"
        raise NotAllowed(f"{path} cannot be written: {reason}.") from None
