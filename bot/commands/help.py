"""`/help [command]`: what altpress understands here. No I/O."""

from collections.abc import Callable, Mapping

from bot.commands.examples import EXAMPLES
from bot.commands.model import Call, Command, Role
from bot.commands.names import nearest
from bot.errors import UnknownCommand
from bot.replies import render_help, render_unknown_command, render_usage


def make_help(commands: Callable[[], Mapping[str, Command]]) -> Command:
    """The command that lists all the others, itself included."""

    def run(call: Call) -> str:
        known = commands()
        if call.arguments.positional:
            named = _named(call.arguments.positional[0], known)
            return render_usage(*row_of(named), EXAMPLES.get(named.verb, ()))
        return render_help([row_of(command) for command in known.values()], call.place.apps)

    return Command(
        "help", "/help [command]", "lists what altpress understands, or explains one command",
        needs=Role.NONE, run=run, most=1,
    )  # fmt: skip


def row_of(command: Command) -> tuple[str, str, str]:
    """Usage, summary, the role that is needed."""
    return command.usage, command.summary, command.needs.value


def _named(name: str, known: Mapping[str, Command]) -> Command:
    verb = name.lower().removeprefix("/")
    if verb not in known:
        raise UnknownCommand(render_unknown_command(verb, nearest(verb, known), list(known)))
    return known[verb]
