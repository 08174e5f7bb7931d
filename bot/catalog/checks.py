"""The catalog's scalar types: what a URL, a colour, a path, a glob may look like. No I/O."""

import re
from datetime import datetime
from string import Formatter
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

PLACEHOLDERS = ("owner", "name", "repository", "tag", "asset", "file")
ADP_PLACEHOLDERS = ("owner", "name", "repository", "tag", "version", "build")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")  # plain http is for trying things on one's own machine
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2}))?", re.ASCII)
MAX_PLEDGE = 1_000_000
_RESERVED = (".git", ".github", ".altpress")


def check_url(value: str) -> str:
    """An absolute https address of printable ASCII, percent-encoded."""
    if not value.isascii() or any(c <= " " or c in '"<>\\^`{|}\x7f' for c in value):
        raise ValueError(
            "must be percent-encoded: no blanks, quotes, braces or non-ASCII letters in an address"
        )
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("is no address: `https://host/path` is allowed") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise ValueError("must begin with `https://`")
    if not host or parts.username or parts.password:
        raise ValueError("must name a host, and no user: `https://host/path`")
    return value


def check_template(value: str) -> str:
    """An address with {placeholders}."""
    return _check_template(value, PLACEHOLDERS)


def check_adp_template(value: str) -> str:
    """The address of a version's ADP: AltStore's server is led to it, and finds the version by it."""
    if any(mark in value for mark in "?#|"):
        raise ValueError("must not hold `?`, `#` or `|`: AltStore PAL cannot install from there")
    checked = _check_template(value, ADP_PLACEHOLDERS)
    if not any(f"{{{name}}}" in value for name in ("tag", "version", "build")):
        raise ValueError("must hold {tag}, {version} or {build}: each version has an ADP of its own")
    return checked


def _check_template(value: str, allowed: tuple[str, ...]) -> str:
    listed = ", ".join(f"{{{name}}}" for name in allowed)
    try:
        parts = list(Formatter().parse(value))
    except ValueError:
        raise ValueError(f"has a lone brace; allowed: {listed}") from None
    for _, name, spec, conversion in parts:
        if name is not None and (name not in allowed or spec or conversion):
            raise ValueError(f"has an unknown placeholder; allowed: {listed}")
    check_url(value.format(**dict.fromkeys(allowed, "x")))
    return value


def check_pledge(value: object) -> int | float | str:
    """A whole amount stays one: `3` is not published as `3.0`."""
    if value == "custom" and isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MAX_PLEDGE:
        return value
    raise ValueError("must be an amount such as 3 or 4.5, or `custom`")


def check_date(value: str) -> str:
    if not _DATE.fullmatch(value):
        raise ValueError("must be `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM:SSZ`")
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("is no day of the calendar, or no time of the day") from None
    return value


def check_path(value: str) -> str:
    """A relative path inside the repository."""
    parts = value.split("/")
    if any(p in ("", ".", "..") or p.lower() in _RESERVED for p in parts) or not re.fullmatch(
        r"[\w./ @+-]+", value
    ):
        raise ValueError("must be a path inside the repository, such as `apps.json` or `docs/apps.json`")
    if not value.endswith(".json"):
        raise ValueError("must end in `.json`")
    return value


def check_branch(value: str) -> str:
    bad = (
        ".." in value,
        "//" in value,
        "@{" in value,
        value.endswith((".lock", "/", ".")),
        value[:1] in "/.-",
    )
    if any(bad) or not re.fullmatch(r"[\w./#+@-]+", value):
        raise ValueError("is no name of a branch")
    return value


def check_glob(value: str) -> str:
    """A file-name pattern with `*`, `?` and `[…]`."""
    body = value.removeprefix("!")
    if not body or any(not c.isprintable() for c in body):
        raise ValueError("must be a pattern such as `*.ipa`")
    if _has_open_bracket(body):
        raise ValueError("has a `[` without its `]`")
    return value


def _has_open_bracket(glob: str) -> bool:
    """A `[` that no `]` closes; a `]` right after `[` or `[!` stands for itself."""
    start = glob.find("[")
    while start >= 0:
        first = start + (2 if glob.startswith("!", start + 1) else 1)
        end = glob.find("]", first + 1)
        if end < 0:
            return True
        start = glob.find("[", end + 1)
    return False


HttpsUrl = Annotated[
    str, AfterValidator(check_url), Field(max_length=2000, json_schema_extra={"format": "uri"})
]
UrlTemplate = Annotated[str, AfterValidator(check_template), Field(max_length=2000)]
AdpTemplate = Annotated[str, AfterValidator(check_adp_template), Field(max_length=2000)]
Pledge = Annotated[
    int | float | str,
    BeforeValidator(check_pledge),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0, "maximum": MAX_PLEDGE}, {"const": "custom"}]}),
]
IsoDate = Annotated[str, AfterValidator(check_date), Field(max_length=25)]
OutputPath = Annotated[str, AfterValidator(check_path), Field(max_length=200)]
BranchName = Annotated[str, AfterValidator(check_branch), Field(min_length=1, max_length=200)]
Glob = Annotated[str, AfterValidator(check_glob), Field(min_length=1, max_length=200)]
Colour = Annotated[str, Field(pattern=r"^#?[0-9A-Fa-f]{6}$")]
RepositoryName = Annotated[str, Field(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/[A-Za-z0-9._-]{1,100}$")]
