"""`/rebuild [app]`: read the releases again and publish. No I/O."""

from bot.commands.model import Call, Command, Role
from bot.commands.names import named_app
from bot.replies import render_reread


def run(call: Call) -> str:
    """Every app in reach, or the one that is named."""
    app = named_app(call)
    texts = []
    for reach in call.place.reaches:
        apps = reach.chosen(app)
        if apps:
            found = call.world.reread(reach.site, apps, call.line)
            texts.append(render_reread(apps, found.releases, found.changed, found.waiting, found.failed))
    return "\n\n".join(texts) or "There is no app here yet."


COMMAND = Command(
    verb="rebuild",
    usage="/rebuild [app]",
    summary="reads the releases of the app (without a name: of all) again and publishes",
    needs=Role.WRITE,
    run=run,
    most=1,
)
