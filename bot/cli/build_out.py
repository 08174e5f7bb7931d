"""What `altpress build` writes."""

from collections.abc import Mapping
from pathlib import Path

from bot.catalog import Catalog
from bot.cli.build_report import say
from bot.errors import NotAllowed
from bot.source import render_source
from bot.source.gate import Gated, shown_icons


def save_outputs(gated: Gated, catalog: Catalog, icons: Mapping[str, bytes], out: Path) -> int:
    """Write the outputs that have an app, with the pictures that they show; how many outputs.

    Raises NotAllowed where a file cannot be written.
    """
    written = {path: built for path, built in gated.built.items() if built is not None and built.origins}
    for path, built in written.items():
        _write(out / path, render_source(built.source))
        versions = sum(len(origins) for origins in built.origins)
        say(f"{out / path}: {len(built.origins)} app(s), {versions} version(s)")
    for path in gated.built if written else ():
        if path not in written:
            say(f"{out / path}: not written, for there is no version to list in it.", err=True)
    if any("identifier" not in built.source for built in written.values()):
        say("The source has no identifier: give the catalog an `identifier` or a `base-url`.", err=True)
    for path, name in sorted(shown_icons(catalog, gated).items()):
        _write(out / path, icons[name])
    return len(written)


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        reason = error.strerror if isinstance(error, OSError) else "its name is none"
        raise NotAllowed(f"{path} cannot be written: {reason}.") from None
