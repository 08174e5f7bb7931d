"""Secrets that come from files: `ALTPRESS_X_FILE` names one.

What secret stores do to a file is undone (a line end at the end, a byte order mark); what cannot be a secret
is refused in words: a file that is empty or has but commas, a directory or device, more than a bound, bytes
that are no UTF-8.
Symbolic links are followed: Kubernetes changes a mounted secret by turning one around.
"""

import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.errors import BadSettings

MOST_BYTES = 65_536  # of a secret: the longest is a PEM of some 3,000
Stamp = tuple[int, int, int, int]


def read_secret_files(environ: Mapping[str, str], names: Iterable[str]) -> dict[str, Any]:
    """What `ALTPRESS_X_FILE` variables hold, by field name; the plain variable must then be unset.

    Raises BadSettings with all that is wrong.
    """
    found: dict[str, Any] = {}
    problems: list[str] = []
    for name, variable, path in _named(environ, names):
        try:
            found[name] = _read_alone(environ, variable, path)
        except BadSettings as problem:
            problems.append(problem.public)
    if problems:
        raise BadSettings("; ".join(problems))
    return found


def stamp_secret_files(environ: Mapping[str, str], names: Iterable[str]) -> dict[str, Stamp | None]:
    """What tells one version of each file from the next, by variable; None for one that is not there."""
    return {f"{variable}_FILE": _stamp(path) for _, variable, path in _named(environ, names)}


def find_open_files(environ: Mapping[str, str], names: Iterable[str]) -> list[tuple[str, int]]:
    """The variables whose files everybody on the machine may read, with the files' permission bits."""
    modes = ((f"{variable}_FILE", _mode(path)) for _, variable, path in _named(environ, names))
    return [(variable, mode) for variable, mode in modes if mode & stat.S_IROTH]


def _named(environ: Mapping[str, str], names: Iterable[str]) -> Iterator[tuple[str, str, Path]]:
    for name in names:
        variable = f"ALTPRESS_{name.upper()}"
        if path := environ.get(f"{variable}_FILE"):
            yield name, variable, Path(path)


def _read_alone(environ: Mapping[str, str], variable: str, path: Path) -> str:
    if environ.get(variable):
        raise BadSettings(f"{variable} and {variable}_FILE are both set: keep one.")
    return _read(f"{variable}_FILE", path)


def _read(variable: str, path: Path) -> str:
    try:
        # looked at first: opening a pipe waits for a writer, and a device may never end
        if not stat.S_ISREG(path.stat().st_mode):
            raise BadSettings(f"{variable} names what is no regular file.")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadSettings(f"{variable} cannot be read: {error.strerror}.") from None
    if len(data) > MOST_BYTES:
        raise BadSettings(f"{variable} names a file of more than {MOST_BYTES} bytes: that is no secret.")
    try:
        text = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise BadSettings(f"{variable} names a file that is no text in UTF-8.") from None
    if not text.strip(", \r\n\t"):  # a list of nothing would let nobody in, and switch off what it protects
        raise BadSettings(f"{variable} names an empty file.")
    return text


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0
