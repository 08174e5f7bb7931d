"""No I/O. The file of a backup: gzip of lines, readable with `zcat`, `grep` and `jq` alone.

    #altpress-backup {"format":1,"altpress":"0.1.0","began":"2026-11-23T08:00:00Z","kinds":["kept"]}
    #collection {"name":"deliveries"}
    {"_id":"…","state":"done", …}                    one document a line, canonical extended JSON
    #end {"name":"deliveries","documents":1,"bytes":…,"sha256":"…"}      of these lines, newlines included
    …
    #manifest {"format":1, …, "collections":{…},"sha256":"…"}

The last line is a gzip member of its own, not compressed, so that it is found from the file's end: its
`sha256` is that of all bytes of the file before that member, and its own bytes are exactly what `build_tail`
makes, under gzip's CRC. No bit of the file can change unseen, and none can be missing. A `signature` is the
last of its values (`signing.py`), of the line without it.
"""

import hashlib
import json
import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from bot.errors import BotError

FORMAT = 1
HEAD, COLLECTION, END, MANIFEST = b"#altpress-backup ", b"#collection ", b"#end ", b"#manifest "
GZIP = 31  # zlib's number for a gzip member around the stream
MAX_TAIL = 65_535  # bytes: what one stored block of deflate holds
MAX_EXPANSION = 1_100  # what deflate makes of a byte is at most 1,032
UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
NAME = re.compile(r"altpress-(\d{8}T\d{6}Z)\.jsonl\.gz")
_MEMBER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x01"  # gzip's header, and that of a last, stored block
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SIGNED = re.compile(rb',"signature":"([0-9a-f]{64})"}\n\Z')


class BadBackup(BotError):
    """The file is no backup that can be used; the sentence says why."""

    code = "bad_backup"


@dataclass(frozen=True)
class Part:
    """What the file holds of one collection."""

    documents: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself."""

    altpress: str  # the version that made it
    began: str
    ended: str
    sha256: str  # of all bytes of the file before the manifest
    size: int  # their number
    kinds: tuple[str, ...] = ("kept",)
    versions: Mapping[str, int] = field(default_factory=dict)  # schema_version of each collection
    migrations: tuple[tuple[str, int], ...] = ()  # that were applied, with the lowest altpress they allow
    collections: Mapping[str, Part] = field(default_factory=dict)  # in the order of the file
    format: int = FORMAT
    signature: str | None = None  # of `line`
    line: bytes = field(default=b"", compare=False, repr=False)  # as it was read, without the signature

    @property
    def documents(self) -> int:
        return sum(part.documents for part in self.collections.values())

    @property
    def bytes(self) -> int:
        """Of the documents, not compressed."""
        return sum(part.bytes for part in self.collections.values())


def build_name(moment: datetime) -> str:
    """Names sort by time."""
    return f"altpress-{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}.jsonl.gz"


def parse_name(name: str) -> datetime | None:
    """When the backup of this name began; None for a file that is none of ours."""
    found = NAME.fullmatch(name)
    try:
        return datetime.strptime(found[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def show_time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def parse_time(text: str) -> datetime:
    """Raises ValueError."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def show_size(size: float) -> str:
    """1536 -> `1.5 KiB`."""
    unit = 0
    while size >= 1024 and unit < len(UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.0f} {UNITS[unit]}" if unit == 0 else f"{size:.1f} {UNITS[unit]}"


def build_line(mark: bytes, values: Mapping[str, Any]) -> bytes:
    """A line about the lines of documents; documents begin with `{`."""
    return mark + json.dumps(values, separators=(",", ":")).encode() + b"\n"


def parse_line(mark: bytes, line: bytes) -> dict[str, Any]:
    """Raises BadBackup for any other line."""
    try:
        ours = line.startswith(mark) and len(line) <= MAX_TAIL
        values = json.loads(line.removeprefix(mark)) if ours else None
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise BadBackup(f"The file is no altpress backup: a line `{mark.decode().strip()}` is not there.")
    return values


