"""Public addresses of what lies in repositories. No I/O."""

from urllib.parse import quote, urlsplit

PUBLIC_API = "https://api.github.com"
RAW = "https://raw.githubusercontent.com"


def raw_base_url(api_url: str, repository: str, branch: str) -> str:
    """Where a branch's files can be read by anybody; ends with "/".

    Enterprise Server and the sandbox serve them below their own address: `X/api/v3` -> `X/raw/…`.
    """
    place = f"{quote(repository)}/{quote(branch)}/"
    if api_url.rstrip("/") == PUBLIC_API:
        return f"{RAW}/{place}"
    return f"{api_url.rstrip('/').removesuffix('/api/v3')}/raw/{place}"


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Scheme, host in lower case, port (None: it is no number, so it equals no origin that is asked for)."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        return (parts.scheme, "", None)
    return (
        parts.scheme,
        (parts.hostname or "").lower(),
        port or {"http": 80, "https": 443}.get(parts.scheme),
    )


def host_of(api_url: str) -> str:
    """The host of an address, in lower case, without port."""
    return (urlsplit(api_url).hostname or "").lower()
