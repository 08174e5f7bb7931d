"""The bytes of an answer, as they come: how many, how long they take, and when that is too long."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as SlowError

from bot.errors import Unavailable
from bot.github.causes import name_cause

_PIECE = 1 << 18  # bytes at a time
_SLOWEST = 1 << 14  # bytes a second that a server must send at least, once patience has run out


class Broken(Unavailable):
    """The connection failed: trying again at once is worth it."""


@dataclass(slots=True)
class Transfer:
    """What reading has cost so far. `requests` counts redirects too; `bytes` are those of bodies.

    Of a server that keeps sending a little, no single read ever times out: all waiting counts together.
    """

    requests: int = 0
    redirects: int = 0
    bytes: int = 0
    waited: float = 0.0  # seconds, for bodies
    patience: float = 60.0  # seconds, beyond those that a slow server may take

    def wait(self, began: float, size: int) -> bool:
        """Count the time since `began` for `size` bytes that are about to be counted; whether to go on."""
        self.waited += time.monotonic() - began
        return self.waited <= self.patience + (self.bytes + size) / _SLOWEST


@dataclass(slots=True)
class Body:
    """An open answer: the bytes from `position` to `end` of the file."""

    response: requests.Response
    position: int
    end: int
    transfer: Transfer

    def pieces(self, size: int = _PIECE, *, exact: bool = True) -> Iterator[bytes]:
        """The bytes, some at a time; `exact` False allows fewer than announced. Raises Broken."""
        while self.position < self.end:
            try:
                piece = self._read(min(size, _PIECE, self.end - self.position))
            except (HTTPError, OSError) as error:
                raise unreachable(self.response.url, error) from None
            if not piece and not exact:
                return
            if not piece:
                raise Broken(f"{host_of(self.response.url)} stopped sending in the middle of the file.")
            self.position += len(piece)
            self.transfer.bytes += len(piece)
            yield piece

    def _read(self, size: int) -> bytes:
        """So many bytes; fewer at the end of the answer. Raises Unavailable for a server that trickles."""
        parts: list[bytes] = []
        got = 0
        while got < size:
            began = time.monotonic()
            part: bytes = self.response.raw.read1(size - got)
            if not part:
                break
            parts.append(part)
            got += len(part)
            if not self.transfer.wait(began, got):
                raise Unavailable(f"{host_of(self.response.url)} sends too slowly.")
        return parts[0] if len(parts) == 1 else b"".join(parts)


def host_of(url: str | None) -> str:
    """What may be shown of an address: signed ones carry a secret in the query."""
    return urlsplit(url or "").hostname or "The server"


def unreachable(url: str | None, error: Exception) -> Broken:
    if isinstance(error, requests.Timeout | TimeoutError | SlowError):
        return Broken(f"{host_of(url)} does not answer in time.")
    return Broken(f"{host_of(url)} cannot be read from: {name_cause(error)}.")
