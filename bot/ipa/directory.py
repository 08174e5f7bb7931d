"""The central directory of a zip: which members there are, and where. No I/O.

After PKWARE's APPNOTE 6.3.10: sections 4.3.12 (directory), 4.3.14-16 (its end, Zip64's too), 4.5.3 (Zip64's
extra field). Leading bytes before the archive and a comment behind it are allowed. Read by hand, because
`zipfile` takes UTF-8 names without the flag as cp437 and has no bound on anything.
"""

import io
import re
import stat
import struct
import zlib
from dataclasses import dataclass
from typing import Protocol

from bot.errors import BadIpa
from bot.ipa.foreign import HEAD, describe_foreign
from bot.ipa.limits import Limits

_TAIL = 1 << 16  # one request's worth: the end, nearly every comment, and most directories
_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_ENTRY = struct.Struct("<4s4B4HL2L5H2L")
_UTF8, _ENCRYPTED = 0x800, 0x1
_ZIP64, _UNICODE_PATH = 0x1, 0x7075  # kinds of extra fields
_NEEDLESS = re.compile(r"^/+|(?:(?<=/)|^)(?:\./+)+|(?<=/)/+")  # leading slashes, `./`, doubled slashes


class SeekableFile(Protocol):
    """What an IPA is read from: an open binary file, or anything that reads like one."""

    def seek(self, offset: int, /) -> int: ...
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of the directory. `offset` is that of its local header in the file."""

    name: str
    method: int  # 0 stored, 8 deflated
    encrypted: bool
    crc: int
    compressed: int  # bytes
    size: int  # bytes after inflating, as declared
    offset: int
    mode: int  # Unix mode bits, whatever system made the archive, as the clients take them; often 0
    plain: bool = True  # the name's bytes are UTF-8 and mean just this name: all that the clients look at

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")

    @property
    def is_symlink(self) -> bool:
        return stat.S_ISLNK(self.mode)


@dataclass(frozen=True, slots=True)
class Directory:
    members: tuple[Member, ...]  # in the directory's order
    start: int  # where the directory begins: no member's bytes lie behind it
    count: int  # members that the end record promises; Apple's Archive Utility drops all above 65535


@dataclass(frozen=True, slots=True)
class _End:
    count: int
    size: int
    offset: int  # as the archive says, without leading bytes
    position: int  # where the end record (Zip64's when there is one) lies in the file


def parse_directory(file: SeekableFile, size: int, limits: Limits) -> Directory:
    """Read the directory of an archive of `size` bytes; raises BadIpa (`not_a_zip`, `too_large`)."""
    tail_at = max(0, size - _TAIL)
    tail = _read_at(file, tail_at, size - tail_at)
    end = _find_end(file, size, tail_at, tail)
    if end.count > limits.members:
        raise BadIpa(f"The archive has {end.count} members ({limits.members} at most).", code="too_large")
    if end.size > limits.directory_bytes:
        raise BadIpa("The archive's directory is larger than altpress reads.", code="too_large")
    start = end.position - end.size
    shift = start - end.offset  # bytes that somebody put before the archive
    if start < 0 or shift < 0:
        raise _broken("its directory lies outside of the file")
    held = tail[start - tail_at :] if start >= tail_at else _read_at(file, start, end.size)
    return Directory(
        tuple(_parse_entries(held[: end.size], end.count, shift, start, limits)), start, end.count
    )


def _broken(why: str) -> BadIpa:
    return BadIpa(f"The file is no readable zip archive: {why}.", code="not_a_zip")


def _read_at(file: SeekableFile, position: int, size: int) -> bytes:
    file.seek(position)
    data = file.read(size)
    if len(data) != size:
        raise _broken("it ends too early")
    return data


def _find_end(file: SeekableFile, size: int, tail_at: int, tail: bytes) -> _End:
    """The end record, searched from behind; a comment may hold its signature too."""
    longest = _END.size + 0xFFFF
    if tail_at and (found := _search_end(tail)) is None:
        tail_at = max(0, size - longest)
        tail = _read_at(file, tail_at, size - tail_at)
    found = _search_end(tail)
    if found is None:
        raise _broken(describe_foreign(_read_at(file, 0, min(size, HEAD))))
    _, disk, first_disk, here, count, length, offset, _ = _END.unpack_from(tail, found)
    position = tail_at + found
    if 0xFFFF in (count, here, disk, first_disk) or 0xFFFFFFFF in (length, offset):
        wide = _find_end64(file, position)
        if wide:
            return wide
    if disk or first_disk or here != count:
        raise _broken("it is one part of several")
    return _End(count, length, offset, position)


def _search_end(tail: bytes) -> int | None:
    at = tail.rfind(b"PK\5\6")
    while at >= 0:
        if at + _END.size <= len(tail):
            comment = _END.unpack_from(tail, at)[7]
            if at + _END.size + comment <= len(tail):
                return at
        at = tail.rfind(b"PK\5\6", 0, at)
    return None


def _find_end64(file: SeekableFile, position: int) -> _End | None:
    """Zip64's end record, which its locator right before the end names; leading bytes may have moved it."""
    if position < _END64_LOCATOR.size + _END64.size:
        return None
    locator = _read_at(file, position - _END64_LOCATOR.size, _END64_LOCATOR.size)
    magic, _, offset, _ = _END64_LOCATOR.unpack(locator)
    if magic != b"PK\6\7":
        return None
    directly_before = position - _END64_LOCATOR.size - _END64.size
    for place in (directly_before, offset):
        if 0 <= place <= directly_before:
            record = _END64.unpack(_read_at(file, place, _END64.size))
            if record[0] == b"PK\6\6":
                if record[4] or record[5] or record[6] != record[7]:
                    raise _broken("it is one part of several")
                return _End(record[7], record[8], record[9], place)
    raise _broken("its Zip64 directory is not where it says")


