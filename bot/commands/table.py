"""Every chat command, by its verb. No I/O."""

from bot.commands import rebuild
from bot.commands.help import make_help
from bot.commands.model import Command

COMMANDS: dict[str, Command] = {
    command.verb: command
    for command in (
        make_help(lambda: COMMANDS.values()),  # noqa: PLW0108  (the table does not exist yet)
        rebuild.COMMAND,
    )
}
