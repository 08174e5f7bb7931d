"""Which MongoDB or Redis it is that does not answer, and what to do. Credentials are never shown."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from bot.embedded.lock import holder
from bot.errors import DatabaseAway, QueueAway
from config.settings import Settings


@contextmanager
def naming_stores(settings: Settings) -> Iterator[None]:
    """Inside, what says that a store is away also says where it was looked for, and what to do."""
    try:
        yield
    except (DatabaseAway, QueueAway) as error:
        variable = "ALTPRESS_MONGO_URL" if isinstance(error, DatabaseAway) else "ALTPRESS_REDIS_URL"
        told = f"{error.public} {explain(settings, variable)}"
        raise type(error)(told, retry_after=error.retry_after) from error


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


def show_database(settings: Settings) -> str:
    """Which database it is that a command works on."""
    url = settings.mongo_url
    place = f"of {settings.data_dir.absolute()}" if url is None else f"at {hosts_of(url.get_secret_value())}"
    return f"the database {settings.mongo_database} {place}"


def hosts_of(url: str) -> str:
    """`mongodb://user:password@a:1,b:2/?x=y` -> `a:1,b:2`; the path of a socket."""
    rest = url.partition("://")[2]
    hosts = rest.partition("?")[0].rpartition("@")[2].partition("/")[0]
    return unquote(hosts) or urlsplit(url).path
