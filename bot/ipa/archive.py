"""The members of an IPA: found by name, read within bounds. No I/O of its own.

Works over any seekable binary file. A file that fetches what it is asked for (HTTP ranges) may have a
method `expect(start, end)`: it is told which bytes are likely to be read next, one after another.
"""

import bisect
import itertools
import struct
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from zlib_ng import zlib_ng  # as zlib, and about twice as fast: docs/performance.md, "Reading IPAs"

from bot.errors import BadIpa
from bot.ipa.directory import Member, SeekableFile, parse_directory
from bot.ipa.limits import Budget, check_size

_LOCAL = struct.Struct("<4s5H3L2H")
_HEAD = 1 << 12  # compressed bytes that are asked for first: the headers of most executables
_PIECE = 1 << 18  # compressed bytes at a time, once it was doubled so often
_INFLATED_PIECE = 1 << 20  # bytes that one step of inflating may give
_GAP = 1 << 13  # bytes between two members that are cheaper to read than to skip
_GAPS = 1 << 14  # of all gaps together
_MARKS = 30  # upon one letter, in what Unicode calls stream-safe text
_EXTRA = 1 << 9  # of a local header, a guess: the directory does not tell


class Archive:
    """Names to members, links and unsafe names left out; the last of equal names counts."""

    def __init__(self, file: SeekableFile, size: int, budget: Budget) -> None:
        self._file = file
        self.budget = budget
        directory = parse_directory(file, size, budget.limits)
        self._offsets = sorted({directory.start, *(member.offset for member in directory.members)})
        self.members = directory.members
        self.promised = directory.count  # members that the end record promises: all that the clients unpack
        self.links = tuple(m.name for m in self.members if m.is_symlink)
        self.unsafe = tuple(m.name for m in self.members if not _is_safe(m.name))
        self._index = {_normal(m.name): m for m in self.members if _is_safe(m.name) and not m.is_symlink}

    def names(self) -> Iterable[str]:
        """Every name that may be read, folders with a slash at the end."""
        return self._index

    def find(self, name: str) -> Member | None:
        """The file of this name; composed and decomposed accents are the same, as on the device's disk."""
        member = self._index.get(_normal(name))
        return None if member is None or member.is_folder else member

    def read_all(self, members: Iterable[Member], limit: int) -> Mapping[str, bytes]:
        """The contents of these members by name, neighbours read as one.

        Raises BadIpa for the first that is encrypted, damaged or of more than `limit` bytes.
        """
        contents = {}
        for group in self._groups(sorted(members, key=lambda member: member.offset)):
            expect(self._file, group[0].offset, self._end(group[-1]))
            for member in group:
                check_size(shorten(member.name), member.compressed, limit + _PIECE)
                contents[member.name] = self.open(member, limit).read(limit)
        return contents

    def _groups(self, members: Sequence[Member]) -> Iterator[list[Member]]:
        """Neighbours: little lies between them; the smallest gaps are closed first."""
        gaps = [after.offset - self._end(before) for before, after in itertools.pairwise(members)]
        left, closed = _GAPS, set()
        for index in sorted(range(len(gaps)), key=gaps.__getitem__):
            left -= max(0, gaps[index])
            if gaps[index] > _GAP or left < 0:
                break
            closed.add(index)
        start = 0
        for index in range(len(members)):
            if index not in closed:
                yield list(members[start : index + 1])
                start = index + 1

    def _end(self, member: Member) -> int:
        """Where a member's bytes end, as far as can be told: a long local header moves them back."""
        following = self._offsets[bisect.bisect_right(self._offsets, member.offset)]
        return min(following, member.offset + _longest_header(member) + member.compressed)

    def open(self, member: Member, limit: int) -> "MemberStream":
        """The member as a stream that only goes forward, of at most `limit` bytes."""
        name = shorten(member.name)
        if member.encrypted:
            raise BadIpa(f"{name} is encrypted inside the archive.", code="encrypted_member")
        if member.method not in (0, 8):
            raise BadIpa(
                f"{name} is packed by method {member.method}, which the clients cannot read.",
                code="unsupported_compression",
            )
        check_size(name, member.size, limit)
        return MemberStream(member, self._file, self.budget)


