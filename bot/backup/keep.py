"""Forgetting old backups: files of our own name that are whole backups, and never the newest such one."""

import logging
from collections.abc import Sequence
from typing import NamedTuple

from bot.backup.format import BadBackup, Manifest
from bot.backup.places import Place, Stored, read_end
from bot.backup.signing import Signature, check_signature, is_renamed
from bot.errors import BadSettings, BotError, NotFound

log = logging.getLogger(__name__)


class Listed(NamedTuple):
    """A file that has a backup's name, and what it says of itself."""

    name: str
    size: int
    manifest: Manifest | None  # None: it is no backup, or not whole
    problem: str = ""
    signature: Signature = Signature.NONE
    renamed: bool = False  # it was made at another time than its name says


def list_backups(place: Place, keys: Sequence[str] = ()) -> list[Listed]:
    """The newest first. Their ends are read, not all of them: `restore --verify-only` does that."""
    return [_look(place, stored, keys) for stored in reversed(place.all())]


def forget_old(place: Place, keep: int, keys: Sequence[str] = ()) -> list[str]:
    """Remove what is older than the newest `keep` good ones (at least one); the names.

    Where there are keys, only what they signed is good: whoever can write to the place could else have the
    good ones forgotten for theirs, or for copies of one: these count once, by the oldest name. What has our
    name and is no backup is left for a person to look at.
    """
    whole = [listed for listed in list_backups(place, keys) if listed.manifest and not listed.renamed]
    signed = [listed for listed in whole if not keys or listed.signature is Signature.GOOD]
    oldest = {one.manifest.sha256: one.name for one in signed if one.manifest}  # they come newest first
    good = sorted(oldest.values(), reverse=True)
    keep = max(keep, 1)
    old = [listed.name for listed in whole if listed.name < good[keep - 1]] if len(good) >= keep else []
    removed: list[str] = []
    for name in old:
        try:
            place.remove(name)
        except BotError as error:  # the backup is made all the same
            log.warning("backup_not_removed", extra={"backup": name, "reason": error.public})
            continue
        removed.append(name)
    return removed


def _look(place: Place, stored: Stored, keys: Sequence[str]) -> Listed:
    try:
        manifest = read_end(place, stored.name)
    except (BadBackup, NotFound, BadSettings) as error:  # one that may not be read hides no other
        return Listed(*stored, None, error.public)
    return Listed(
        *stored, manifest, "", check_signature(manifest, keys), renamed=is_renamed(stored.name, manifest)
    )
