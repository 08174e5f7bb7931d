"""The forms that settings have: how a variable's text becomes a value, and what it must look like."""

import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

LOOPBACK = ("127.0.0.1", "localhost", "::1")
ASSET_HOSTS = (
    "github.com",
    "objects.githubusercontent.com",
    "release-assets.githubusercontent.com",
    "github-releases.githubusercontent.com",
)
ROLES = ("read", "triage", "write", "maintain", "admin")
PEM = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.+-----END \1-----", re.DOTALL)
TEAM = re.compile(rf"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9][A-Za-z0-9_.-]*=({'|'.join(ROLES)})")


def _split(value: Any) -> Any:
    """`a, b` -> ("a", "b"): a comma-separated variable, or lines of a file."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.replace("\n", ",").split(",") if part.strip())
    return value


def _check_teams(value: tuple[str, ...]) -> tuple[str, ...]:
    if not all(TEAM.fullmatch(entry) for entry in value):
        raise ValueError(f"must be a list of `org/team=role`; a role is one of {', '.join(ROLES)}")
    return value


def _check_one_line(value: Path) -> Path:
    """A line end in it would end a line of the programs' configurations."""
    if any(ord(char) < 32 or ord(char) == 127 for char in str(value)):
        raise ValueError("must be a path without line ends or other control characters")
    return value


def _check_github(value: str) -> str:
    """GitHub's, which is sent tokens."""
    parts = _parts(value)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ValueError("must be https:// (plain http:// only on this machine)")
    if not parts.hostname or parts.username is not None or parts.query or parts.fragment:
        raise ValueError("must name a host and a path alone: no user, no query")
    return value.rstrip("/")


def _check_address(value: str) -> str:
    """One that cannot be taken apart would stop each sweep, which looks at its certificate."""
    _parts(value)
    return value


def _check_storage(value: str) -> str:
    """Of S3-compatible storage: it is sent signatures, and may be without TLS on a network of its own."""
    parts = _parts(value)
    if (
        parts.scheme not in {"https", "http"}
        or not parts.hostname
        or parts.username is not None
        or parts.query
    ):
        raise ValueError("must be https://HOST or http://HOST: no user, no query")
    return value.rstrip("/")


def _parts(value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("is no address") from None
    return parts


def _unfold(value: SecretStr) -> SecretStr:
    """Undo what secret stores do to a PEM: one line, its line ends written out as a backslash and n.

    What has no end is half of one: a file that was read while it was written, a line that was cut.
    """
    text = value.get_secret_value().replace("\\n", "\n")
    if not PEM.search(text):
        raise ValueError("must be a private key in PEM, from its line of BEGIN to its line of END")
    return SecretStr(text)


def _check_some(value: SecretStr) -> SecretStr:
    """A list of nothing would switch off what it protects."""
    if not value.get_secret_value().strip(", \r\n\t"):
        raise ValueError("must hold a secret, or be unset")
    return value


Folder = Annotated[Path, AfterValidator(_check_one_line)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_split)]
Teams = Annotated[Names, AfterValidator(_check_teams)]
GitHubAddress = Annotated[str, AfterValidator(_check_github)]
StorageAddress = Annotated[str, AfterValidator(_check_storage)]
Address = Annotated[str, AfterValidator(_check_address)]
Pem = Annotated[SecretStr, AfterValidator(_unfold)]
SecretList = Annotated[SecretStr, AfterValidator(_check_some)]  # `new,old` while it is rotated
