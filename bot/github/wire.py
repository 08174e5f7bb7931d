"""Requests for the parts of one file: which addresses may be spoken to, redirects, headers, failures.

Redirects are followed by hand: every hop's host must be on the list, and credentials go to the first origin
only. No error's text holds an address: signed ones carry a secret in their query.
"""

import contextlib
import ipaddress
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import requests

from bot.errors import NotAllowed, NotFound, RateLimited, Unavailable
from bot.github.body import Transfer, host_of, unreachable

_HOPS = 5
_LONGEST_PAUSE = 3600.0  # seconds
_CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18})")
_REDIRECTS = (301, 302, 303, 307, 308)


class AnyHost(Collection[str]):
    """For an address that a person typed: every host is on the list."""

    def __contains__(self, host: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class Wire:
    """Requests for one address: redirects, headers and failures."""

    def __init__(
        self,
        url: str,
        hosts: Collection[str],
        session: requests.Session,
        headers: Mapping[str, str],
        timeout: float,
        *,
        owned: bool,
    ) -> None:
        self.transfer = Transfer(patience=2 * timeout)
        self.final_url: str | None = None
        self.etag: str | None = None
        self._url, self._hosts, self._session, self._headers = url, hosts, session, headers
        self._timeout, self._owned = timeout, owned

    def close(self) -> None:
        if self._owned:
            self._session.close()

    def request(self, wanted: str) -> requests.Response:
        """The answer to a request for this range; an expired final address is looked up once more."""
        if self.final_url is not None:
            response = self._send(self.final_url, wanted)
            if response.status_code not in (401, 403, 404, 410) or self.final_url == self._url:
                return self._checked(response)
            response.close()
        return self._checked(self._follow(wanted))

    def _follow(self, wanted: str) -> requests.Response:
        url = self._url
        for _ in range(_HOPS + 1):
            response = self._send(url, wanted)
            if response.status_code not in _REDIRECTS:
                self.final_url = url
                return response
            self.transfer.redirects += 1
            location = response.headers.get("Location", "")
            response.close()
            url = _join(url, location)
            check_hop(self._url, url)
        raise Unavailable(f"{host_of(self._url)} redirects too often.")

    def _send(self, url: str, wanted: str) -> requests.Response:
        check_url(url, self._hosts)
        direct = {"http": "", "https": ""} if _is_loopback(host_of(url)) else {}  # no proxy to this machine
        headers: dict[str, Any] = {"Accept-Encoding": "identity", "Range": wanted}
        if _origin(url) == _origin(self._url):
            headers |= self._headers
        else:
            headers |= {"Authorization": None, "Cookie": None}  # not even the session's own
        if self.etag and not self.etag.startswith("W/"):
            headers["If-Range"] = self.etag
        self.transfer.requests += 1
        request = requests.Request("GET", url, headers=headers, auth=_no_netrc)
        try:
            prepared = self._session.prepare_request(request)
            options = self._session.merge_environment_settings(url, direct, True, None, None)
            # not `session.get`: it reads the whole body of a redirect, which may never end
            return self._session.get_adapter(url).send(
                prepared,
                stream=True,
                timeout=self._timeout,
                verify=options["verify"] or True,  # certificates are always checked
                cert=options["cert"],
                proxies=options["proxies"],
            )
        except (requests.RequestException, ValueError) as error:  # ValueError: an address that is none
            raise unreachable(url, error) from None

    def _checked(self, response: requests.Response) -> requests.Response:
        host, status = host_of(response.url), response.status_code
        if status in (200, 206, 416):
            if response.headers.get("Content-Encoding", "identity") == "identity":
                return response
            response.close()
            raise Unavailable(f"{host} sends the file in another encoding than asked for.")
        response.close()
        if status in (404, 410):
            raise NotFound(f"{host} has no such file.")
        if status in (401, 403):
            raise NotAllowed(f"{host} does not let us read the file ({status}).")
        pause = response.headers.get("Retry-After", "")
        after = min(float(pause), _LONGEST_PAUSE) if pause.isdecimal() else None
        failure = RateLimited if status == 429 else Unavailable
        raise failure(f"{host} answers {status}.", retry_after=after)


def check_url(url: str, hosts: Collection[str]) -> None:
    """Raise NotAllowed unless the host is on the list, and spoken to by https or on this machine."""
    parts = _split(url)
    host = (parts.hostname or "").lower()
    named = {host, parts.netloc.lower()}  # the list may name a port
    if parts.username is not None or parts.password is not None:
        raise NotAllowed("An address with a user name or password in it is not fetched.")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise NotAllowed(f"The address of {host or 'the file'} is not an https one.")
    if not host or not any(name in hosts for name in named):
        raise NotAllowed(f"{host or 'An address without a host'} is not on the list of hosts to fetch from.")


def check_hop(start: str, url: str) -> None:
    """Raise NotAllowed where a server elsewhere redirects to this machine, whatever the list says."""
    if _is_loopback((_split(url).hostname or "").lower()) and not _is_loopback(host_of(start)):
        raise NotAllowed(f"{host_of(start)} redirects to this machine.")


def _join(url: str, location: str) -> str:
    """Where a redirect leads. Raises Unavailable and NotAllowed."""
    if not location:
        raise Unavailable(f"{host_of(url)} redirects without saying where to.")
    try:
        joined = urljoin(url, location)
        scheme = urlsplit(joined).scheme[:20]
    except ValueError:
        joined = scheme = ""
    if scheme not in ("https", "http"):
        raise NotAllowed(
            f"{host_of(url)} redirects to what is no https address{f' ({scheme})' if scheme else ''}."
        )
    return joined


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # a bad one raises only when asked for
    except ValueError:
        raise NotAllowed("This is no address that can be fetched.") from None
    return parts


def _is_loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _no_netrc(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Given as `auth`, it keeps requests from looking for a password in ~/.netrc."""
    return request


def length_of(response: requests.Response) -> int | None:
    """The whole file's length as this answer tells it."""
    if response.status_code == 200:
        text = response.headers.get("Content-Length", "")
        return int(text) if text.isdecimal() and len(text) < 19 else None
    found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    return int(found.group(3)) if found else None


def part_of(response: requests.Response) -> tuple[int, int]:
    """(start, end) of the part that this answer holds; (0, 0) when it does not say."""
    found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    return (int(found.group(1)), int(found.group(2)) + 1) if found and found.group(1) else (0, 0)
