"""`/retry [delivery or app]`: what failed runs again. No I/O."""

import re

from bot.commands.model import Call, Command, Idle, Role
from bot.commands.names import named_app
from bot.errors import UnknownCommand
from bot.replies.retry import Retried, render_retried, render_retried_delivery, render_which_delivery

_GUID = re.compile(r"[0-9a-f]{8}(?:-?[0-9a-f]){0,28}[,.;]?", re.IGNORECASE)  # or its first letters


def run(call: Call) -> str:
    """Everything in reach that failed, or that of one app, or one delivery."""
    words, apps = call.arguments.positional, {app.lower() for app in call.place.apps}
    if words and words[0].lower() not in apps and _GUID.fullmatch(words[0]):
        return _retry_delivery(call, words[0].rstrip(",.;").lower())
    app = named_app(call)
    found: list[Retried] = []
    for reach in call.place.reaches:
        chosen = reach.chosen(app)
        whole = app is None and reach.whole
        if chosen or whole:
            found.append(call.world.retry(reach.site, chosen, call.line, whole=whole))
    text = render_retried(found, call.world.now_ms())
    return Idle(text) if all(one.nothing for one in found) else text


def _retry_delivery(call: Call, prefix: str) -> str:
    """One by its id, or the first letters of it, as `/status` and the site's issue show them."""
    found = call.world.find_deliveries(prefix, call.place)
    if len(found) != 1:
        raise UnknownCommand(render_which_delivery(prefix, len(found)))
    return render_retried_delivery(found[0], call.world.replay(found[0].guid), call.world.now_ms())


COMMAND = Command(
    verb="retry",
    usage="/retry [delivery or app]",
    summary="runs again what failed: webhook deliveries, files that could not be read, a publication",
    needs=Role.WRITE,
    run=run,
    most=1,
)
