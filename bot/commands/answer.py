"""Requests -> answers: which command is meant, and whether this person may give it. No I/O of its own."""

import difflib
from collections.abc import Callable, Sequence

from bot.commands.grammar import Request
from bot.commands.model import Actions, Answer, Command, Place, Role
from bot.commands.table import COMMANDS
from bot.errors import NotAllowed, Rejected, UnknownCommand
from bot.replies import render_needs_role, render_unknown_command


def answer_requests(
    requests: Sequence[Request], place: Place, role_name: Callable[[], str], actions: Actions
) -> list[Answer]:
    """One answer a command that is meant for altpress; errors that pass (`retry`) go through to the caller.

    `role_name` asks GitHub for the role of the comment's author on the place's repository; it is asked anew
    for each command that needs one, and for no other.
    """
    return [_answer(request, place, role_name, actions) for request in requests if is_ours(request, place)]


def is_ours(request: Request, place: Place) -> bool:
    """Whether to answer at all.

    Other bots listen in a developer's repository (`/lgtm`): there an unknown verb is only ours when it is
    nearly one of ours, or when altpress was addressed by name.
    """
    return request.verb in COMMANDS or request.mention or place.is_site or nearest(request.verb) is not None


def nearest(verb: str) -> str | None:
    """The command that was probably meant."""
    close = difflib.get_close_matches(verb, COMMANDS, n=1, cutoff=0.6)
    return close[0] if close else None


def _answer(request: Request, place: Place, role_name: Callable[[], str], actions: Actions) -> Answer:
    try:
        command = _command(request)
        _check_role(command, place, role_name)
        return Answer(request.line, command.run(request, place, actions), done=True)
    except Rejected as refusal:
        return Answer(request.line, refusal.public, done=False)


def _command(request: Request) -> Command:
    if request.verb not in COMMANDS:
        raise UnknownCommand(render_unknown_command(request.verb, nearest(request.verb)))
    return COMMANDS[request.verb]


def _check_role(command: Command, place: Place, role_name: Callable[[], str]) -> None:
    if command.needs is Role.NONE:
        return
    role = Role.of(role_name())
    if not role.reaches(command.needs):
        raise NotAllowed(render_needs_role(command.verb, command.needs.value, place.repository, role.value))