def build_tail(manifest: Manifest) -> bytes:
    """The last member of the file."""
    line = build_manifest(manifest)
    if manifest.signature is not None:
        line = line.removesuffix(b"}\n") + b',"signature":"%s"}\n' % manifest.signature.encode()
    return wrap_tail(line)


def build_manifest(manifest: Manifest) -> bytes:
    """Its line, without a signature."""
    values = {
        "format": manifest.format, "altpress": manifest.altpress, "began": manifest.began,
        "ended": manifest.ended, "kinds": list(manifest.kinds), "versions": dict(manifest.versions),
        "migrations": [list(pair) for pair in manifest.migrations],
        "collections": {name: vars(part) for name, part in manifest.collections.items()},
        "size": manifest.size, "sha256": manifest.sha256,
    }  # fmt: skip
    return build_line(MANIFEST, values)


def wrap_tail(text: bytes) -> bytes:
    """The text as a gzip member of one stored block."""
    if len(text) > MAX_TAIL:
        raise BadBackup("There are too many collections for a backup's manifest.")
    sizes = struct.pack("<HH", len(text), len(text) ^ 0xFFFF)
    return _MEMBER + sizes + text + struct.pack("<II", zlib.crc32(text), len(text))


def parse_tail(data: bytes, size: int) -> Manifest:
    """The manifest from the file's last bytes (the whole member is among them); `size` is the file's.

    Raises BadBackup.
    """
    cut = BadBackup("The file is not whole, or no altpress backup: it does not end with a manifest.")
    length = int.from_bytes(data[-4:], "little")
    text = data[-8 - length : -8] if 0 < length <= MAX_TAIL else b""
    if not text.startswith(MANIFEST) or not data.endswith(wrap_tail(text)):
        raise cut
    manifest = parse_manifest(parse_line(MANIFEST, text))
    if signed := _SIGNED.search(text):
        line = text[: signed.start()] + b"}\n"
        manifest = replace(manifest, signature=signed[1].decode(), line=line)
    if manifest.size != size - len(wrap_tail(text)):
        raise cut
    return manifest


def parse_manifest(values: Mapping[str, Any]) -> Manifest:
    """Raises BadBackup, for a newer format, too."""
    if values.get("format") != FORMAT:
        raise BadBackup(
            f"The backup has the format {str(values.get('format'))[:20]}, made by altpress "
            f"{str(values.get('altpress'))[:20]}; this altpress reads {FORMAT}: use that version, or a "
            "newer one."
        )
    try:
        parts = {str(name): _part(part) for name, part in values["collections"].items()}
        return Manifest(
            altpress=str(values["altpress"]), began=_time(values["began"]), ended=_time(values["ended"]),
            sha256=_digest(values["sha256"]), size=_count(values["size"]),
            kinds=tuple(map(str, values["kinds"])),
            versions={str(name): _count(number) for name, number in values["versions"].items()},
            migrations=tuple((str(number), _count(needs)) for number, needs in values["migrations"]),
            collections=parts,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadBackup("The backup's manifest cannot be read.") from None


class Digest:
    """Counts and digests the lines of one collection."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self.documents = self.bytes = 0

    def add(self, line: bytes) -> None:
        self._sha256.update(line)
        self.documents += 1
        self.bytes += len(line)

    def part(self) -> Part:
        return Part(self.documents, self.bytes, self._sha256.hexdigest())


def _part(values: Any) -> Part:
    return Part(_count(values["documents"]), _count(values["bytes"]), _digest(values["sha256"]))


def _time(value: Any) -> str:
    """As `show_time` writes it: people are told how old it is."""
    shown = show_time(parse_time(value))
    if shown != value:
        raise ValueError
    return shown


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError
    return value


def _digest(value: Any) -> str:
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise ValueError
    return value
