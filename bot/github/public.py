"""Whether a public address shows certain bytes, asked as a client asks: AltStore sends no cache headers.

The address comes from a site's catalog, so it may lead anywhere: https alone, and to no address of a private
network. A name is looked up here, and the connection goes to the very address that was checked (a name that
changes in between gains nothing). The origin of GitHub's API is exempt (its scheme, host and port, no other):
the operator named it, and the sandbox and an Enterprise Server are where only few can reach them.
"""

import ipaddress
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import certifi
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies, select_proxy
from urllib3.exceptions import HTTPError

from bot.errors import NotAllowed
from bot.github.addresses import origin_of
from bot.github.causes import name_cause

HOPS = 5
PIECE = 1 << 16  # bytes
LONGEST = 120.0  # seconds for one document with all redirects, however slowly they come
TIMEOUT = urllib3.Timeout(connect=10, read=20)
HEADERS = {"Accept": "*/*", "Accept-Encoding": "gzip, deflate", "User-Agent": "altpress"}
REDIRECTS = (301, 302, 303, 307, 308)
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Shown:
    """What an address shows."""

    same: bool
    why: str = ""  # a public sentence, when it is not the same


class Watch:
    """Ends a connection when its time is up: where a server trickles, no single read ever times out."""

    def __init__(self, seconds: float) -> None:
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self.ended = seconds <= 0
        self._timer = threading.Timer(max(seconds, 0), self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            for each in self._sockets:
                each.close()
            self._sockets.clear()

    def follow(self, pool: Any) -> Any:
        """The pool, with connections that end in time; by a second handle, for TLS takes the first away."""
        watch = self

        class Watched(pool.ConnectionCls):  # type: ignore[misc]  # a class of urllib3's, whichever
            def _new_conn(self) -> socket.socket:
                connection: socket.socket = super()._new_conn()
                watch.add(connection)
                return connection

        pool.ConnectionCls = Watched
        return pool

    def add(self, connection: socket.socket) -> None:
        with self._lock:
            self._sockets.append(connection.dup())
        if self.ended:
            self._end()

    def _end(self) -> None:
        self.ended = True
        with self._lock:
            for each in self._sockets:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)


def compare_public(url: str, expected: bytes, *, own: str, seconds: float = LONGEST) -> Shown:
    """Whether `url` shows these bytes, after so many seconds at most (and what a name server takes).

    `own` is any address of the API. Raises NotAllowed for a forbidden address.
    """
    with Watch(seconds) as watch:
        for _ in range(HOPS + 1):
            try:
                with _answer(url, own, watch) as response:
                    if response.status not in REDIRECTS:
                        return _compare(response, expected, _host(url), watch)
                    url = urljoin(url, response.headers.get("Location", ""))
            except (HTTPError, OSError) as error:
                return _unread(url, error, watch)
            except ValueError:
                raise NotAllowed("A redirect leads to what is no address.") from None
    return Shown(same=False, why=f"{_host(url)} redirects too often.")


def _unread(url: str, error: Exception, watch: Watch) -> Shown:
    if watch.ended:
        return Shown(same=False, why=f"{_host(url)} sends too slowly.")
    return Shown(same=False, why=f"{_host(url)} cannot be read from: {name_cause(error)}.")


def check_public(url: str, *, own: str) -> None:
    """Raise NotAllowed for an address that is never fetched, whatever its name stands for."""
    parts = urlsplit(url)
    _, host, _ = origin_of(url)
    if parts.username is not None or parts.password is not None:
        raise NotAllowed("An address with a user name or password in it is not fetched.")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_own(url, own)):
        raise NotAllowed(f"The address of {host or 'the source'} is not an https one.")
    if not host:
        raise NotAllowed("An address without a host cannot be fetched.")


def is_public(address: Address) -> bool:
    """Whether anybody on the Internet could reach it; an IPv4 address inside an IPv6 one counts as itself."""
    if isinstance(address, IPv6Address):
        wrapped = IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else None
        address = address.ipv4_mapped or address.sixtofour or wrapped or address
    return address.is_global and not address.is_multicast


@contextmanager
def _answer(url: str, own: str, watch: Watch) -> Iterator[Any]:
    check_public(url, own=own)
    parts = urlsplit(url)
    proxy = None if _is_own(url, own) else select_proxy(url, get_environ_proxies(url))
    pool = watch.follow(_proxied(url, proxy) if proxy else _pinned(url, own))
    target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    try:
        asked = url if proxy and parts.scheme == "http" else target
        response = pool.urlopen(
            "GET", asked, headers={**HEADERS, "Host": parts.netloc}, redirect=False, retries=False,
            preload_content=False, timeout=TIMEOUT, assert_same_host=False,
        )  # fmt: skip
        try:
            yield response
        finally:
            response.close()
    finally:
        pool.close()


def _is_own(url: str, own: str) -> bool:
    return origin_of(url) == origin_of(own)


def _pinned(url: str, own: str) -> Any:
    """Connects to an address that was checked, and checks the certificate of the name."""
    scheme, host, port = origin_of(url)
    address = _resolve(host, port or 443, checked=not _is_own(url, own))
    if scheme == "http":
        return urllib3.HTTPConnectionPool(address, port)
    return urllib3.HTTPSConnectionPool(
        address,
        port,
        server_hostname=host,
        assert_hostname=host,
        cert_reqs="CERT_REQUIRED",
        ca_certs=certifi.where(),
    )


def _proxied(url: str, proxy: str) -> Any:
    """The proxy looks names up, and decides what may be reached; what is known here is checked too."""
    host = urlsplit(url).hostname or ""
    try:
        found = _look_up(host, 443)
    except OSError:
        found = []
    _check_all(host, found)
    pool = HTTPAdapter().proxy_manager_for(proxy).connection_from_url(url)
    pool.cert_reqs, pool.ca_certs = "CERT_REQUIRED", certifi.where()
    return pool


def _resolve(host: str, port: int, *, checked: bool) -> str:
    found = _look_up(host, port)
    if checked:
        _check_all(host, found)
    return str(found[0])


def _look_up(host: str, port: int) -> list[Address]:
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in rows]


def _check_all(host: str, addresses: list[Address]) -> None:
    if not all(map(is_public, addresses)):
        raise NotAllowed(f"{host} is an address of a private network.")


def _compare(response: Any, expected: bytes, host: str, watch: Watch) -> Shown:
    """Reads until the first difference: what is cached may be large."""
    if response.status != 200:
        return Shown(same=False, why=f"{host} answers {response.status}.")
    position = 0
    while piece := response.read(PIECE, decode_content=True):
        if expected[position : position + len(piece)] != piece:
            return Shown(same=False, why=f"{host} shows other bytes.")
        position += len(piece)
    if watch.ended:
        return Shown(same=False, why=f"{host} sends too slowly.")
    return Shown(same=position == len(expected), why=f"{host} shows fewer bytes.")


def _host(url: str) -> str:
    return urlsplit(url).hostname or "The server"
