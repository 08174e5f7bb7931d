"""How each client reads a source. No I/O."""

from bot.clients.check import CLIENTS, build_verdicts, check_source
from bot.clients.model import Problem

__all__ = ["CLIENTS", "Problem", "build_verdicts", "check_source"]
