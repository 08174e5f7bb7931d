"""A backup's file as it is read. Nothing of it is believed before `verify` has seen all of it."""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, NamedTuple

from bot.backup.documents import MAX_LINE, parse_document
from bot.backup.format import (
    COLLECTION,
    END,
    GZIP,
    HEAD,
    MAX_EXPANSION,
    MAX_TAIL,
    BadBackup,
    Digest,
    Manifest,
    parse_line,
    parse_tail,
)

PIECE = 256 * 1024  # bytes
TAIL = MAX_TAIL + 64  # bytes from the end among which the manifest is
Progress = Callable[[str, int, int], None]  # what, so many of so many


class Row(NamedTuple):
    collection: str
    document: dict[str, Any]
    size: int  # bytes of its line


def read_manifest(file: BinaryIO) -> Manifest:
    """From the file's end alone: whole it may be, or not. Raises BadBackup."""
    size = file.seek(0, 2)
    file.seek(max(size - TAIL, 0))
    return parse_tail(_read(file, TAIL), size)


def check_bytes(file: BinaryIO, manifest: Manifest, progress: Progress = lambda *_: None) -> None:
    """Whether every byte is as it was written, without unpacking any. Raises BadBackup."""
    file.seek(0)
    found, left = hashlib.sha256(), manifest.size
    while left and (piece := _read(file, min(PIECE, left))):
        found.update(piece)
        left -= len(piece)
        progress("checked", manifest.size - left, manifest.size)
    if left or found.hexdigest() != manifest.sha256:
        raise BadBackup("The file was damaged since it was written: its digest is another one.")


def verify(file: BinaryIO, progress: Progress = lambda *_: None) -> Manifest:
    """Every byte, every line, every document; what the file says of itself. Raises BadBackup."""
    manifest = read_manifest(file)
    check_bytes(file, manifest, progress)
    for done, _ in enumerate(read_rows(file, manifest), start=1):
        if done % 1000 == 0:
            progress("read", done, manifest.documents)
    return manifest


def read_rows(file: BinaryIO, manifest: Manifest) -> Iterator[Row]:
    """All documents in their order, held to the manifest on the way. Raises BadBackup."""
    lines = _read_lines(file, manifest)
    parse_line(HEAD, next(lines, b""))
    for name, part in manifest.collections.items():
        if parse_line(COLLECTION, next(lines, b"")).get("name") != name:
            raise BadBackup("The backup's collections are not those of its manifest.")
        digest = Digest()
        for line in lines:
            if not line.startswith(b"{"):
                break
            digest.add(line)
            if digest.documents > part.documents or digest.bytes > part.bytes:
                raise BadBackup(f"The backup holds more documents of {name} than its manifest says.")
            yield Row(name, parse_document(line), len(line))
        else:
            line = b""
        if parse_line(END, line).get("name") != name or digest.part() != part:
            raise BadBackup(f"The backup's documents of {name} are not those of its manifest.")
    if next(lines, None) is not None:
        raise BadBackup("The backup holds more than its manifest says.")


def _read_lines(file: BinaryIO, manifest: Manifest) -> Iterator[bytes]:
    """Each with its newline, none longer than MAX_LINE, and no more bytes than gzip can make of the file."""
    held: list[bytes] = []
    length = 0
    for data in _unpack(file, manifest.size):
        *whole, rest = data.split(b"\n")
        for line in whole:
            yield b"".join([*held, line, b"\n"])
            held, length = [], 0
        if rest:
            held.append(rest)
            length += len(rest)
        if length > MAX_LINE:
            raise BadBackup("The backup holds a line that is larger than any document.")
    if held:
        raise BadBackup("The backup ends in the middle of a line.")


def _unpack(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The first member of the file, in pieces of bounded size."""
    file.seek(0)
    inflate = zlib.decompressobj(GZIP)
    left, made = size, 0
    try:
        while not inflate.eof:
            piece = inflate.unconsumed_tail or _read(file, min(PIECE, left))
            if not inflate.unconsumed_tail:
                left -= len(piece)
            data = inflate.decompress(piece, PIECE)
            made += len(data)
            if not piece and not data:
                raise BadBackup("The file is not whole: it ends in the middle of the data.")
            if made > size * MAX_EXPANSION:
                raise BadBackup("The backup unpacks to more than a backup can be.")
            yield data
    except zlib.error:
        raise BadBackup("The file is damaged: it cannot be unpacked.") from None
    if left or inflate.unused_data:
        raise BadBackup("The file holds more than a backup.")


def _read(file: BinaryIO, size: int) -> bytes:
    try:
        return file.read(size)
    except OSError as error:
        raise BadBackup(f"The file cannot be read: {error.strerror}.") from None
