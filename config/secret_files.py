"""Secrets that come from files: `ALTPRESS_X_FILE` names one."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bot.errors import BadSettings


def read_secret_files(environ: Mapping[str, str], names: Iterable[str]) -> dict[str, Any]:
    """What `ALTPRESS_X_FILE` variables hold, by field name; the plain variable must then be unset."""
    found: dict[str, Any] = {}
    for name in names:
        variable = f"ALTPRESS_{name.upper()}"
        if path := environ.get(f"{variable}_FILE"):
            if environ.get(variable):
                raise BadSettings(f"{variable} and {variable}_FILE are both set: keep one.")
            found[name] = _read(f"{variable}_FILE", Path(path))
    return found


def _read(variable: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadSettings(f"{variable} cannot be read: {error.strerror}.") from None
