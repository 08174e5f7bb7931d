"""`/preview [app]`: what a publish would do now. No I/O."""

from bot.commands.model import Call, Command, Reach, Role
from bot.commands.names import named_app
from bot.replies import code
from bot.replies.preview import render_preview
from bot.source.preview import Preview


def run(call: Call) -> str:
    """Each site in reach: all of it in its own repository, in an app's that app alone."""
    app = named_app(call)
    looks = []
    for reach in call.place.reaches:
        apps, everything = reach.chosen(app), app is None and reach.whole
        if apps or everything:
            looks.append((reach, call.world.preview(reach.site, None if everything else apps)))
    return "\n\n".join(_say(call, reach, found) for reach, found in looks) or "There is no app here yet."


def _say(call: Call, reach: Reach, found: Preview) -> str:
    name = call.world.name(reach.site, call.place.repository)
    return f"**{code(name) if name else 'A private source'}**\n\n{render_preview(found)}"


COMMAND = Command(
    verb="preview",
    usage="/preview [app]",
    summary="builds without publishing: what would change, folded, and what each client says of it",
    needs=Role.TRIAGE,
    run=run,
    most=1,
)
