"""The first request for a remote file: its tail, where a zip has its directory, and its size.

A server that refuses ranges is read once into a temporary file.
"""

import contextlib
import tempfile
from dataclasses import dataclass
from typing import IO

import requests

from bot.errors import BadIpa, Unavailable
from bot.github.body import Body, host_of
from bot.github.wire import Wire, length_of, part_of

_TAIL = 1 << 16  # bytes of the first request
_WHOLE = 3 << 15  # a file known to be no larger than this is fetched whole at once


@dataclass(frozen=True)
class Opened:
    """What is known after the first request; `copy` is the whole file, of a server without ranges."""

    size: int
    tail: tuple[int, bytes] = (0, b"")  # (start, bytes)
    copy: IO[bytes] | None = None


def open_tail(wire: Wire, size: int | None, most: int) -> Opened:
    """Fetch the tail; `size` is what the caller knows, `most` the largest file that is read (BadIpa)."""
    if size is not None:
        _check_size(size, most)
    response = _request(wire, size)
    length = length_of(response)
    with contextlib.closing(response):
        if response.status_code == 206:
            return _keep_tail(wire, response, _check_size(length or 0, most, size), known=size is not None)
        if response.status_code == 416:
            if length == 0:
                return Opened(_check_size(0, most, size))
            raise Unavailable(f"{host_of(response.url)} refuses to send parts of the file.")
        return _copy_all(wire, response, most, size)


def _request(wire: Wire, size: int | None) -> requests.Response:
    if size is not None:
        return wire.request(f"bytes={_tail_start(size)}-")
    response = wire.request(f"bytes=-{_TAIL}")
    length = length_of(response)
    if length and (response.status_code == 416 or (response.status_code == 200 and length > _TAIL)):
        response.close()  # some servers know no ranges that count from the end, or none longer than the file
        response = wire.request(f"bytes={max(0, length - _TAIL)}-")
    return response


def _check_size(size: int, most: int, known: int | None = None) -> int:
    if size > most:
        raise BadIpa(f"The file has {size} bytes; altpress reads {most} at most.", code="too_large")
    if known is not None and size != known:
        raise Unavailable(f"The file has {size} bytes now, not {known}: it is being replaced.")
    return size


def _keep_tail(wire: Wire, response: requests.Response, size: int, *, known: bool) -> Opened:
    wire.etag = response.headers.get("ETag")
    start, end = part_of(response)
    if not end or (start, end) != (_tail_start(size) if known else max(0, size - _TAIL), size):
        raise Unavailable(f"{host_of(response.url)} sends another part of the file than asked for.")
    return Opened(size, (start, b"".join(Body(response, start, end, wire.transfer).pieces())))


def _copy_all(wire: Wire, response: requests.Response, most: int, known: int | None) -> Opened:
    """The whole file, of a server that knows no ranges, into a temporary file."""
    wire.etag = response.headers.get("ETag")
    end = _check_size(length_of(response) or 0, most) or None
    body = Body(response, 0, end or most + 1, wire.transfer)
    with contextlib.ExitStack() as opened:
        copy = opened.enter_context(tempfile.TemporaryFile(prefix="altpress-"))
        for piece in body.pieces(exact=end is not None):
            copy.write(piece)
            _check_size(copy.tell(), most)
        size = _check_size(copy.tell(), most, known)
        opened.pop_all()  # the caller closes it
    return Opened(size, copy=copy)


def _tail_start(size: int) -> int:
    return 0 if size <= _WHOLE else size - _TAIL
