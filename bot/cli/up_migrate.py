"""`altpress up` and migrations: its own database is brought up to date, with a copy of what was before."""

import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import BotError, Unavailable, Underway
from bot.migrate import Migrator, Outcome, check_level
from bot.store import connect

Say = Callable[[str], None]
ROOM = 2  # times the copy's size that must be free


class Stopped(BotError):
    """`up` ends; what is through stays so."""


@dataclass
class Upgrade:
    """What `up` does before it says that it is up."""

    url: str
    database: str
    data_dir: Path
    embedded: bool  # the MongoDB is of this data directory alone
    say: Say
    stop: threading.Event
    _told: list[str] = field(default_factory=list)

    def is_done(self) -> bool:
        """Whether the database is as this version wants it; a database of its own is made so.

        Raises BadSettings when it is of a newer altpress.
        """
        try:
            with connect(self.url, timeout=1.0) as client:
                migrator = Migrator(client[self.database], tell=self.say, sleep=self._pause)
                return migrator.stamp_new() or self._bring(migrator)
        except (Unavailable, Underway, Stopped):
            return False

    def _bring(self, migrator: Migrator) -> bool:
        level = migrator.level()
        check_level(level)
        if level.is_ready:
            return True
        if not self.embedded:
            self._say_once(
                f"the database is to be migrated first ({', '.join(level.pending)}): altpress migrate"
            )
            return False
        self._copy(level.pending[0])
        outcomes: list[Outcome] = migrator.migrate()
        self.say(f"database migrated: {sum(sum(o.documents.values()) for o in outcomes)} changes")
        return True

    def _copy(self, number: str) -> None:
        """Once for each upgrade: a second try must not replace what was before by what is half done."""
        source = self.data_dir / "mongo" / f"{self.database}.db"
        target = self.data_dir / f"before-{number}.db"
        if target.exists() or not source.exists():
            return
        size = source.stat().st_size
        if shutil.disk_usage(self.data_dir).free < ROOM * size:
            self.say(f"no room for a copy of the database ({size // 2**20} MiB): migrating without one")
            return
        partial = target.with_suffix(".partial")
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(partial)) as new:
            old.backup(new)
        partial.rename(target)
        self.say(f"copy of the database as it was: {target}")

    def _pause(self, seconds: float) -> None:
        if self.stop.wait(seconds):
            raise Stopped

    def _say_once(self, line: str) -> None:
        if line not in self._told:
            self._told.append(line)
            self.say(line)
