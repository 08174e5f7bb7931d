"""How each client reads a source, and whether it installs what the source offers. No I/O."""

from bot.clients.check import CLIENTS, build_verdicts, check_source
from bot.clients.install import check_entry, check_install, check_update
from bot.clients.model import Problem

__all__ = [
    "CLIENTS",
    "Problem",
    "build_verdicts",
    "check_entry",
    "check_install",
    "check_source",
    "check_update",
]
