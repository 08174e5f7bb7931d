"""A file of a release: an IPA, or a zip around one. No I/O of its own: it works over files that are opened.

GitHub's own artifacts and some CI jobs put the IPA into one more zip. A stored IPA is read where it lies,
over a window; a deflated one is inflated into the file that `spool` gives, and hashed on the way.
"""

import hashlib
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import IO, Protocol

from bot.errors import BadIpa
from bot.ipa.archive import Archive
from bot.ipa.bundles import find_app
from bot.ipa.directory import Member, SeekableFile
from bot.ipa.limits import Budget, Limits, check_size
from bot.ipa.model import IpaInfo
from bot.ipa.names import shorten
from bot.ipa.reader import read_ipa

_DEFAULT_LIMITS = Limits()
_PIECE = 1 << 18  # bytes at a time
_LOCAL_HEADER = 30  # bytes; the lengths of name and extra field, which follow it, are its last four
_ENDINGS = (".ipa", ".tipa")


class Stream(Protocol):
    """What goes forward only."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the catalog asks for. `max_bytes` is that of the IPA, inside a zip too."""

    max_bytes: int
    wrapped: bool = False  # a zip around one IPA is taken
    hashes: bool = False  # the IPA's SHA-256 must be known, even if everything has to be read for it


@dataclass(frozen=True, slots=True)
class Contents:
    """What was read. `info.size` and `info.sha256` are the IPA's own."""

    info: IpaInfo
    inner: str | None = None  # the IPA's name inside the zip, folders left out; None: the file is the IPA


@dataclass(frozen=True, slots=True)
class _Ipa:
    file: SeekableFile
    size: int
    sha256: str | None


def read_asset(
    file: SeekableFile,
    *,
    size: int,
    sha256: str | None,
    wanted: Wanted,
    spool: Callable[[], IO[bytes]],
    limits: Limits = _DEFAULT_LIMITS,
    clock: Callable[[], float] = time.monotonic,
) -> Contents:
    """Read the IPA that `file` of `size` bytes is or, where that is wanted, wraps.

    `sha256` is that of `file`, as far as it is known. `spool` makes a temporary file, at most one. No byte of
    `file` is read twice for a hash. Raises BadIpa (`wraps_ipa` where a zip is not wanted, `wraps_several`,
    and the codes of `read_ipa`); errors of `file` and of the temporary file pass through.
    """
    budget, ends = Budget(limits, clock), clock() + limits.seconds
    with ExitStack() as opened:

        def copy(stream: Stream) -> _Ipa:
            return _copy(stream, opened.enter_context(spool()), wanted.max_bytes, budget)

        ipa, inner = _Ipa(file, size, sha256), None
        if wanted.wrapped:
            archive = Archive(file, size, budget)
            if member := find_wrapped(archive):
                inner = member.name.replace("\\", "/").rpartition("/")[2]  # Windows may write either
                ipa = _open_wrapped(file, archive, member, wanted, copy)
        if wanted.hashes and ipa.sha256 is None:
            _start(file, size)
            ipa = copy(file)
        rest = replace(limits, seconds=max(0.0, ends - clock()))
        return Contents(_read(ipa, inner, rest, clock), inner)


def find_wrapped(archive: Archive) -> Member | None:
    """The one IPA that a zip holds, in any folder; None when the archive is an IPA itself.

    Finder's leftovers are passed over, and files of other kinds. Raises BadIpa `wraps_several`, and `no_app`
    where there is nothing.
    """
    try:
        find_app(archive)
    except BadIpa as error:
        if error.code != "wraps_ipa":
            raise
    else:
        return None
    names = [name for name in archive.names() if _is_ipa(name)]
    if len(names) > 1:
        listed = ", ".join(shorten(name) for name in sorted(names)[:3])
        raise BadIpa(
            f"The zip holds {len(names)} IPAs, and only one may be there: {listed}.", code="wraps_several"
        )
    member = archive.find(names[0]) if names else None
    if member is None:
        raise BadIpa("The zip holds neither an app nor an IPA.", code="no_app")
    return member


