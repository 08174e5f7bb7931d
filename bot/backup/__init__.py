"""Backups: what is in MongoDB alone, as one file; and the way back. docs/backup.md tells it to people.

`format` is the file, `dump` reads the database in an order that keeps it consistent, `load` writes it back,
`places` are directories and S3, `keep` forgets old ones.
"""

from bot.backup.dump import back_up
from bot.backup.format import BadBackup, Manifest
from bot.backup.keep import Listed, forget_old, list_backups
from bot.backup.load import check_known, check_room, restore
from bot.backup.making import Made, make_backup
from bot.backup.places import Place, none_there, open_backup, open_place, read_end
from bot.backup.reading import read_manifest, verify
from bot.backup.signing import Signature, check_signature, is_renamed, require_signature

__all__ = [
    "BadBackup",
    "Listed",
    "Made",
    "Manifest",
    "Place",
    "Signature",
    "back_up",
    "check_known",
    "check_room",
    "check_signature",
    "forget_old",
    "is_renamed",
    "list_backups",
    "make_backup",
    "none_there",
    "open_backup",
    "open_place",
    "read_end",
    "read_manifest",
    "require_signature",
    "restore",
    "verify",
]
