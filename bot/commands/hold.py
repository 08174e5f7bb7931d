"""`/hold [app] [reason…]` and `/resume [app]`: for one app, or in a site's own repository for all. No I/O."""

from collections.abc import Sequence

from bot.commands.deciding import Target, is_time, read_reason, read_until
from bot.commands.intent import Intent
from bot.commands.model import Call, Command, Reach, Role
from bot.commands.names import nearest
from bot.commands.scope import each_scope, expect_scope_alone, read_scope, title_of
from bot.commands.standing import Standing, place_of
from bot.decisions import AddDecision, Kind, RemoveDecisions, apply_edits
from bot.errors import UnknownCommand
from bot.replies import inline, render_unknown_app
from bot.replies.decisions import (
    choices,
    render_all_hint,
    render_hold_before,
    render_not,
    render_one_app,
    render_reason,
    render_said,
    render_standing,
    render_until_flag,
    when,
)

USAGE_RESUME = "/resume [app]"


def hold(call: Call) -> str:
    until = read_until(call, call.world.now_ms() / 1000)
    whole = "all" in call.arguments.flags
    target = _read_target(call, whole=whole)
    reason = read_reason(target.words)

    def plan(_: Reach, app: str | None, standing: Standing) -> Intent | str:
        if not whole:
            _check_reason(call, target, [one.id for one in standing.catalog.apps])
        return _hold(standing, app, reason, until)

    return each_scope(call, target, plan)


def _read_target(call: Call, *, whole: bool) -> Target:
    try:
        return read_scope(call, whole=whole)
    except UnknownCommand as error:
        hint = f" {render_all_hint()}" if call.place.is_site else ""
        raise UnknownCommand(f"{error.public}{hint}") from None


def _check_reason(call: Call, target: Target, apps: Sequence[str]) -> None:
    """Raise UnknownCommand where its first word was meant for an app (perhaps out of reach) or a time."""
    if not target.words:
        return
    word, known = target.words[0], {app.lower() for app in apps}
    if target.app is None and nearest(word, apps):
        raise UnknownCommand(render_unknown_app(word, nearest(word, call.place.apps), call.place.apps))
    if word.lower() in known:
        raise UnknownCommand(render_one_app())
    if word.lower() == "until" and any(map(is_time, target.words[1:2])):
        raise UnknownCommand(render_until_flag(target.words[1]))


def resume(call: Call) -> str:
    target = read_scope(call)
    expect_scope_alone(call, target, USAGE_RESUME)
    return each_scope(call, target, _resume)


def _hold(standing: Standing, app: str | None, reason: str | None, until: str | None) -> Intent | str:
    name = title_of(standing, app)
    before = standing.of(Kind.HOLD, app)
    edits = (AddDecision(decision=standing.decide(Kind.HOLD, app, reason=reason, until=until)),)
    if apply_edits(standing.decisions, edits, standing.now) is standing.decisions:
        return render_standing(
            "The whole site is on hold" if app is None else f"{name} is on hold",
            before[0], hidden=standing.hidden,
        )  # fmt: skip
    said = render_said(
        f"Hold {name}", place_of(standing), render_reason(reason),
        f"Until {when(until)} what" if until else "Until `/resume` what",
    )  # fmt: skip
    said = f"{said} comes new is kept back, but for what `/approve` lets through; what is published stays."
    if before:
        said = f"{said} {render_hold_before(before[0], hidden=standing.hidden)}"
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
        usage="/hold [app] [reason…] [--all] [--until DATE]",
        summary="publishes no new version of the app (without a name, with `--all`: of any) until resumed",
        needs=Role.WRITE,
        run=hold,
        most=500,
        flags={"until": True, "all": False},
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