def _is_ipa(name: str) -> bool:
    *folders, last = name.split("/")
    return last.lower().endswith(_ENDINGS) and not last.startswith("._") and "__MACOSX" not in folders


def _open_wrapped(
    file: SeekableFile, archive: Archive, member: Member, wanted: Wanted, copy: Callable[[Stream], _Ipa]
) -> _Ipa:
    """Where it lies when it is stored, else (or when its hash is wanted) copied into a temporary file."""
    limits, name = archive.budget.limits, shorten(member.name)
    stream = archive.open(member, wanted.max_bytes)  # refuses what is encrypted, too large, or packed oddly
    if member.method == 0 and not wanted.hashes:
        start = _contents_at(file, member)
        return _Ipa(Window(file, start, member.size), member.size, None)
    if member.size > limits.spooled_bytes and member.size > limits.spooled_ratio * member.compressed:
        raise BadIpa(f"{name} is packed more densely than an IPA can be.", code="too_large")
    stream.expect_all()
    return copy(stream)


def _contents_at(file: SeekableFile, member: Member) -> int:
    """Where a stored member's bytes begin: only its local header tells."""
    file.seek(member.offset)
    header = file.read(_LOCAL_HEADER)
    damaged = len(header) < _LOCAL_HEADER or not header.startswith(b"PK\3\4")
    if damaged or member.compressed != member.size:
        raise BadIpa(f"{shorten(member.name)} is damaged inside the archive.", code="damaged_member")
    names = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    return member.offset + _LOCAL_HEADER + names


def _start(file: SeekableFile, size: int) -> None:
    """Everything from the first byte on is going to be read."""
    file.seek(0)
    expect = getattr(file, "expect", None)
    if expect is not None:
        expect(0, size)


def _copy(stream: Stream, target: IO[bytes], limit: int, budget: Budget) -> _Ipa:
    """All of `stream` in `target`, hashed on the way."""
    digest, size = hashlib.sha256(), 0
    while piece := stream.read(_PIECE):
        size += len(piece)
        check_size("The file", size, limit)
        budget.spend(0)  # the time; a member's bytes are counted where they are inflated
        digest.update(piece)
        target.write(piece)
    return _Ipa(target, size, digest.hexdigest())


def _read(ipa: _Ipa, inner: str | None, limits: Limits, clock: Callable[[], float]) -> IpaInfo:
    try:
        return read_ipa(
            ipa.file, size=ipa.size, sha256=ipa.sha256, limits=limits, frameworks=False, clock=clock
        )
    except BadIpa as error:
        if inner is not None:
            raise BadIpa(f"{shorten(inner)}, inside the zip: {error.public}", code=error.code) from None
        if error.code == "wraps_ipa":
            raise BadIpa(
                f"{error.public} Clients cannot open that. Upload the IPA itself, or give the app "
                "wrapped: true and a download-url in the catalog.",
                code=error.code,
            ) from None
        raise


class Window:
    """A part of a file, read as a file of its own."""

    def __init__(self, file: SeekableFile, start: int, size: int) -> None:
        self._file, self._start, self._size = file, start, size
        self._position = 0

    def seek(self, offset: int, /) -> int:
        self._position = max(0, offset)
        return self._position

    def read(self, size: int, /) -> bytes:
        rest = max(0, self._size - self._position)
        self._file.seek(self._start + self._position)
        data = self._file.read(min(size, rest) if size >= 0 else rest)
        self._position += len(data)
        return data

    def expect(self, start: int, end: int) -> None:
        """Passed on, for a file that fetches what it is asked for."""
        expect = getattr(self._file, "expect", None)
        if expect is not None:
            expect(self._start + start, self._start + min(end, self._size))
