"""How each client reads a source, and whether it installs what the source offers. No I/O."""

from bot.clients.check import CLIENTS, build_verdicts, check_source
from bot.clients.identity import build_source_identity
from bot.clients.install import check_entry, check_install, check_update
from bot.clients.marketplace import check_manifest
from bot.clients.model import Problem
from bot.clients.updates import Changes, changes_since, offers_update

__all__ = [
    "CLIENTS",
    "Changes",
    "Problem",
    "build_source_identity",
    "build_verdicts",
    "changes_since",
    "check_entry",
    "check_install",
    "check_manifest",
    "check_source",
    "check_update",
    "offers_update",
]
