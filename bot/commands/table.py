"""Every chat command, by its verb. No I/O."""

from bot.commands import (
    approve,
    hold,
    lint,
    pin,
    preview,
    promote,
    rebuild,
    retry,
    rollback,
    status,
    yank,
)
from bot.commands.help import make_help
from bot.commands.model import Command

COMMANDS: dict[str, Command] = {
    command.verb: command
    for command in (
        make_help(lambda: COMMANDS),
        status.COMMAND,
        preview.COMMAND,
        lint.COMMAND,
        rebuild.COMMAND,
        retry.COMMAND,
        *yank.COMMANDS,
        *rollback.COMMANDS,
        *pin.COMMANDS,
        *hold.COMMANDS,
        *approve.COMMANDS,
        *promote.COMMANDS,
    )
}
