"""Bringing a database to where this altpress wants it, and finding what an older one wrote there since."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pymongo.database import Database

from bot import __version__
from bot.errors import BadSettings, Underway
from bot.migrate.apply import PASSES_MS, Applying, Tell
from bot.migrate.lease import Lease, Lost
from bot.migrate.load import load_migrations
from bot.migrate.model import Applied, Level, Migration, build_level
from bot.migrate.notes import OWN, Notes
from bot.migrate.outcome import Outcome, Report, check_level
from bot.migrate.steps import count_older
from bot.store.collections import COLLECTIONS
from bot.store.errors import unavailable

WAIT = 600.0  # seconds for another one that migrates


@unavailable
class Migrator:
    """The migrations of one database."""

    def __init__(
        self,
        database: Database[dict[str, Any]],
        *,
        migrations: Sequence[Migration] | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        tell: Tell = lambda _: None,
        lease: Lease | None = None,
    ) -> None:
        """`tell` gets lines for people; an exception of its own stops the work between two pages."""
        self._database = database
        self._migrations = load_migrations() if migrations is None else tuple(migrations)
        self._clock, self._sleep, self._tell = clock, sleep, tell
        self._notes = Notes(database)
        self._lease = lease or Lease(database, clock=clock)
        self._applying = Applying(database, self._notes, self._lease, clock=clock, sleep=sleep, tell=tell)

    # ---- looking

    def level(self) -> Level:
        """One small read."""
        return build_level(self._migrations, self._notes.all())

    def report(self) -> Report:
        applied = tuple(self._notes.all())
        level = build_level(self._migrations, applied)
        is_new = not applied and self._notes.is_new()
        return Report(self._migrations, applied, level, self._lease.look(), is_new)

    def stamp_new(self) -> bool:
        """Whether it is without a document of before, so that nothing is to be done. Any number may ask."""
        if not self._notes.is_new():
            return False
        self._notes.stamp(self._migrations, __version__, self._now_ms())
        return True

    def count(self, *, to: int | None = None) -> list[Outcome]:
        """What `migrate` would change now; nothing is written, nobody is kept waiting.

        A document that several migrations concern is counted with each.
        """
        if not self._notes.all() and self._notes.is_new():
            return []
        return [self._applying.count(migration) for migration in self._wanted(to)]

    # ---- changing

    def migrate(self, *, to: int | None = None, wait: float = WAIT) -> list[Outcome]:
        """Apply what is pending, in order. Raises BadSettings for a database that is too new, Underway when
        another one is at it for longer than `wait` seconds, Failed when a migration broke off.
        """
        check_level(self.level())
        if self.stamp_new():
            return []
        with self._leased(wait):
            return [self._applying.apply(migration) for migration in self._wanted(to)]

    def catch_up(self, *, wait: float = 0.0) -> int:
        """Bring up to date what an older altpress wrote since; how many documents that were."""
        if not (through := [m for m in self._migrations if m.id not in self.level().pending]):
            return 0
        with self._leased(wait):
            names = [name for name in COLLECTIONS if name not in OWN]
            older = count_older(self._database, names, self._applying.beat("the last pass"), self._sleep)
            if not older.total():
                return 0
            outcomes = [self._applying.repeat(migration) for migration in through]
            return max((sum(found.documents.values()) for found in outcomes), default=0)

    def catch_up_when_due(self) -> int:
        """The same, at the few times after a migration at which it is worth it."""
        if not (due := self._due()):
            return 0
        found = self.catch_up()
        for row in due:
            later = [(row.ended_ms or 0) + after for after in PASSES_MS]
            next_ms = next((at for at in later if at > self._now_ms()), None)
            self._notes.note(row.id, next_ms=next_ms)
        return found

    def is_due(self) -> bool:
        """Whether `catch_up_when_due` would look; one small read."""
        return bool(self._due())

    def down(self, to: int, *, wait: float = WAIT) -> list[Outcome]:
        """Take back what was applied after number `to`, the newest first. Raises BadSettings where there is
        no way back; nothing is changed then.
        """
        back = self.way_back(to)
        with self._leased(wait):
            return [self._applying.take_back(migration) for migration in back]

    def way_back(self, to: int) -> list[Migration]:
        """What `down` would take back. Raises BadSettings where there is no way back."""
        applied = {row.id for row in self._notes.all()}
        back = [m for m in reversed(self._migrations) if m.version > to and m.id in applied]
        for migration in back:
            if isinstance(migration.down, str):
                raise BadSettings(f"Migration {migration.id} cannot be taken back. {migration.down}")
        return back

    # ---- inside

    @contextmanager
    def _leased(self, wait: float) -> Iterator[None]:
        """Raises Underway, too, when another one has taken the lease over meanwhile."""
        try:
            with self._lease.hold(wait=wait, tell=self._tell, sleep=self._sleep):
                yield
        except Lost:
            raise Underway("Another process took over the migration.", retry_after=60.0) from None

    def _due(self) -> list[Applied]:
        return [row for row in self._notes.all() if row.next_ms is not None and row.next_ms <= self._now_ms()]

    def _wanted(self, to: int | None) -> list[Migration]:
        pending = self.level().pending
        return [m for m in self._migrations if m.id in pending and (to is None or m.version <= to)]

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)
