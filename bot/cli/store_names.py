"""Which MongoDB or Redis it is that does not answer, and what to do. Credentials are never shown."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from bot.embedded.lock import holder
from bot.errors import Unavailable
from config.settings import Settings

STORES = {"The database": "ALTPRESS_MONGO_URL", "The queue": "ALTPRESS_REDIS_URL"}


@contextmanager
def naming_stores(settings: Settings) -> Iterator[None]:
    """Inside, an Unavailable of a store says where it was looked for, and what to do."""
    try:
        yield
    except Unavailable as error:
        variable = next((name for store, name in STORES.items() if error.public.startswith(store)), None)
        if variable is None:
            raise
        told = f"{error.public} {explain(settings, variable)}"
        raise Unavailable(told, retry_after=error.retry_after) from error


def explain(settings: Settings, variable: str) -> str:
    """One sentence about the store that this variable names, or would."""
    secret = settings.mongo_url if variable == "ALTPRESS_MONGO_URL" else settings.redis_url
    if secret is not None:
        return f"It is looked for at {hosts_of(secret.get_secret_value())} ({variable})."
    if holder(settings.data_dir / "up.lock") is not None:
        return f"`altpress up` runs on {settings.data_dir}: see what it says."
    return (
        f"`altpress up` does not run on {settings.data_dir}: start it, name its directory with --data, "
        f"or set {variable}."
    )


def hosts_of(url: str) -> str:
    """`mongodb://user:password@a:1,b:2/?x=y` -> `a:1,b:2`; the path of a socket."""
    rest = url.partition("://")[2]
    hosts = rest.partition("?")[0].rpartition("@")[2].partition("/")[0]
    return unquote(hosts) or urlsplit(url).path
