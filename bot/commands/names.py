"""What somebody probably meant, and which app a command names. No I/O."""

import difflib
from collections.abc import Iterable

from bot.commands.model import Call
from bot.errors import UnknownCommand
from bot.replies import render_unknown_app

LONGEST_MEANT = 100  # characters; nobody means a name by a longer one


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one of `known` that is written most alike; None when none is."""
    spelled = {choice.lower(): choice for choice in known}
    close = difflib.get_close_matches(name.lower()[:LONGEST_MEANT], list(spelled), n=1, cutoff=0.6)
    return spelled[close[0]] if close else None


def named_app(call: Call) -> str | None:
    """The app that the first argument names, in the catalog's own spelling; None without an argument.

    Capitals do not matter, nor does a full stop behind. Raises UnknownCommand with the choices.
    """
    if not call.arguments.positional:
        return None
    name, known = call.arguments.positional[0], call.place.apps
    for wanted in (name.lower(), name.lower().rstrip(".,:;!?")):
        for app in known:
            if app.lower() == wanted:
                return app
    raise UnknownCommand(render_unknown_app(name, nearest(name, known), known))
