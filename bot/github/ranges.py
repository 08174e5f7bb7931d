"""A file on a server, read as a file: seekable, and fetching only the parts that are asked for.

The first request asks for the file's tail, where a zip has its directory, and learns the size. Later ones
go straight to the address that the redirects led to, and reach a little further than what is asked for. All
that is fetched in vain stays below 128 KiB and a tenth of what is used, if what `expect` was told is read.
A server that refuses ranges is read once into a temporary file. Every failure is one of ours: NotAllowed
(address), NotFound, Unavailable, BadIpa `too_large`.
"""

import io
from collections.abc import Collection, Mapping
from typing import IO, Any

import requests

from bot.errors import Unavailable
from bot.github.body import Body, Broken, host_of
from bot.github.patient import open_session
from bot.github.tail import open_tail
from bot.github.wire import Wire, length_of, part_of

_SPARE = 5 << 13  # bytes that may be fetched without having been asked for, in the hope that they will be
_SPARE_PART = 10  # and one byte more for so many that were asked for
_SKIPPED = 1 << 16  # bytes that are cheaper to read over than to ask anew
_LEFT = 1 << 12  # bytes that are cheaper to read than a new connection is
_HELD = 1 << 18  # a part of up to so many bytes is kept in memory; a longer one is streamed
_AHEAD_FIRST, _AHEAD = 1 << 15, 1 << 20  # the most of it in one request: anywhere, and where reading goes on
_ALL_HELD = 1 << 23  # bytes of all the parts kept at once
_ATTEMPTS = 3


def open_url(
    url: str,
    *,
    hosts: Collection[str],
    max_bytes: int,
    session: requests.Session | None = None,
    headers: Mapping[str, str] | None = None,
    size: int | None = None,
    timeout: float = 30.0,
) -> "RemoteFile":
    """Open `url` for reading; close it, or use it in `with`.

    Every host on the way must be in `hosts` (lower case, without port) and be spoken to by https, loopback
    apart. `headers` (credentials, Accept) go to the first host only. A file of more than `max_bytes` is
    refused. `size` is what the caller knows it to be; another size is then Unavailable.
    """
    wire = Wire(url, hosts, session or open_session(), headers or {}, timeout, owned=session is None)
    return RemoteFile(wire, size, max_bytes)


class RemoteFile(io.RawIOBase):
    """The open file. `transfer` tells the cost; `etag` and `final_url` what it was read from."""

    def __init__(self, wire: Wire, size: int | None, max_bytes: int) -> None:
        super().__init__()
        self._wire = wire
        self.transfer = wire.transfer
        self._position = 0
        self._held: list[tuple[int, bytes]] = []  # the parts fetched last, in the order of fetching
        self._body: Body | None = None
        self._expected = (0, 0)
        self._asked = 0  # bytes, those of the tail apart
        self._last_end = -1  # of the part fetched last
        self._copy: IO[bytes] | None = None
        try:
            opened = open_tail(wire, size, max_bytes)
        except BaseException:
            self.close()
            raise
        self.size, self._tail, self._copy = opened.size, opened.tail, opened.copy

    @property
    def etag(self) -> str | None:
        return self._wire.etag

    @property
    def final_url(self) -> str | None:
        return self._wire.final_url

    @property
    def held(self) -> int:
        """Bytes of the file that are kept in memory."""
        return len(self._tail[1]) + sum(len(data) for _, data in self._held)

    # ---- the file's interface ----

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        """All the bytes asked for; fewer only at the end of the file."""
        rest = max(0, self.size - self._position)
        size = rest if size is None or size < 0 else min(size, rest)
        parts = []
        while size:
            part = self._take(self._position, size)
            parts.append(part)
            self._position += len(part)
            size -= len(part)
        return b"".join(parts)

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def expect(self, start: int, end: int) -> None:
        """These bytes are likely to be read, one after another: one request may fetch them all."""
        self._expected = (start, end)

    def close(self) -> None:
        if not self.closed:
            self._drop_body()
            if self._copy:
                self._copy.close()
            self._wire.close()
        super().close()

    # ---- fetching ----

    def _take(self, at: int, size: int) -> bytes:
        """Some of the bytes from `at`, at least one."""
        if self._copy:
            self._copy.seek(at)
            return self._copy.read(size)
        if (held := self._find_held(at, size)) is not None:
            return held
        for _ in range(_ATTEMPTS):
            try:
                return self._fetch(at, size)
            except Broken as error:
                self._drop_body()
                failure = error
        raise failure

    def _find_held(self, at: int, size: int) -> bytes | None:
        for start, data in (self._tail, *self._held):
            if start <= at < start + len(data):
                found = data[at - start : at - start + size]
                self._asked += len(found) if at < self._tail[0] else 0
                return found
        return None

    def _fetch(self, at: int, size: int) -> bytes:
        if self._body is None or not self._read_over(at):
            self._finish_body()
            start, end = at, self._choose_end(at, size)
            self._body = self._request_part(start, end)
            if end - start <= _HELD:
                self._hold(start, b"".join(self._body.pieces()))
                self._drop_body()
                return self._find_held(at, size) or b""
        piece = next(self._body.pieces(size))
        self._asked += len(piece)
        if self._body.position >= self._body.end:
            self._drop_body()
        return piece

    def _read_over(self, at: int) -> bool:
        """Whether the open answer goes on at this place, a little that lies before it read over."""
        body = self._body
        if body is None or not body.position <= at < min(body.end, body.position + _SKIPPED):
            return False
        while body.position < at:
            next(body.pieces(at - body.position))
        return True

    def _hold(self, start: int, data: bytes) -> None:
        self._held.append((start, data))
        while self.held > _ALL_HELD:
            del self._held[0]

    def _choose_end(self, at: int, size: int) -> int:
        """Where the part of the file that is asked for ends, when `size` bytes from `at` are needed."""
        start, end = self._expected
        end = max(end, at + size) if start <= at < end else at + size
        missing = min((start for start, _ in self._held if start >= end), default=self._tail[0])
        wasted = self.transfer.bytes - len(self._tail[1]) - self._asked
        spare = max(0, _SPARE + self._asked // _SPARE_PART - wasted)
        goes_on = at == self._last_end
        ahead = min(spare, _AHEAD) if goes_on else min(spare // 2, _AHEAD_FIRST)
        if end - at <= _HELD // 2:  # what is streamed keeps nothing for later
            end = missing if missing - end <= min(spare, _HELD // 2) else end + ahead
        self._last_end = min(end, self._tail[0])
        return self._last_end

    def _request_part(self, start: int, end: int) -> Body:
        response = self._wire.request(f"bytes={start}-{end - 1}")
        changed = response.status_code != 206 or length_of(response) != self.size
        if changed or response.headers.get("ETag") != self._wire.etag:
            response.close()
            raise Changed(f"The file at {host_of(response.url)} changed while it was read.")
        if part_of(response) != (start, end):
            response.close()
            raise Unavailable(f"{host_of(response.url)} sends another part of the file than asked for.")
        return Body(response, start, end, self.transfer)

    def _drop_body(self) -> None:
        if self._body is not None:
            self._body.response.close()
            self._body = None

    def _finish_body(self) -> None:
        """Read what little is left of the open answer: its connection then serves the next request."""
        if self._body is not None and self._body.end - self._body.position <= _LEFT:
            for _ in self._body.pieces():
                pass
        self._drop_body()


class Changed(Unavailable):
    """The file is not the one that reading began with; starting over may succeed, going on cannot."""

    code = "changed"
