"""Chat commands: what may be said in a comment, and what comes of it. No I/O.

A command is a module with a `COMMAND`, and a line in `table.py`. Its effects go through the port
`Actions` (`model.py`); its words come from `bot/replies.py`.
"""

from bot.commands.answer import answer_requests, is_ours
from bot.commands.grammar import Request, parse_commands
from bot.commands.model import Actions, Answer, Command, Place, Reach, Reread, Role
from bot.commands.table import COMMANDS

__all__ = [
    "COMMANDS",
    "Actions",
    "Answer",
    "Command",
    "Place",
    "Reach",
    "Request",
    "Reread",
    "Role",
    "answer_requests",
    "is_ours",
    "parse_commands",
]
