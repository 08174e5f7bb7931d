"""`/hold [app] [reason…]` and `/resume [app]`: for one app, or in a site's own repository for all. No I/O."""

from bot.commands.deciding import read_reason, read_until
from bot.commands.intent import Intent
from bot.commands.model import Call, Command, Reach, Role
from bot.commands.scope import each_scope, expect_scope_alone, read_scope, title_of
from bot.commands.standing import Standing, place_of
from bot.decisions import AddDecision, Kind, RemoveDecisions
from bot.errors import UnknownCommand
from bot.replies import inline, render_unknown_app
from bot.replies.decisions import choices, render_not, render_reason, render_said, render_standing, when

USAGE_RESUME = "/resume [app]"


def hold(call: Call) -> str:
    until = read_until(call, call.world.now_ms() / 1000)
    target = read_scope(call)
    reason = read_reason(target.words)
    word = target.words[0].lower() if target.words else ""

    def plan(_: Reach, app: str | None, standing: Standing) -> Intent | str:
        if word in {one.id.lower() for one in standing.catalog.apps}:  # out of reach here: no reason
            raise UnknownCommand(render_unknown_app(word, app, call.place.apps))
        return _hold(standing, app, reason, until)

    return each_scope(call, target, plan)


def resume(call: Call) -> str:
    target = read_scope(call)
    expect_scope_alone(call, target, USAGE_RESUME)
    return each_scope(call, target, _resume)


def _hold(standing: Standing, app: str | None, reason: str | None, until: str | None) -> Intent | str:
    name = title_of(standing, app)
    known = [one for one in standing.of(Kind.HOLD, app) if one.until == until or one.until is None]
    if known:
        return render_standing(
            "The whole site is on hold" if app is None else f"{name} is on hold",
            known[0], hidden=standing.hidden,
        )  # fmt: skip
    before = [one.until for one in standing.of(Kind.HOLD, app) if one.until]
    edits = (AddDecision(decision=standing.decide(Kind.HOLD, app, reason=reason, until=until)),)
    said = render_said(
        f"Hold {name}", place_of(standing), render_reason(reason),
        f"Until {when(until)} what" if until else "Until `/resume` what",
    )  # fmt: skip
    said = f"{said} comes new is kept back, but for what `/approve` lets through; what is published stays."
    if before:
        said = f"{said} It takes the place of the hold until {when(before[0])}."
    return Intent(f"Hold {name}", edits, said, reason)


def _resume(reach: Reach, app: str | None, standing: Standing) -> Intent | str:
    """Without an app every hold is lifted, that of the site and those of its apps."""
    holds = standing.decisions.of(Kind.HOLD) if app is None else standing.of(Kind.HOLD, app)
    name, site_wide = title_of(standing, app), standing.of(Kind.HOLD, None)
    if not holds:
        if app is not None and site_wide:
            where = "`/resume` without a name lifts" if reach.whole else "only its own repository can lift"
            return render_not(f"{inline(name)} is on hold with the whole site: {where} that")
        return render_not(f"{inline(name)} is not on hold" if app is not None else "Nothing is on hold")
    scopes = list(dict.fromkeys(one.app for one in holds))
    edits = tuple(RemoveDecisions(kind=Kind.HOLD, app=scope) for scope in scopes)
    held = [scope for scope in scopes if scope is not None] if app is None else []
    said = render_said(
        f"Resume {name}", place_of(standing), f"Lifted for {choices(held)}." if held else "",
        "The whole site is on hold all the same." if app is not None and site_wide else "",
    )  # fmt: skip
    return Intent(f"Resume {name}", edits, said)


COMMANDS = (
    Command(
        verb="hold",
        usage="/hold [app] [reason…] [--until DATE]",
        summary="publishes no new version of the app (without a name: of any) until it is resumed",
        needs=Role.WRITE,
        run=hold,
        most=500,
        flags={"until": True},
        decides=True,
    ),
    Command(
        verb="resume",
        usage=USAGE_RESUME,
        summary="lifts the hold of the app (without a name: every hold)",
        needs=Role.WRITE,
        run=resume,
        most=500,
        decides=True,
    ),
)