class MemberStream:
    """One member's contents, inflated piece by piece; size and CRC are checked if read to its end."""

    def __init__(self, member: Member, file: SeekableFile, budget: Budget) -> None:
        self._member, self._file, self._budget = member, file, budget
        self._at = member.offset  # in the whole file
        self._packed_left = member.compressed
        self._pieces = self._inflate() if member.method else self._stored()
        self._started = False  # whether the local header was read
        self._rest = memoryview(b"")
        self._crc: int | None = 0  # None once bytes were passed over unread
        self.position = 0

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; fewer only at the end."""
        if self._crc is None and size > len(self._rest):
            expect(self._file, self._at, self._at + min(size - len(self._rest), self._packed_left))
        parts = []
        while size > 0 and self._fill():
            parts.append(self._rest[:size])
            size -= len(parts[-1])
            self._rest = self._rest[len(parts[-1]) :]
            self.position += len(parts[-1])
        return b"".join(parts)

    def skip(self, size: int) -> bool:
        """Go forward; whether there were that many bytes."""
        if not self._member.method and self._started:
            size = self._jump(size)
        while size > 0 and self._fill():
            step = min(size, len(self._rest))
            self._rest = self._rest[step:]
            self.position += step
            size -= step
        return size <= 0

    def _jump(self, size: int) -> int:
        """Pass over stored bytes without reading them; how many are left to skip in the piece at hand."""
        far = min(max(0, size - len(self._rest)), self._packed_left)
        if far:
            self.position += len(self._rest) + far
            size -= len(self._rest) + far
            self._rest, self._crc = memoryview(b""), None
            self._at += far
            self._packed_left -= far
        return size

    def expect_all(self) -> None:
        """Tell the file that everything up to this member's end is likely to be read."""
        header = 0 if self._started else _longest_header(self._member)
        expect(self._file, self._at, self._at + header + self._packed_left)

    def _fill(self) -> bool:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return False
            self._budget.spend(len(piece))
            self._rest = memoryview(piece)
        return True

    def _damaged(self) -> BadIpa:
        return BadIpa(f"{shorten(self._member.name)} is damaged inside the archive.", code="damaged_member")

    def _packed(self) -> Iterator[bytes]:
        """The member's bytes as they lie in the archive, the local header taken off."""
        step = _HEAD
        piece = self._read(min(step, self._packed_left) + _LOCAL.size + len(self._member.name.encode()))
        if len(piece) < _LOCAL.size or not piece.startswith(b"PK\3\4"):
            raise self._damaged()
        header = _LOCAL.unpack_from(piece)
        head = _LOCAL.size + header[9] + header[10]
        piece = piece[head : head + self._packed_left]
        self._at += head
        self._started = True
        while self._packed_left:
            if not piece:
                step = min(2 * step, _PIECE)
                piece = self._read(min(step, self._packed_left))
            if not piece:
                raise self._damaged()
            self._at += len(piece)
            self._packed_left -= len(piece)
            yield piece
            piece = b""

    def _read(self, size: int) -> bytes:
        self._file.seek(self._at)
        return self._file.read(size)

    def _stored(self) -> Iterator[bytes]:
        if self._member.compressed != self._member.size:
            raise self._damaged()
        for piece in self._packed():
            if self._crc is not None:
                self._crc = zlib_ng.crc32(piece, self._crc)
            yield piece
        self._check(self._member.size)

    def _inflate(self) -> Iterator[bytes]:
        total, inflater = 0, zlib_ng.decompressobj(-zlib_ng.MAX_WBITS)
        for packed in self._packed():
            waiting, full = packed, False
            while (waiting or full) and not inflater.eof:
                piece = self._step(inflater, waiting)
                waiting = inflater.unconsumed_tail
                full = len(piece) == _INFLATED_PIECE  # more may be held back than what waits here
                total += len(piece)
                if total > self._member.size:
                    raise self._damaged()
                self._crc = zlib_ng.crc32(piece, self._crc or 0)
                yield piece
            if inflater.eof:
                break  # what lies behind the end is of no use to anybody
        if not inflater.eof:
            raise self._damaged()
        self._check(total)

    def _step(self, inflater: "zlib_ng._Decompress", packed: bytes) -> bytes:
        try:
            return inflater.decompress(packed, _INFLATED_PIECE)
        except zlib_ng.error:  # type: ignore[misc]  # its stub calls the class an instance
            raise self._damaged() from None

    def _check(self, total: int) -> None:
        if total != self._member.size or self._crc not in (None, self._member.crc):
            raise self._damaged()


def expect(file: SeekableFile, start: int, end: int) -> None:
    """Tell a file that can make use of it which bytes are going to be read."""
    if (tell := getattr(file, "expect", None)) is not None:
        tell(start, end)


def _longest_header(member: Member) -> int:
    """Bytes of the local header, a guess."""
    return _LOCAL.size + len(member.name.encode()) + _EXTRA


def shorten(name: str) -> str:
    """A name from the archive, fit for a sentence: printable, and not longer than a line."""
    printable = "".join(letter if letter.isprintable() else "\ufffd" for letter in name)
    return printable if len(printable) <= 100 else f"{printable[:60]}…{printable[-30:]}"


def _normal(name: str) -> str:
    return name if name.isascii() or _is_heaped(name) else unicodedata.normalize("NFC", name)


def _is_heaped(name: str) -> bool:
    """More marks upon one letter than any language has; to sort them takes quadratic time (UAX #15, 13)."""
    run = 0
    for letter in name:
        run = run + 1 if unicodedata.combining(letter) else 0
        if run > _MARKS:
            return True
    return False


def _is_safe(name: str) -> bool:
    """Whether a name stays below the folder that it is unpacked in."""
    return not name.startswith("/") and "\0" not in name and ".." not in name.split("/")
