"""Chat commands: what may be said in a comment, and what comes of it. No I/O.

A command is a module with a `COMMAND`, and a line in `table.py`. What it asks of the world and does to it
goes through the port `World` (`ports.py`); its words come from `bot/replies`.
"""

from bot.commands.answer import MOST_COMMANDS, answer_request, choose_reaction, is_ours, refuse_rest
from bot.commands.grammar import Request, may_mention, parse_commands
from bot.commands.intent import Intent
from bot.commands.model import Answer, Call, Command, Place, Reach, Role
from bot.commands.ports import Reread, SiteFacts, World
from bot.commands.standing import Standing
from bot.commands.table import COMMANDS

__all__ = [
    "COMMANDS",
    "MOST_COMMANDS",
    "Answer",
    "Call",
    "Command",
    "Intent",
    "Place",
    "Reach",
    "Request",
    "Reread",
    "Role",
    "SiteFacts",
    "Standing",
    "World",
    "answer_request",
    "choose_reaction",
    "is_ours",
    "may_mention",
    "parse_commands",
    "refuse_rest",
]
