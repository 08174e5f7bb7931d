"""No I/O. Whether somebody who has the key made a backup (`ALTPRESS_BACKUP_KEY`).

Digests alone tell damage, and whoever can write to the place can make them. Signed is the manifest's line, by
HMAC-SHA256; it holds the digest of all bytes before it, so no byte of the file is outside of what is signed,
and the file's end alone tells who made it. An altpress of before reads a signed backup like any other.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

from bot.backup.format import BadBackup, Manifest, build_manifest, parse_name, parse_time

WINDOW = timedelta(hours=1)  # between the time in a backup's name and that in its manifest


class Signature(StrEnum):
    """How a backup stands to the keys of this installation."""

    NONE = "none"
    UNCHECKED = "unchecked"  # there is one, and no key here
    GOOD = "good"
    WRONG = "wrong"  # of none of the keys


def sign(manifest: Manifest, keys: Sequence[str]) -> Manifest:
    """With the first of the keys; without any it stays as it is."""
    return replace(manifest, signature=_mac(build_manifest(manifest), keys[0])) if keys else manifest


def check_signature(manifest: Manifest, keys: Sequence[str]) -> Signature:
    """Of one that `parse_tail` has read; each of the keys is good."""
    if manifest.signature is None:
        return Signature.NONE
    if not keys:
        return Signature.UNCHECKED
    found = [hmac.compare_digest(_mac(manifest.line, key), manifest.signature) for key in keys]
    return Signature.GOOD if any(found) else Signature.WRONG


def require_signature(name: str, manifest: Manifest, keys: Sequence[str]) -> None:
    """Raise BadBackup where there are keys, and none of them signed it."""
    found = check_signature(manifest, keys)
    if keys and found is Signature.NONE:
        raise BadBackup(
            f"{name} is not signed, and ALTPRESS_BACKUP_KEY is set: whoever can write there may have made "
            "it. Take one that is (`altpress backup --list`); if this is known to be good, add --unsigned."
        )
    if found is Signature.WRONG:
        raise BadBackup(
            f"{name} is signed with another key than ALTPRESS_BACKUP_KEY: if that was changed since, put the "
            "old key behind the new one (`new,old`); --unsigned takes it as it is."
        )


def is_renamed(name: str, manifest: Manifest) -> bool:
    """Whether its name tells another time than that it was made at: an old one in the place of the newest."""
    named = parse_name(name)
    return named is not None and abs(named - parse_time(manifest.began)) > WINDOW


def _mac(line: bytes, key: str) -> str:
    return hmac.new(key.encode(), line, hashlib.sha256).hexdigest()
