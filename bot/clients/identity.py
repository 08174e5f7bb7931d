"""By what a client tells one source from another: its address, not what the document says. No I/O.

AltStore 2 and SideStore (`URL+Normalized.swift`): moving the file makes another source, while http and https,
the case of letters and the query make no difference.
"""

from urllib.parse import unquote, urlsplit

_USUAL_PORTS = frozenset({80, 443})  # whatever the scheme


def build_source_identity(url: str) -> str:
    """`https://www.Example.com:443/a//b/Apps.json?x` -> `example.com/a/b/apps.json`.

    Raises ValueError where no host can be told.
    """
    parts = urlsplit(url)
    if not parts.scheme and not parts.netloc:
        parts = urlsplit(f"https://{url}")
    host, port = parts.hostname, parts.port
    if not host:
        raise ValueError("the address has no host")
    shown = host if port is None or port in _USUAL_PORTS else f"{host}:{port}"
    path = unquote(parts.path).replace("//", "/")
    return (shown + path).lower().removesuffix("/").removeprefix("www.")


def is_duplicate(url: str, other: str) -> bool:
    """Whether adding one ends in SourceError 5, "a source with the identifier already exists"."""
    return build_source_identity(url) == build_source_identity(other)
