"""The secrets inside of settings, one by one. No I/O."""

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from config.settings import SECRETS, Settings

LISTS = ("session_key", "metrics_token", "backup_key")  # `new,old` while they are rotated
URLS = ("mongo_url", "redis_url")


def split_secret(secret: SecretStr | None) -> tuple[str, ...]:
    """`new, old`, or lines of a file -> ("new", "old"): the first is used, each is valid."""
    text = secret.get_secret_value() if secret is not None else ""
    return tuple(part for part in map(str.strip, text.replace("\n", ",").split(",")) if part)


def list_secrets(settings: Settings) -> list[str]:
    """Every text that must not be seen anywhere: also the parts of lists, of keys and of addresses."""
    found: dict[str, None] = {}
    for name in SECRETS:
        value = getattr(settings, name)
        for secret in value if isinstance(value, tuple) else (value,):
            if secret is not None:
                found |= dict.fromkeys(_parts(name, secret))
    return list(found)


def _parts(name: str, secret: SecretStr) -> Iterator[str]:
    whole = secret.get_secret_value()
    yield whole
    if name in LISTS:
        yield from split_secret(secret)
    elif name in URLS:
        yield from _passwords(whole)
    elif name == "github_app_private_key":  # a line of it alone is too much
        yield from (line for line in whole.splitlines() if line and not line.startswith("-----"))


def _passwords(url: str) -> Iterator[str]:
    """As they stand there, and as they are meant."""
    try:
        password = urlsplit(url).password
    except ValueError:  # an address that is none; connecting says so
        return
    if password:
        yield password
        yield unquote(password)