def _parse_entries(data: bytes, count: int, shift: int, start: int, limits: Limits) -> list[Member]:
    """As many as there are bytes for: the promised count may be too small."""
    members: list[Member] = []
    view = io.BytesIO(data)
    while True:
        fixed = view.read(_ENTRY.size)
        if len(fixed) < _ENTRY.size or not fixed.startswith(b"PK\1\2"):
            if len(members) < count:
                raise _broken("its directory is damaged")
            return members
        if len(members) == limits.members:
            raise BadIpa(f"The archive has more than {limits.members} members.", code="too_large")
        member = _parse_entry(_ENTRY.unpack(fixed), view, shift, limits)
        if not 0 <= member.offset < start:
            raise _broken("a member lies outside of the file")
        members.append(member)


def _parse_entry(fields: tuple[int, ...], view: io.BytesIO, shift: int, limits: Limits) -> Member:
    flags, method, crc = fields[5], fields[6], fields[9]
    name_size, extra_size, comment_size, attributes = fields[12], fields[13], fields[14], fields[17]
    if name_size > limits.name_bytes:
        raise BadIpa(
            f"A member's name has {name_size} bytes ({limits.name_bytes} at most).", code="too_large"
        )
    raw, extra = view.read(name_size), view.read(extra_size)
    view.seek(comment_size, io.SEEK_CUR)
    size, compressed, offset = _widen((fields[11], fields[10], fields[18]), extra)
    name, plain = decode_name(raw, flagged=bool(flags & _UTF8), extra=extra)
    return Member(
        name=clean_name(name),
        method=method,
        encrypted=bool(flags & _ENCRYPTED),
        crc=crc,
        compressed=compressed,
        size=size,
        offset=offset + shift,
        mode=attributes >> 16,
        plain=plain,
    )


def decode_name(raw: bytes, *, flagged: bool, extra: bytes = b"") -> tuple[str, bool]:
    """A member's name as the archive means it, and whether the clients take the bytes for the same.

    By Info-ZIP's field of the Unicode path when it belongs to this name, else UTF-8 by flag or by its bytes,
    and cp437 only otherwise. The clients know UTF-8 alone (AltSign `NSFileManager+Zip.m`).
    """
    try:
        plain = raw.decode("utf-8")
    except UnicodeDecodeError:
        plain = None
    field = _find_extra(extra, _UNICODE_PATH) if extra else None
    if field and len(field) > 5 and field[0] == 1 and field[1:5] == struct.pack("<L", zlib.crc32(raw)):
        meant = field[5:].decode("utf-8", "replace")
        return meant, meant == plain
    if plain is not None:
        return plain, True
    return raw.decode("utf-8", "replace") if flagged else raw.decode("cp437"), False


def clean_name(name: str) -> str:
    """The name without what means nothing in a path: leading slashes, `./`, doubled slashes."""
    needless = name.startswith(("/", "./")) or "//" in name or "/./" in name
    return _NEEDLESS.sub("", name) if needless else name


def _find_extra(extra: bytes, wanted: int) -> bytes | None:
    """The contents of the first extra field of this kind; what is cut off at the end belongs to it."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == wanted:
            return extra[at + 4 : at + 4 + length]
        at += 4 + length
    return None


def _widen(narrow: tuple[int, int, int], extra: bytes) -> tuple[int, ...]:
    """(size, compressed, offset), each taken from the Zip64 field where the entry holds only ones."""
    if 0xFFFFFFFF not in narrow:
        return narrow
    field = _find_extra(extra, _ZIP64)
    if field is None:
        return narrow
    values = iter(struct.unpack_from(f"<{len(field) // 8}Q", field))
    wide = tuple(next(values, -1) if value == 0xFFFFFFFF else value for value in narrow)
    if min(wide) < 0:
        raise _broken("a Zip64 field is damaged")
    return wide
