"""The connection, and all collections together."""

from datetime import UTC
from typing import Any
from urllib.parse import parse_qsl

import pymongo
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import ConfigurationError, InvalidURI

from bot.errors import BadSettings
from bot.store.answers import Answers
from bot.store.backups import Backups
from bot.store.blobs import Blobs
from bot.store.command_rates import CommandRates
from bot.store.decision_edits import DecisionEdits
from bot.store.deliveries import DAY_MS, Deliveries
from bot.store.errors import unavailable
from bot.store.hearing import Hearings
from bot.store.notices import Notices
from bot.store.publications import Publications
from bot.store.ready import Ready
from bot.store.records import Records
from bot.store.redeliveries import Redeliveries
from bot.store.reports import Reports
from bot.store.repositories import Repositories
from bot.store.safety import check_mongo, check_mongo_risks
from bot.store.sites import Sites
from bot.store.talks import Talks

ANSWERS_DAYS = 7
PUBLICATIONS_DAYS = 366  # the commits themselves tell the rest
NOTICES_DAYS = 400  # what was told longer ago is found on GitHub, where it is about to be told again
SOCKET_TIMEOUT_MS = 20_000  # a server that has hung must not hold a web thread for ever


def connect(url: str, *, timeout: float = 5.0) -> MongoClient[dict[str, Any]]:
    """A client; it connects when it is first used, and waits `timeout` seconds at most for a server.

    Not to be carried over a fork. A majority of a replica set's members must acknowledge a write, unless the
    URL says otherwise; a standalone server is a majority of its own. `mongodb+srv` is looked up on first use.
    Raises BadSettings when the URL cannot be used, or says that writes need no answer; it is never shown.
    """
    milliseconds = int(timeout * 1000)
    said = {name.lower() for name, _ in parse_qsl(url.partition("?")[2], keep_blank_values=True)}
    majority: dict[str, Any] = {} if "w" in said else {"w": "majority"}
    try:
        client: MongoClient[dict[str, Any]] = MongoClient(
            url,
            connect=False,
            appname="altpress",
            serverSelectionTimeoutMS=milliseconds,
            connectTimeoutMS=milliseconds,
            socketTimeoutMS=SOCKET_TIMEOUT_MS,
            **majority,
        )
    except OSError as error:  # the certificate authority's file, or the client's own certificate
        raise BadSettings(f"ALTPRESS_MONGO_URL names a file that cannot be used: {error.strerror}.") from None
    except (ConfigurationError, InvalidURI, ValueError):
        raise BadSettings("ALTPRESS_MONGO_URL is not a MongoDB URL that can be used.") from None
    if problems := check_mongo(client.write_concern.document):
        client.close()
        raise BadSettings(" ".join(problems))
    return client


@unavailable
class Store:
    """Everything that altpress keeps in MongoDB."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self.database = database
        self.deliveries = Deliveries(database)
        self.records = Records(database)
        self.sites = Sites(database)
        self.publications = Publications(database)
        self.blobs = Blobs(database)
        self.repositories = Repositories(database)
        self.notices = Notices(database)
        self.reports = Reports(database)
        self.ready = Ready(database)
        self.answers = Answers(database)
        self.redeliveries = Redeliveries(database)
        self.hearings = Hearings(database)
        self.decision_edits = DecisionEdits(database)
        self.talks = Talks(database)
        self.command_rates = CommandRates(database)
        self.backups = Backups(database)

    def ensure_indexes(self) -> None:
        """Create what is missing; doing it again is quick."""
        for part in (
            self.deliveries, self.records, self.sites, self.publications, self.blobs, self.repositories,
            self.notices, self.reports, self.ready, self.answers, self.redeliveries, self.hearings,
            self.decision_edits, self.talks, self.command_rates, self.backups,
        ):  # fmt: skip
            part.ensure_indexes()

    def ping(self, *, timeout: float | None = None) -> None:
        """Raise Unavailable when the server does not answer (in `timeout` seconds)."""
        with pymongo.timeout(timeout):
            self.database.command("ping")

    def check(self, *, timeout: float | None = None) -> None:
        """The same, and raise Unavailable while a restore has not put everything back."""
        with pymongo.timeout(timeout):
            self.database.command("ping")
            self.backups.check_whole()

    def describe_server(self) -> tuple[str, float]:
        """Its version, and what time it is there (Unix seconds)."""
        admin = self.database.client.admin
        version, now = admin.command("buildInfo")["version"], admin.command("hello")["localTime"]
        return str(version), now.replace(tzinfo=now.tzinfo or UTC).timestamp()

    def risks(self) -> list[str]:
        """What could lose acknowledged writes here; one public sentence each."""
        hello = self.database.client.admin.command("hello")
        concern = self.database.write_concern.document
        return check_mongo_risks(hello, concern, type(self.database.read_preference).__name__)

    def purge(self, now_ms: int, keep_days: int) -> int:
        """Forget old deliveries, and what was kept only to save asking again; the number of deliveries."""
        self.answers.purge(now_ms - ANSWERS_DAYS * DAY_MS)
        self.blobs.purge(now_ms - keep_days * DAY_MS)
        self.ready.purge(now_ms - keep_days * DAY_MS)
        self.notices.purge(now_ms - max(keep_days, NOTICES_DAYS) * DAY_MS)
        self.decision_edits.purge(now_ms - keep_days * DAY_MS)
        self.talks.purge(now_ms - keep_days * DAY_MS)
        self.command_rates.purge(now_ms - DAY_MS)
        self.publications.purge(now_ms - max(keep_days, PUBLICATIONS_DAYS) * DAY_MS)
        self.records.purge(now_ms - keep_days * DAY_MS)
        self.hearings.purge(self._heeded(), now_ms - keep_days * DAY_MS)
        self._forget(now_ms - keep_days * DAY_MS)
        return self.deliveries.purge(now_ms, keep_days)

    def _forget(self, before_ms: int) -> None:
        """What was to be done for sites that are gone; the time is for those that were only out of sight."""
        sites = {state.site.key for state in self.sites.all()}
        self.decision_edits.forget(sites, before_ms)
        self.notices.forget(sites, before_ms)
        self.reports.forget(sites)

    def _heeded(self) -> set[str]:
        """The repositories that a site is in, or is fed by, under all names that are known."""
        return {
            name
            for state in self.sites.all()
            for name in (state.site.repository, *state.apps, *state.renamed.values())
        }
