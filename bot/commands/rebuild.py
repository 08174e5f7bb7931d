"""`/rebuild [app] [--from-scratch]`: read the releases again and publish. No I/O."""

from bot.commands.model import Call, Command, Role
from bot.commands.names import named_app
from bot.commands.ports import Reread
from bot.replies import render_reread, render_reread_begun

SCRATCH = "from-scratch"


def run(call: Call) -> str:
    """Every app in reach, or the one that is named."""
    app, scratch = named_app(call), SCRATCH in call.arguments.flags
    texts = []
    for reach in call.place.reaches:
        apps = reach.chosen(app)
        if apps:
            one = call.world.reread(reach.site, apps, call.line, scratch=scratch)
            texts.append(_say(apps, one, scratch=scratch))
    return "\n\n".join(texts) or "There is no app here yet."


def _say(apps: tuple[str, ...], found: Reread, *, scratch: bool) -> str:
    if scratch:
        return render_reread_begun(apps, found.started, found.failed)
    return render_reread(apps, found.releases, found.changed, found.waiting, found.failed)


COMMAND = Command(
    verb="rebuild",
    usage="/rebuild [app] [--from-scratch]",
    summary="reads the app's releases (without a name: all) again and publishes; from scratch: each IPA, too",
    needs=Role.WRITE,
    run=run,
    most=1,
    flags={SCRATCH: False},
)
