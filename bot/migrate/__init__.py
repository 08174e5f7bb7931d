"""Migrations: what older versions of altpress left in MongoDB, brought to where this one wants it.

The modules are in scripts/migrations; docs/migrations.md has the rules that they keep.
"""

from typing import Any

from pymongo.database import Database

from bot.migrate.model import Level
from bot.migrate.outcome import Failed, Outcome, Report, check_level
from bot.migrate.run import Migrator

__all__ = ["Failed", "Level", "Migrator", "Outcome", "Readiness", "Report", "check_level", "pending"]


def pending(database: Database[dict[str, Any]]) -> list[str]:
    """The numbers of the migrations that are still to be applied; one small read. Raises Unavailable."""
    return list(Migrator(database).level().pending)


class Readiness:
    """Whether this altpress can work on its database; once it can, that is not asked again."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._migrator = Migrator(database)
        self._ready: Level | None = None

    def look(self) -> Level:
        """A database that is new, or lost and new again, is noted as migrated. Raises Unavailable."""
        level = self._ready or self._migrator.level()
        if level.pending and self._migrator.stamp_new():
            level = self._migrator.level()
        if level.is_ready:
            self._ready = level
        return level
