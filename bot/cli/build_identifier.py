"""A source's identifier where no site's repository gives one. No I/O."""

import re
from urllib.parse import urlsplit

_RAW, _PAGES = "raw.githubusercontent.com", ".github.io"


def derive_identifier(base_url: str) -> str:
    """A lasting name from the public address: `https://acme.example/src/` gives `example.acme.src`.

    For an address of GitHub's it is `com.github.OWNER.NAME`, as a site of that repository would have it.
    """
    parts = urlsplit(base_url)
    host, path = (parts.hostname or "").lower(), [part for part in parts.path.lower().split("/") if part]
    if host == _RAW and len(path) > 1:
        labels = ["com", "github", *path[:2]]
    elif host.endswith(_PAGES):
        labels = ["com", "github", host.removesuffix(_PAGES), path[0] if path else host]
    else:
        labels = [*reversed(host.removeprefix("www.").split(".")), *path]
    return ".".join(re.sub(r"[^a-z0-9._-]+", "-", label) for label in labels)
