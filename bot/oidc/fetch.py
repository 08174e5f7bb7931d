"""One small document from an issuer: bounded in bytes and time, redirects refused."""

import ipaddress
import time
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from bot.errors import Unavailable

MOST_BYTES = 256 * 1024
TIMEOUT = 2.0  # seconds without a byte
LONGEST = 4.0  # seconds in all
_PIECE = 16 * 1024
DOWN = "GitHub's keys cannot be fetched now."


def fetch_document(url: str, *, longest: float = LONGEST) -> bytes:
    """The body of a 200 answer. Raises Unavailable for everything else.

    `url` is by https, or on this machine (config/settings.py holds the issuer to that, `jwks.py` its keys).
    """
    began = time.monotonic()
    with requests.Session() as session:
        try:
            with _send(session, url) as response:
                return _read(response, ends=began + longest)
        except (requests.RequestException, HTTPError, OSError, ValueError):  # ValueError: no address
            raise Unavailable(DOWN) from None


def _read(response: requests.Response, *, ends: float) -> bytes:
    if response.status_code != 200:
        raise Unavailable(f"{DOWN} The issuer answers {response.status_code}.")
    body = b""
    while piece := response.raw.read1(_PIECE):  # what has come: `read` waits for all of it
        body += piece
        if len(body) > MOST_BYTES or time.monotonic() > ends:
            raise Unavailable(f"{DOWN} The issuer sends too much, or too slowly.")
    return body


def _send(session: requests.Session, url: str) -> requests.Response:
    """Not `session.get`: it reads the whole body of a redirect, which may never end."""
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    prepared = session.prepare_request(requests.Request("GET", url, headers=headers, auth=_no_netrc))
    direct = {"http": "", "https": ""} if _is_loopback(urlsplit(url).hostname or "") else {}
    options = session.merge_environment_settings(url, direct, True, None, None)
    return session.get_adapter(url).send(
        prepared,
        stream=True,
        timeout=TIMEOUT,
        verify=options["verify"] or True,  # certificates are always checked
        cert=options["cert"],
        proxies=options["proxies"],
    )


def _no_netrc(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Given as `auth`, it keeps requests from looking for a password in ~/.netrc."""
    return request


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
