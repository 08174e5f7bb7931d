"""A file on a server, read as a file: seekable, and fetching only the parts that are asked for.

The first request asks for the file's tail, where a zip has its directory, and learns the size. Later ones
go straight to the address that the redirects led to. A server that refuses ranges is read once into a
temporary file. Every failure is one of ours: NotAllowed (address), NotFound, Unavailable, BadIpa `too_large`.
"""

import contextlib
import io
import tempfile
from collections.abc import Collection, Mapping
from typing import IO, Any

import requests

from bot.errors import BadIpa, Unavailable
from bot.github.wire import Body, Broken, Wire, host_of, length_of, part_of

_TAIL = 1 << 16  # bytes of the first request
_SMALL = 1 << 20  # up to here the second request takes all that is missing
_MEDIUM = 1 << 22  # up to here the fourth does
_AHEAD = (1 << 16, 1 << 23)  # read-ahead while reading on: first, and at most
_HELD = 1 << 22  # a part of up to so many bytes is kept in memory; a longer one is streamed
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
    wire = Wire(url, hosts, session or requests.Session(), headers or {}, timeout, owned=session is None)
    return RemoteFile(wire, size, max_bytes)


class RemoteFile(io.RawIOBase):
    """The open file. `transfer` tells the cost; `etag` and `final_url` what it was read from."""

    def __init__(self, wire: Wire, size: int | None, max_bytes: int) -> None:
        super().__init__()
        self._wire, self._max = wire, max_bytes
        self.transfer = wire.transfer
        self._position = 0
        self._held: list[tuple[int, bytes]] = []  # (start, bytes): the tail first
        self._body: Body | None = None
        self._copy: IO[bytes] | None = None
        self._expected = (0, 0)
        self._last_end, self._ahead, self._parts = -1, 0, 0
        try:
            self.size = self._open(size)
        except BaseException:
            self.close()
            raise

    @property
    def etag(self) -> str | None:
        return self._wire.etag

    @property
    def final_url(self) -> str | None:
        return self._wire.final_url

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
        """These bytes are certain to be read, one after another: one request may fetch them all."""
        self._expected = (start, end)

    def close(self) -> None:
        if not self.closed:
            self._drop_body()
            if self._copy:
                self._copy.close()
            self._wire.close()
        super().close()

    # ---- opening ----

    def _open(self, size: int | None) -> int:
        """Fetch the tail; the file's size."""
        if size is not None:
            self._check_size(size)
        response = self._wire.request(f"bytes=-{_TAIL}" if size is None else f"bytes={max(0, size - _TAIL)}-")
        length = length_of(response)
        if size is None and length and length > _TAIL and response.status_code in (200, 416):
            response.close()  # some servers know ranges, but not those that count from the end
            response = self._wire.request(f"bytes={length - _TAIL}-")
        with contextlib.closing(response):
            if response.status_code == 206:
                return self._keep_tail(response, self._check_size(length or 0, size))
            if response.status_code == 416:
                if length == 0:
                    return self._check_size(0, size)
                raise Unavailable(f"{host_of(response.url)} refuses to send parts of the file.")
            return self._check_size(self._copy_all(response), size)

    def _check_size(self, size: int, known: int | None = None) -> int:
        if size > self._max:
            raise BadIpa(f"The file has {size} bytes; altpress reads {self._max} at most.", code="too_large")
        if known is not None and size != known:
            raise Unavailable(f"The file has {size} bytes now, not {known}: it is being replaced.")
        return size

    def _keep_tail(self, response: requests.Response, size: int) -> int:
        self._wire.etag = response.headers.get("ETag")
        start, end = part_of(response)
        if not end or (start, end) != (max(0, size - _TAIL), size):
            raise Unavailable(f"{host_of(response.url)} sends another part of the file than asked for.")
        self._parts = 1
        self._held.append((start, b"".join(Body(response, start, end, self.transfer).pieces())))
        return size

    def _copy_all(self, response: requests.Response) -> int:
        """The whole file, of a server that knows no ranges, into a temporary file; its size."""
        self._wire.etag = response.headers.get("ETag")
        self._copy = tempfile.TemporaryFile(prefix="altpress-")  # noqa: SIM115 -- `close` closes it
        end = self._check_size(length_of(response) or 0) or None
        body = Body(response, 0, end or self._max + 1, self.transfer)
        for piece in body.pieces(exact=end is not None):
            self._copy.write(piece)
            self._check_size(self._copy.tell())
        return self._copy.tell()

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
        for start, data in self._held:
            if start <= at < start + len(data):
                return data[at - start : at - start + size]
        return None

    def _fetch(self, at: int, size: int) -> bytes:
        if self._body is None or self._body.position != at:
            self._drop_body()
            start, end = self._choose_part(at, size)
            self._body = self._request_part(start, end)
            self._last_end = end
            if end - start <= _HELD:
                data = b"".join(self._body.pieces())
                self._drop_body()
                self._held[1:] = [*self._held[1:], (start, data)][-3:]
                return data[at - start : at - start + size]
        piece = next(self._body.pieces(size))
        if self._body.position >= self._body.end:
            self._drop_body()
        return piece

    def _choose_part(self, at: int, size: int) -> tuple[int, int]:
        """Which part of the file to ask for, when `size` bytes from `at` are needed."""
        tail = self._held[0][0]
        if self.size <= _SMALL or (self.size <= _MEDIUM and self._parts >= 3):
            return 0, tail
        start, end = self._expected
        if start <= at < end:
            return at, min(tail, max(end, at + size))
        self._ahead = min(max(_AHEAD[0], 2 * self._ahead), _AHEAD[1]) if at == self._last_end else 0
        return at, min(tail, at + max(size, self._ahead))

    def _request_part(self, start: int, end: int) -> Body:
        response = self._wire.request(f"bytes={start}-{end - 1}")
        changed = response.status_code != 206 or length_of(response) != self.size
        if changed or response.headers.get("ETag") != self._wire.etag:
            response.close()
            raise Changed(f"The file at {host_of(response.url)} changed while it was read.")
        if part_of(response) != (start, end):
            response.close()
            raise Unavailable(f"{host_of(response.url)} sends another part of the file than asked for.")
        self._parts += 1
        return Body(response, start, end, self.transfer)

    def _drop_body(self) -> None:
        if self._body is not None:
            self._body.response.close()
            self._body = None


class Changed(Unavailable):
    """The file is not the one that reading began with; starting over may succeed, going on cannot."""

    code = "changed"
