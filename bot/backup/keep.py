"""Forgetting old backups: files of our own name that are whole backups, and never the newest such one."""

import logging
from typing import NamedTuple

from bot.backup.format import BadBackup, Manifest, parse_tail
from bot.backup.places import Place, Stored
from bot.errors import BotError, NotFound

log = logging.getLogger(__name__)


class Listed(NamedTuple):
    """A file that has a backup's name, and what it says of itself."""

    name: str
    size: int
    manifest: Manifest | None  # None: it is no backup, or not whole
    problem: str = ""


def list_backups(place: Place) -> list[Listed]:
    """The newest first. Their ends are read, not all of them: `restore --verify-only` does that."""
    return [_look(place, stored) for stored in reversed(place.all())]


def forget_old(place: Place, keep: int) -> list[str]:
    """Remove all good ones but the newest `keep` (at least one); their names.

    What has our name and is no good backup is left for a person to look at.
    """
    good = [listed.name for listed in list_backups(place) if listed.manifest is not None]
    removed: list[str] = []
    for name in good[max(keep, 1) :]:
        try:
            place.remove(name)
        except BotError as error:  # the backup is made all the same
            log.warning("backup_not_removed", extra={"backup": name, "reason": error.public})
            continue
        removed.append(name)
    return removed


def _look(place: Place, stored: Stored) -> Listed:
    try:
        return Listed(*stored, parse_tail(place.tail(stored), stored.size))
    except (BadBackup, NotFound) as error:
        return Listed(*stored, None, error.public)
