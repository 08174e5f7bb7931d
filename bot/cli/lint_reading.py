"""What `altpress lint` reads: the document from a file, an address or standard input, and the IPAs."""

import sys
from dataclasses import dataclass
from pathlib import Path

from bot.cli.inspect_source import is_url, open_source, unreadable
from bot.cli.output import plain
from bot.clients.json5 import NotJson, read_json
from bot.errors import BadIpa, Rejected, TooLarge
from bot.github.page import fetch_page
from bot.github.wire import AnyHost
from bot.ipa import hash_file, read_ipa
from bot.lint.judge import Ipa, Package

MAX_DOCUMENT = 64 << 20  # bytes; sources of a thousand apps have 27 MiB
_STDIN = "-"


@dataclass(frozen=True, slots=True)
class Input:
    """The document as it was read."""

    name: str
    data: bytes
    path: Path | None = None  # of a file
    status: int | None = None  # of an address


def load_document(source: str) -> Input:
    """Raises BotError when no bytes can be had."""
    if source == _STDIN:
        return Input("standard input", _bounded(sys.stdin.buffer.read(MAX_DOCUMENT + 1)))
    if is_url(source):
        page = fetch_page(source, hosts=AnyHost(), max_bytes=MAX_DOCUMENT)
        return Input(source, page.data, status=page.status)
    if not source:
        raise unreadable(source, "its name is empty")
    path = Path(source)
    try:
        with path.open("rb") as file:  # a pipe, too, such as the shell's `<(command)`
            return Input(source, _bounded(file.read(MAX_DOCUMENT + 1)), path)
    except (OSError, ValueError) as error:
        raise unreadable(source, error) from None


def load_ipa(source: str, *, with_hash: bool) -> Ipa:
    """What is inside; `with_hash` reads everything. Raises BotError when no bytes can be had."""
    name = source.rpartition("/")[2].partition("?")[0] or source
    try:
        with open_source(source) as (file, size):
            sha256 = hash_file(file, size) if with_hash else None
            return Ipa(name, read_ipa(file, size=size, sha256=sha256))
    except BadIpa as error:
        return Ipa(name, error)
    except OSError as error:
        raise unreadable(source, error) from None


def load_package(source: str) -> Package:
    """The manifest of a package. Raises BotError, also for what is no JSON object."""
    name = source.rpartition("/")[2].partition("?")[0] or source
    try:
        manifest = read_json(load_document(source).data).value
    except NotJson as error:
        raise Rejected(f"{plain(name)} is no JSON: {error}.") from None
    if not isinstance(manifest, dict):
        raise Rejected(f"{plain(name)} is no JSON object.")
    return Package(name, manifest)


def _bounded(data: bytes) -> bytes:
    if len(data) > MAX_DOCUMENT:
        raise TooLarge(f"The document has more than {MAX_DOCUMENT} bytes, as much as altpress reads.")
    return data
