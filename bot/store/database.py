"""The connection, and all collections together."""

from typing import Any

from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import ConfigurationError, InvalidURI

from bot.errors import BadSettings
from bot.store.blobs import Blobs
from bot.store.deliveries import DAY_MS, Deliveries
from bot.store.errors import unavailable
from bot.store.notices import Notices
from bot.store.publications import Publications
from bot.store.records import Records
from bot.store.repositories import Repositories
from bot.store.sites import Sites

SOCKET_TIMEOUT_MS = 20_000  # a server that has hung must not hold a web thread for ever


def connect(url: str, *, timeout: float = 5.0) -> MongoClient[dict[str, Any]]:
    """A client; it connects when it is first used, and waits `timeout` seconds at most for a server.

    Not to be carried over a fork. Raises BadSettings when the URL cannot be read; the URL is never shown.
    """
    milliseconds = int(timeout * 1000)
    try:
        return MongoClient(
            url,
            appname="altpress",
            serverSelectionTimeoutMS=milliseconds,
            connectTimeoutMS=milliseconds,
            socketTimeoutMS=SOCKET_TIMEOUT_MS,
        )
    except (ConfigurationError, InvalidURI, ValueError):
        raise BadSettings("ALTPRESS_MONGO_URL is not a MongoDB URL that can be used.") from None


@unavailable
class Store:
    """Everything that altpress keeps in MongoDB."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._database = database
        self.deliveries = Deliveries(database)
        self.records = Records(database)
        self.sites = Sites(database)
        self.publications = Publications(database)
        self.blobs = Blobs(database)
        self.repositories = Repositories(database)
        self.notices = Notices(database)

    def ensure_indexes(self) -> None:
        """Create what is missing; doing it again is quick."""
        for part in (
            self.deliveries, self.records, self.sites, self.publications, self.blobs, self.repositories,
            self.notices,
        ):  # fmt: skip
            part.ensure_indexes()

    def ping(self) -> None:
        """Raise Unavailable when the server does not answer."""
        self._database.command("ping")

    def purge(self, now_ms: int, keep_days: int) -> int:
        """Forget old deliveries and cached blobs; the number of deliveries."""
        self.blobs.purge(now_ms - keep_days * DAY_MS)
        return self.deliveries.purge(now_ms, keep_days)
