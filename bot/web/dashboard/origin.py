"""Where a form was sent from. No I/O."""

from collections.abc import Mapping
from urllib.parse import urlsplit


def is_own_form(headers: Mapping[str, str], host: str, public_url: str | None = None) -> bool:
    """Whether a browser that sent these headers sent them from a page of ours, at `host` or `public_url`.

    Beside the CSRF token, which every form carries. Browsers name the origin of every POST; what names none
    is no browser that could be tricked. Scheme is left out: behind a proxy that ends TLS we may not know it.
    """
    site = headers.get("Sec-Fetch-Site")
    if site is not None and site != "same-origin":
        return False
    origin = headers.get("Origin")
    if origin is None:
        return True
    hosts = {host.lower()} | ({urlsplit(public_url).netloc.lower()} if public_url else set())
    place = urlsplit(origin).netloc.lower()
    return place != "" and place in hosts  # "": `null`, from a page that hides where it is
