"""Commands that are for one app, or in a site's own repository for all of it. No I/O."""

from collections.abc import Callable
from functools import partial

from bot.commands.deciding import Target, decide_all, expect_no_more, read_target
from bot.commands.intent import Intent
from bot.commands.model import Call, Reach
from bot.commands.names import named_app
from bot.commands.standing import Standing, app_name
from bot.errors import UnknownCommand
from bot.replies import render_unknown_app
from bot.replies.decisions import render_all_elsewhere

ALL = "all apps"
Plan = Callable[[Reach, str | None, Standing], Intent | str]  # for an app; None: for the site


def read_scope(call: Call, *, whole: bool = False) -> Target:
    """In a site's own repository no app means all of them, as `whole` does with words behind it.

    A word where an app may stand is one: were it anything else, a slip of the finger would mean everything.
    Raises UnknownCommand.
    """
    words = call.arguments.positional
    if not call.place.is_site:
        if whole:
            raise UnknownCommand(render_all_elsewhere())
        return read_target(call)
    return Target(None, words) if whole else Target(named_app(call), words[1:])


def expect_scope_alone(call: Call, target: Target, usage: str) -> None:
    """Raise UnknownCommand where more is said than an app: what names none was meant for one."""
    if target.app is None and target.words:
        raise UnknownCommand(render_unknown_app(target.words[0], None, call.place.apps))
    expect_no_more(target.words, usage)


def each_scope(call: Call, target: Target, plan: Plan) -> str:
    """For the app, or the whole of each site that is in reach; None is the site."""
    plans = []
    for reach in call.place.reaches:
        apps = reach.chosen(target.app)
        app = None if reach.whole and target.app is None else next(iter(apps), None)
        if app is not None or (reach.whole and target.app is None):
            plans.append((reach, partial(plan, reach, app)))
    return decide_all(call, plans)


def title_of(standing: Standing, app: str | None) -> str:
    found = next((one for one in standing.catalog.apps if one.id == app), None)
    return app_name(standing, found) if found is not None else ALL
