"""One member's contents, inflated piece by piece and in bounded steps. No I/O of its own."""

import struct
from collections.abc import Iterator

from zlib_ng import zlib_ng  # as zlib, and about twice as fast: docs/performance.md, "Reading IPAs"

from bot.errors import BadIpa
from bot.ipa.directory import Member, SeekableFile
from bot.ipa.limits import Budget
from bot.ipa.names import shorten

_LOCAL = struct.Struct("<4s5H3L2H")
_HEAD = 1 << 12  # compressed bytes that are asked for first: the headers of most executables
_PIECE = 1 << 18  # compressed bytes at a time, once it was doubled so often
_INFLATED_PIECE = 1 << 18  # bytes that one step of inflating may give: more is slower, too
_EXTRA = 1 << 9  # of a local header, a guess: the directory does not tell


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
        header = 0 if self._started else longest_header(self._member)
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


def longest_header(member: Member) -> int:
    """Bytes of the local header, a guess."""
    return _LOCAL.size + len(member.name.encode()) + _EXTRA
