"""A whole document at an address, whatever the server's status says: as AltStore fetches a source.

AltStore never looks at the status, so an error page is a document too, and one that a client refuses; only
where no bytes can be had is it an error of ours. What a server packs unasked is unpacked, as URLSession does.
"""

import contextlib
import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import requests

from bot.errors import TooLarge, Unavailable
from bot.github.body import Body, host_of
from bot.github.patient import open_session
from bot.github.wire import Wire

_GZIP = ("gzip", "x-gzip", "deflate")
_EITHER = 32 + zlib.MAX_WBITS  # gzip or zlib, by the first bytes


@dataclass(frozen=True, slots=True)
class Page:
    data: bytes
    status: int  # 200 also for a server that answers with the part that was asked for, which is all


class _AnyStatus(Wire):
    """Hands out every answer."""

    def _checked(self, response: requests.Response) -> requests.Response:
        if _encoding(response) in ("identity", *_GZIP):
            return response
        response.close()
        raise Unavailable(f"{host_of(response.url)} sends the document in another encoding than asked for.")


def fetch_page(url: str, *, hosts: Collection[str], max_bytes: int, timeout: float = 30.0) -> Page:
    """The document. Redirects are followed, by https, or http to this machine.

    Raises NotAllowed (the address), Unavailable, TooLarge.
    """
    wire = _AnyStatus(url, hosts, open_session(), {"Accept": "application/json, */*"}, timeout, owned=True)
    with contextlib.closing(wire), contextlib.closing(wire.request("bytes=0-")) as response:
        whole = response.status_code in (206, 416)  # 416: not a byte is there
        pieces: Iterable[bytes] = Body(response, 0, max_bytes + 1, wire.transfer).pieces(exact=False)
        if response.status_code == 416:
            data = b""
        elif _encoding(response) in _GZIP:
            data = _unpack(pieces, max_bytes + 1, host_of(response.url))
        else:
            data = b"".join(pieces)
    if len(data) > max_bytes:
        raise TooLarge(f"The document has more than {max_bytes} bytes, which is as much as altpress reads.")
    return Page(data, 200 if whole else response.status_code)


def _encoding(response: requests.Response) -> str:
    return response.headers.get("Content-Encoding", "identity").strip().lower() or "identity"


def _unpack(pieces: Iterable[bytes], most: int, host: str) -> bytes:
    """At most so many bytes, however densely they are packed."""
    inflater, parts, left = zlib.decompressobj(_EITHER), [], most
    try:
        for piece in pieces:
            parts.append(inflater.decompress(piece, left))
            left -= len(parts[-1])
            if not left:
                break
    except zlib.error:
        raise Unavailable(f"{host} says that the document is packed, and it cannot be unpacked.") from None
    if left and not inflater.eof:
        raise Unavailable(f"{host} stopped sending in the middle of the packed document.")
    return b"".join(parts)
