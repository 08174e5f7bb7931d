"""One migration at a time, on a database that nobody else migrates: applied, counted, or taken back."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from pymongo.database import Database

from bot import __version__
from bot.errors import BotError
from bot.every import Every
from bot.migrate.lease import Lease, Lost
from bot.migrate.model import Applied, Migration
from bot.migrate.notes import Notes
from bot.migrate.outcome import Failed, Outcome
from bot.migrate.steps import Beat, Rewriting

log = logging.getLogger(__name__)
PASSES_MS = (600_000, 3_600_000, 21_600_000, 86_400_000)  # after a migration: an older altpress may still run
SPOKEN = 5.0  # seconds between two lines of progress
NOTED = 1.0  # seconds between two notes of how far it is
Tell = Callable[[str], None]


class Applying:
    """What it does is noted as it goes on, and the lease is kept meanwhile."""

    def __init__(
        self,
        database: Database[dict[str, Any]],
        notes: Notes,
        lease: Lease,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        tell: Tell,
    ) -> None:
        self._database, self._notes, self._lease = database, notes, lease
        self._clock, self._sleep, self._tell = clock, sleep, tell

    def apply(self, migration: Migration) -> Outcome:
        """Go on where it was broken off. Raises Failed when it breaks off, Lost when the lease is gone."""
        noted = self._notes.begin(migration, __version__, self._now_ms())
        self._tell(f"{migration.id} {migration.title}")
        try:
            outcome = self._run(
                migration, write=True, start=noted.at or {}, beat=self._saved(noted, migration.id)
            )
        except (BotError, Lost):
            raise
        except Exception as error:
            self._notes.note(migration.id, error=type(error).__name__)
            log.exception("migration_failed", extra={"migration": migration.id})
            raise Failed(
                f"Migration {migration.id} broke off ({type(error).__name__}); what it did stays, and "
                "`altpress migrate` goes on there."
            ) from error
        changed = noted.changed + sum(outcome.documents.values())
        now_ms = self._now_ms()
        self._notes.end(migration.id, changed, now_ms, now_ms + PASSES_MS[0])
        log.info("migration_applied", extra={"migration": migration.id, "changed": changed})
        return outcome

    def count(self, migration: Migration) -> Outcome:
        """What it would change; nothing is written."""
        return self._run(migration, write=False, start={}, beat=self.beat(migration.id))

    def repeat(self, migration: Migration) -> Outcome:
        """Once more, for what was written since it was applied."""
        return self._run(migration, write=True, start={}, beat=self.beat(migration.id))

    def take_back(self, migration: Migration) -> Outcome:
        """The way back, which it has."""
        began = time.monotonic()
        steps = Rewriting(
            self._database, migration.version, beat=self.beat(migration.id), sleep=self._sleep,
            now_ms=self._now_ms(),
        )  # fmt: skip
        assert callable(migration.down)
        migration.down(steps)
        self._notes.remove(migration.id)
        return _outcome(migration, steps, began)

    def beat(self, number: str) -> Beat:
        """A beat that keeps the lease, and says now and then how far it is."""
        lines, looked = Every(SPOKEN, self._clock, at_once=False), Counter[str]()

        def beat(collection: str, _: str, length: int, changed: int) -> None:
            self._lease.renew_held()
            looked[collection] += length
            if lines.due():
                self._tell(
                    f"{number}: {collection}: {looked[collection]} documents looked at, {changed} changed"
                )

        return beat

    def _run(self, migration: Migration, *, write: bool, start: Mapping[str, str], beat: Beat) -> Outcome:
        began = time.monotonic()
        steps = Rewriting(
            self._database, migration.version, write=write, beat=beat, start=start, sleep=self._sleep,
            now_ms=self._now_ms(),
        )  # fmt: skip
        migration.up(steps)
        return _outcome(migration, steps, began)

    def _saved(self, noted: Applied, number: str) -> Beat:
        """A beat that notes how far it is, now and then, so that a killed one goes on there."""
        spoken, counted, at = self.beat(number), Counter[str](), dict(noted.at or {})
        notes = Every(NOTED, self._clock, at_once=False)

        def beat(collection: str, last: str, length: int, changed: int) -> None:
            at[collection], counted[collection] = last, changed
            if notes.due():
                self._notes.note(number, at=at, changed=noted.changed + counted.total())
            spoken(collection, last, length, changed)

        return beat

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def _outcome(migration: Migration, steps: Rewriting, began: float) -> Outcome:
    seconds = round(time.monotonic() - began, 3)
    return Outcome(migration.id, migration.title, dict(+steps.changed), tuple(steps.dropped), seconds)
