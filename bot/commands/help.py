"""`/help`: what altpress understands here. No I/O."""

from collections.abc import Callable, Iterable

from bot.commands.grammar import Request
from bot.commands.model import Actions, Command, Place, Role
from bot.replies import render_help


def make_help(commands: Callable[[], Iterable[Command]]) -> Command:
    """The command that lists all the others, itself included."""

    def run(request: Request, place: Place, actions: Actions) -> str:
        del request, actions
        rows = [(command.usage, command.summary, command.needs.value) for command in commands()]
        return render_help(rows, place.apps)

    return Command("help", "/help", "lists what altpress understands", Role.NONE, run)
