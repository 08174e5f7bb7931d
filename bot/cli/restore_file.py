"""The file that `altpress restore` is given: found, its signature and every byte of it looked at."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from bot.backup import (
    BadBackup,
    Manifest,
    Signature,
    check_known,
    check_signature,
    is_renamed,
    open_backup,
    read_end,
    require_signature,
    verify,
)
from bot.cli.backup_text import SIGNED, Progress, manifest_json
from config.secret_values import split_secret
from config.settings import Settings


@dataclass(frozen=True)
class Checked:
    """A backup that can be used; `file` is open."""

    name: str
    shown: str  # its address
    file: BinaryIO
    manifest: Manifest
    signature: Signature

    def as_json(self) -> dict[str, Any]:
        return {"backup": self.shown, **manifest_json(self.manifest, self.signature)}


@contextmanager
def open_checked(
    address: str, settings: Settings, *, unsigned: bool, say: Callable[[str], None]
) -> Iterator[Checked]:
    """Its end first: what is no backup, or nobody signed who has a key, is not fetched from far away.

    Raises BadBackup, NotFound, BadSettings, Unavailable.
    """
    keys = split_secret(settings.backup_key)
    place, name = open_backup(address, endpoint=settings.backup_s3_endpoint)
    with _naming(place.show(name)):
        end = read_end(place, name)
    if name != address.rstrip("/").rpartition("/")[2] and is_renamed(name, end):
        raise BadBackup(
            f"{name} is the newest there by its name, and was made {end.began}: somebody renamed it. Name "
            "the file that is meant."
        )
    if not unsigned:
        require_signature(name, end, keys)
    progress = Progress()
    with place.open(name) as file:
        with _naming(place.show(name)):
            manifest = verify(file, progress)
            progress.end()
            check_known(manifest)
        if manifest != end:  # what was looked at: an old one may be signed as well
            raise BadBackup(f"{name} is another file than it was a moment ago: somebody put it there.")
        signature = check_signature(manifest, keys)
        say(f"{name} is whole: {manifest.documents:,} documents of {manifest.began}{SIGNED[signature]}")
        yield Checked(name, place.show(name), file, manifest, signature)


@contextmanager
def _naming(shown: str) -> Iterator[None]:
    """Of a folder it is the newest, which nobody named."""
    try:
        yield
    except BadBackup as error:
        raise BadBackup(f"{shown}: {error.public}") from None
