"""`/rebuild [app]`: read the releases again and publish. No I/O."""

from bot.commands.grammar import Request
from bot.commands.model import Actions, Command, Place, Reach, Role
from bot.errors import UnknownCommand
from bot.replies import render_reread, render_too_many, render_unknown_app


def run(request: Request, place: Place, actions: Actions) -> str:
    """Every app in reach, or the one that is named."""
    if len(request.arguments) > 1:
        raise UnknownCommand(render_too_many(COMMAND.usage))
    app = _named(request, place)
    texts = []
    for reach in place.reaches:
        apps = _chosen(reach, app)
        if apps:
            found = actions.reread(reach.site, apps, request.line)
            texts.append(render_reread(apps, found.releases, found.changed, found.waiting, found.failed))
    return "\n".join(texts)


def _named(request: Request, place: Place) -> str | None:
    """The app that the command names, in the catalog's own spelling."""
    if not request.arguments:
        return None
    wanted = request.arguments[0].lower()
    for app in place.apps:
        if app.lower() == wanted:
            return app
    raise UnknownCommand(render_unknown_app(request.arguments[0], place.apps))


def _chosen(reach: Reach, app: str | None) -> tuple[str, ...]:
    return reach.apps if app is None else tuple(a for a in reach.apps if a == app)


COMMAND = Command(
    verb="rebuild",
    usage="/rebuild [app]",
    summary="reads the releases of the app (without a name: of all) again and publishes",
    needs=Role.WRITE,
    run=run,
)
