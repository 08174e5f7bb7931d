"""What `altpress lint` reads: the document from a file, an address or standard input, and the IPAs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.errors import BadIpa, NotFound, TooLarge
from bot.github.page import fetch_page
from bot.github.ranges import open_url
from bot.github.wire import AnyHost
from bot.ipa import hash_file, read_ipa
from bot.ipa.directory import SeekableFile
from bot.lint.judge import Ipa

MAX_DOCUMENT = 64 << 20  # bytes; sources of a thousand apps have 27 MiB
_MAX_IPA = 4 << 30
_STDIN = "-"


@dataclass(frozen=True, slots=True)
class Input:
    """The document as it was read."""

    name: str
    data: bytes
    path: Path | None = None  # of a file
    status: int | None = None  # of an address


def is_url(source: str) -> bool:
    return source.lower().startswith(("https://", "http://"))


def load_document(source: str) -> Input:
    """Raises BotError when no bytes can be had."""
    if source == _STDIN:
        return Input("standard input", _bounded(sys.stdin.buffer.read(MAX_DOCUMENT + 1)))
    if is_url(source):
        page = fetch_page(source, hosts=AnyHost(), max_bytes=MAX_DOCUMENT)
        return Input(source, page.data, status=page.status)
    path = Path(source)
    try:
        with path.open("rb") as file:
            return Input(source, _bounded(file.read(MAX_DOCUMENT + 1)), path)
    except (OSError, ValueError) as error:
        raise _unreadable(source, error) from None


def load_ipa(source: str, *, with_hash: bool) -> Ipa:
    """What is inside; `with_hash` reads everything. Raises BotError when no bytes can be had."""
    name = source.rpartition("/")[2].partition("?")[0] or source
    try:
        with _open(source) as (file, size):
            sha256 = hash_file(file, size) if with_hash else None
            return Ipa(name, read_ipa(file, size=size, sha256=sha256))
    except BadIpa as error:
        return Ipa(name, error)


@contextmanager
def _open(source: str) -> Iterator[tuple[SeekableFile, int]]:
    if is_url(source):
        with open_url(source, hosts=AnyHost(), max_bytes=_MAX_IPA) as remote:
            yield remote, remote.size
        return
    try:
        file = Path(source).open("rb")  # noqa: SIM115 -- closed below; only opening may fail so
    except (OSError, ValueError) as error:
        raise _unreadable(source, error) from None
    with file:
        yield file, file.seek(0, 2)


def _unreadable(source: str, error: OSError | ValueError) -> NotFound:
    reason = error.strerror if isinstance(error, OSError) else "its name is none"
    return NotFound(f"{source} cannot be read: {reason}.", code="unreadable_file")


def _bounded(data: bytes) -> bytes:
    if len(data) > MAX_DOCUMENT:
        raise TooLarge(f"The document has more than {MAX_DOCUMENT} bytes, as much as altpress reads.")
    return data
