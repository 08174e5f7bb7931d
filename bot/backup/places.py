"""Where backups are kept: a directory, or a bucket of S3-compatible storage (`s3.py`)."""

import errno
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from bot.backup.format import Manifest, parse_name, parse_tail
from bot.backup.reading import TAIL
from bot.backup.writing import Sink
from bot.errors import BadSettings, NotFound, Unavailable

S3 = "s3://"
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")
STALE = 86_400.0  # seconds after which an unfinished file is one that nobody finishes


class Stored(NamedTuple):
    """A file that has a backup's name."""

    name: str
    size: int


class Place(Protocol):
    """Raises BadSettings for a place that cannot be used, Unavailable for one that may be later."""

    def show(self, name: str = "") -> str:
        """Its address, for people; it holds no secret."""

    def create(self, name: str) -> AbstractContextManager[Sink]:
        """Visible under the name once the block ended well; never before, and never in part."""

    def all(self) -> list[Stored]:
        """The oldest first."""

    def tail(self, name: str) -> tuple[bytes, int]:
        """The file's last bytes, `TAIL` of them at most, and how many it has. Raises NotFound."""

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """The file, to be read from any position. Raises NotFound."""

    def remove(self, name: str) -> None: ...


class Directory:
    """A folder of this machine; it is made when it is not there."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def show(self, name: str = "") -> str:
        return str(self._path / name)

    def exists(self) -> bool:
        return self._path.is_dir()

    @contextmanager
    def create(self, name: str) -> Iterator[Sink]:
        """For its owner alone; on the disk before it gets its name, which it takes from no other file."""
        draft = self._path / f".{name}.{secrets.token_hex(4)}.part"
        with self._usable():
            self._make()
            self._remove_stale()
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                try:
                    yield file
                    file.flush()
                    os.fsync(file.fileno())
                    os.link(draft, self._path / name)
                finally:
                    draft.unlink(missing_ok=True)
            _sync_folder(self._path)

    def all(self) -> list[Stored]:
        with self._usable():
            if not self._path.is_dir():
                return []
            found = [path for path in self._path.iterdir() if parse_name(path.name) and path.is_file()]
            return sorted(Stored(path.name, path.stat().st_size) for path in found)

    def tail(self, name: str) -> tuple[bytes, int]:
        with self.open(name) as file:
            size = file.seek(0, 2)
            file.seek(max(size - TAIL, 0))
            return file.read(TAIL), size

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        with self._usable():
            file = (self._path / name).open("rb")
        with file:
            yield file

    def remove(self, name: str) -> None:
        with self._usable():
            (self._path / name).unlink(missing_ok=True)

    def _make(self) -> None:
        """A folder that cannot be made (in /proc, for one) is no missing backup."""
        try:
            self._path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except FileNotFoundError:
            raise BadSettings(f"The place for backups, {self._path}, cannot be made.") from None

    def _remove_stale(self) -> None:
        """What a killed process left."""
        for path in self._path.glob(".altpress-*.part"):
            with suppress(FileNotFoundError):  # another one that makes a backup was quicker
                if time.time() - path.lstat().st_mtime > STALE:
                    path.unlink()

    @contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise NotFound(f"There is no backup at {self._path}.") from None
        except OSError as error:
            passes = error.errno in {errno.ENOSPC, errno.EDQUOT}  # somebody may clear some
            kind = Unavailable if passes else BadSettings
            raise kind(f"The place for backups, {self._path}, cannot be used: {error.strerror}.") from None


def open_place(address: str, *, endpoint: str | None = None) -> Place:
    """`s3://bucket[/prefix]`, or a directory. Raises BadSettings."""
    if not address.startswith(S3):
        if SCHEME.match(address):  # a slip, or storage of another kind: no folder of that name is meant
            raise BadSettings("Backups go to a directory, or to s3://BUCKET or s3://BUCKET/PREFIX.")
        return Directory(_expand(address))
    from bot.backup.s3 import Bucket  # takes half a second, and brings boto3

    bucket, _, prefix = address.removeprefix(S3).partition("/")
    if not bucket:
        raise BadSettings("An address on S3 is s3://BUCKET or s3://BUCKET/PREFIX.")
    return Bucket(bucket, prefix.strip("/"), endpoint)


def open_backup(address: str, *, endpoint: str | None = None) -> tuple[Place, str]:
    """The place and the name of one backup: of a file, or of the newest at a place. Raises NotFound."""
    parent, _, name = address.rstrip("/").rpartition("/")
    if parse_name(name) is not None or (not address.startswith(S3) and _is_file(address)):
        return open_place(parent or ("/" if address.startswith("/") else "."), endpoint=endpoint), name
    place = open_place(address, endpoint=endpoint)
    stored = place.all()
    if not stored:
        raise none_there(place)
    return place, stored[-1].name


def none_there(place: Place) -> NotFound:
    """A place that was misspelt looks like one where nothing is yet."""
    if isinstance(place, Directory) and not place.exists():
        return NotFound(f"There is no backup at {place.show()}: that is no file and no folder.")
    return NotFound(f"There is no backup at {place.show()}.")


def read_end(place: Place, name: str) -> Manifest:
    """What a backup says of itself, without the rest of it. Raises BadBackup, NotFound."""
    return parse_tail(*place.tail(name))


def _expand(address: str) -> Path:
    try:
        return Path(address).expanduser()
    except RuntimeError:  # `~somebody` whom the machine does not know
        return Path(address)


def _is_file(address: str) -> bool:
    """False where nobody may look: the folder then says why."""
    return os.path.isfile(_expand(address))  # noqa: PTH113 - Path's own raises there


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
