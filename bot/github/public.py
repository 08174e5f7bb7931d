"""Whether a public address shows certain bytes, asked as a client asks: AltStore sends no cache headers.

The address comes from a site's catalog, so it may lead anywhere: https alone, and to no address of a private
network. A name is looked up here, and the connection goes to the very address that was checked (a name that
changes in between gains nothing). GitHub's own API host is exempt: the operator named it, and the sandbox and
an Enterprise Server are where only few can reach them.
"""

import ipaddress
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from urllib.parse import urljoin, urlsplit

import certifi
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies, select_proxy
from urllib3.exceptions import HTTPError

from bot.errors import NotAllowed
from bot.github.causes import name_cause

HOPS = 5
PIECE = 1 << 16  # bytes
LONGEST = 120.0  # seconds for one document, however slowly it comes
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


def compare_public(url: str, expected: bytes, *, own_host: str) -> Shown:
    """Whether `url` shows these bytes; `own_host` is the API's. Raises NotAllowed for a forbidden address."""
    deadline = time.monotonic() + LONGEST
    for _ in range(HOPS + 1):
        try:
            with _answer(url, own_host) as response:
                if response.status not in REDIRECTS:
                    return _compare(response, expected, _host(url), deadline)
                url = urljoin(url, response.headers.get("Location", ""))
        except (HTTPError, OSError) as error:
            return Shown(same=False, why=f"{_host(url)} cannot be read from: {name_cause(error)}.")
        except ValueError:
            raise NotAllowed("A redirect leads to what is no address.") from None
    return Shown(same=False, why=f"{_host(url)} redirects too often.")


def check_public(url: str, *, own_host: str) -> None:
    """Raise NotAllowed for an address that is never fetched, whatever its name stands for."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.username is not None or parts.password is not None:
        raise NotAllowed("An address with a user name or password in it is not fetched.")
    if parts.scheme != "https" and not (parts.scheme == "http" and host == own_host):
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
def _answer(url: str, own_host: str) -> Iterator[Any]:
    check_public(url, own_host=own_host)
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxy = None if host == own_host else select_proxy(url, get_environ_proxies(url))
    pool = _proxied(url, proxy) if proxy else _pinned(parts.scheme, host, parts.port, own_host)
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


def _pinned(scheme: str, host: str, port: int | None, own_host: str) -> Any:
    """Connects to an address that was checked, and checks the certificate of the name."""
    address = _resolve(host, port or (443 if scheme == "https" else 80), own_host)
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


def _resolve(host: str, port: int, own_host: str) -> str:
    found = _look_up(host, port)
    if host != own_host:
        _check_all(host, found)
    return str(found[0])


def _look_up(host: str, port: int) -> list[Address]:
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in rows]


def _check_all(host: str, addresses: list[Address]) -> None:
    if not all(map(is_public, addresses)):
        raise NotAllowed(f"{host} is an address of a private network.")


def _compare(response: Any, expected: bytes, host: str, deadline: float) -> Shown:
    """Reads until the first difference: what is cached may be large."""
    if response.status != 200:
        return Shown(same=False, why=f"{host} answers {response.status}.")
    position = 0
    while piece := response.read(PIECE, decode_content=True):
        if expected[position : position + len(piece)] != piece:
            return Shown(same=False, why=f"{host} shows other bytes.")
        position += len(piece)
        if time.monotonic() > deadline:
            return Shown(same=False, why=f"{host} sends too slowly.")
    return Shown(same=position == len(expected), why=f"{host} shows fewer bytes.")


def _host(url: str) -> str:
    return urlsplit(url).hostname or "The server"
