"""Requests -> answers: which command is meant, and whether this person may give it. No I/O of its own."""

from collections.abc import Callable, Sequence

from bot.commands.grammar import Request
from bot.commands.model import Answer, Call, Command, Idle, Place, Role
from bot.commands.names import nearest
from bot.commands.ports import World
from bot.commands.table import COMMANDS
from bot.commands.words import Arguments, BadFlag, read_arguments
from bot.errors import BadCatalog, BotError, NotAllowed, UnknownCommand
from bot.replies import (
    render_flag_value,
    render_needs_role,
    render_too_many,
    render_too_many_commands,
    render_unknown_command,
    render_unknown_flag,
)
from bot.replies.decisions import render_unreadable

MOST_COMMANDS = 10  # of one comment; more is a mistake or mischief
_OTHER_WORDS = {"unhold": "resume"}  # what is written alike would be the opposite


def refuse_rest(requests: Sequence[Request]) -> list[Answer]:
    """What is said of those of a comment that are too many, if there are any."""
    text = render_too_many_commands(MOST_COMMANDS)
    return [Answer(refused.line, text, done=False) for refused in requests[MOST_COMMANDS:][:1]]


def choose_reaction(done: Sequence[bool], *, idle: bool) -> str:
    """To the comment as a whole: 😕 for a refusal, ❤️ where nothing had to be done, else 🚀."""
    if not all(done):
        return "confused"
    return "heart" if idle else "rocket"


def is_ours(request: Request, *, in_site: bool) -> bool:
    """Whether to answer at all.

    Other bots listen in a developer's repository (`/lgtm`): there an unknown verb is only ours when it is
    nearly one of ours, or when altpress was addressed by name.
    """
    known = request.verb in COMMANDS or request.mention or in_site
    return known or nearest(request.verb, COMMANDS) is not None


def answer_request(request: Request, place: Place, role_name: Callable[[], str], world: World) -> Answer:
    """The answer to one command that is meant for altpress; errors that pass (`retry`) go through.

    `role_name` asks GitHub for the role of the comment's author on the place's repository: for a command that
    needs one, and for no other.
    """
    try:
        command = _command(request)
        arguments = _arguments(request, command)
        _check_role(command, place, role_name)
        call = Call(request.line, arguments, place, world)
        text = command.run(call)
        return Answer(request.line, str(text), done=True, idle=isinstance(text, Idle))
    except BadCatalog as error:
        text = render_unreadable(error.public, [str(problem) for problem in error.problems])
        return Answer(request.line, text, done=False)
    except BotError as error:
        if not error.is_outcome:
            raise
        return Answer(request.line, error.public, done=False)


def _command(request: Request) -> Command:
    if request.verb not in COMMANDS:
        meant = _OTHER_WORDS.get(request.verb) or nearest(request.verb, COMMANDS)
        raise UnknownCommand(render_unknown_command(request.verb, meant, list(COMMANDS)))
    return COMMANDS[request.verb]


def _arguments(request: Request, command: Command) -> Arguments:
    """What the command was given, of the kinds that it takes."""
    try:
        arguments = read_arguments(request.words, command.flags)
    except BadFlag as bad:
        raise UnknownCommand(_explain(bad, command)) from None
    if len(arguments.positional) > command.most:
        raise UnknownCommand(render_too_many(command.usage))
    return arguments


def _explain(bad: BadFlag, command: Command) -> str:
    if bad.known:
        return render_flag_value(bad.name, wanted=bad.wanted, usage=command.usage)
    near = nearest(bad.name, command.flags)
    return render_unknown_flag(bad.name, near, list(command.flags), command.usage)


def _check_role(command: Command, place: Place, role_name: Callable[[], str]) -> None:
    if command.needs is Role.NONE:
        return
    role = Role.of(role_name())
    if not role.reaches(command.needs):
        raise NotAllowed(render_needs_role(command.verb, command.needs.value, place.repository, role.value))
