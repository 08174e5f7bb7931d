"""One backup, from the database to its place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.database import Database

from bot.backup.dump import back_up
from bot.backup.format import Manifest, build_name
from bot.backup.keep import forget_old
from bot.backup.places import Place, Stored, read_end
from bot.backup.reading import Progress, check_bytes
from bot.errors import Unavailable
from bot.store.backups import Backups


@dataclass(frozen=True)
class Made:
    """A backup that is there."""

    place: str  # its address
    name: str
    size: int  # bytes
    manifest: Manifest
    removed: tuple[str, ...] = ()  # older ones


class _Counted:
    def __init__(self, sink: Any) -> None:
        self._sink = sink
        self.size = 0

    def write(self, data: bytes) -> None:
        self._sink.write(data)
        self.size += len(data)


def make_backup(
    database: Database[dict[str, Any]],
    place: Place,
    *,
    keep: int | None,
    clock: Callable[[], float],
    keys: Sequence[str] = (),
    progress: Progress = lambda *_: None,
) -> Made:
    """Write one, look at what is there, then forget older ones (`keep` None: none). The first key signs it.

    None is made of half a restore: it would be the newest one there, and good ones be forgotten for it.

    Raises Unavailable, BadSettings; then nothing is there that was not before, and nothing was removed.
    """
    backups = Backups(database)
    backups.check_whole()
    name = _free_name(place, clock())
    with place.create(name) as sink:
        counted = _Counted(sink)
        manifest = back_up(database, counted, clock=clock, keys=keys, progress=progress)
        backups.check_whole()
    _check_there(place, Stored(name, counted.size), manifest)
    removed = forget_old(place, keep, keys) if keep is not None else []
    return Made(place.show(name), name, counted.size, manifest, tuple(removed))


def _check_there(place: Place, stored: Stored, manifest: Manifest) -> None:
    """What the place gives back is what was sent: its size and its end on S3, all of it in a directory."""
    if stored not in place.all() or read_end(place, stored.name) != manifest:
        raise Unavailable(f"{place.show(stored.name)} is not what was written there.")
    if not place.show().startswith("s3://"):
        with place.open(stored.name) as file:
            check_bytes(file, manifest)


def _free_name(place: Place, now: float) -> str:
    """Names have whole seconds; one that is taken is left alone."""
    taken = {stored.name for stored in place.all()}
    moment = datetime.fromtimestamp(now, UTC)
    while (name := build_name(moment)) in taken:
        moment += timedelta(seconds=1)
    return name
