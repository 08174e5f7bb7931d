"""`/rollback <app> [version]`: an older version first again. No I/O."""

from collections.abc import Iterator, Sequence

from bot.commands.consequences import consequences
from bot.commands.deciding import (
    Subject,
    Target,
    decide_each,
    expect_no_more,
    read_target,
    read_version,
)
from bot.commands.intent import Intent
from bot.commands.model import Call, Command, Role
from bot.commands.standing import Known, listed_versions
from bot.decisions import AddDecision, DecisionEdit, Kind, RemoveDecisions
from bot.errors import Rejected
from bot.replies import inline
from bot.replies.decisions import choices, render_not, render_said

USAGE = "/rollback <app> [version]"


def run(call: Call) -> str:
    return decide_each(call, read_target(call), _roll_back)


def _roll_back(subject: Subject, target: Target) -> Intent | str:
    standing, app = subject.standing, subject.app
    order = listed_versions(standing, app, all_of_them=True)
    goal = _named(subject, target, order) if target.words else _previous(subject, order)
    if isinstance(goal, str):
        return goal
    if goal.is_held(app, standing.decisions):
        what = f"{inline(subject.name)} {inline(goal.version)}"
        raise Rejected(render_not(f"{what} is kept back by a hold, see `/approve`"))
    newer = list(order[: order.index(goal)])
    edits = (*_let_in(subject, goal), *_take_out(subject, goal, newer))
    what = f"{subject.name} {goal.version}"
    if not edits:
        return render_not(f"{inline(what)} comes first already")
    yanked = list(dict.fromkeys(_name(known, goal) for known in newer))
    said = render_said(
        f"Roll back {subject.name} to {goal.version}", subject.place,
        f"Yanked: {choices(yanked)}." if yanked else "", _tell_coming(subject),
        *consequences(standing, app, edits),
    )  # fmt: skip
    return Intent(f"Roll back {subject.name} to {goal.version}", edits, said)


def _named(subject: Subject, target: Target, order: Sequence[Known]) -> Known:
    found, name, rest = read_version(subject, target.words)
    expect_no_more(rest, USAGE)
    goal = next((known for known in order if known in found), None)
    if goal is not None:
        return goal
    why = _obstacle(found[0], order)
    raise Rejected(render_not(f"{inline(subject.name)} {inline(name)} cannot come first: {why}"))


def _obstacle(one: Known, order: Sequence[Known]) -> str:
    if one.refused:
        return inline(one.refused)
    if one.waits:
        return "it waits for `/approve`"
    if any(known.whole == one.whole for known in order):
        return "another file has the same version"
    return "it is of a channel that the first output does not list"


def _previous(subject: Subject, order: Sequence[Known]) -> Known | str:
    """The first one listed that is older than what comes first now."""
    listed = listed_versions(subject.standing, subject.app)
    older = order[order.index(listed[0]) + 1 :] if listed and listed[0] in order else ()
    found = next((known for known in older if known in listed), None)
    return found or render_not(f"No version of {inline(subject.name)} is listed before the present one")


def _let_in(subject: Subject, goal: Known) -> Iterator[DecisionEdit]:
    """Nothing yanks the goal, and no pin puts another one before it."""
    standing, app = subject.standing, subject.app
    if goal.named_by(standing.of(Kind.YANK, app.id), app):
        yield RemoveDecisions(kind=Kind.YANK, app=app.id, versions=goal.names)
    pins = standing.of(Kind.PIN, app.id)
    if len(goal.named_by(pins, app)) < len(pins):
        yield RemoveDecisions(kind=Kind.PIN, app=app.id)


def _take_out(subject: Subject, goal: Known, newer: Sequence[Known]) -> Iterator[DecisionEdit]:
    standing, app = subject.standing, subject.app
    yanks = [d for d in standing.of(Kind.YANK, app.id) if not goal.named_by([d], app)]
    open_ones = [known for known in newer if not known.named_by(yanks, app)]
    for name in dict.fromkeys(_name(known, goal) for known in open_ones):
        reason = f"rolled back to {goal.version}"
        yield AddDecision(decision=standing.decide(Kind.YANK, app.id, name, reason=reason))


def _tell_coming(subject: Subject) -> str:
    """What a gate or the stage lets out later, by itself perhaps."""
    yanks = subject.standing.of(Kind.YANK, subject.app.id)
    coming = [
        known.version
        for known in subject.versions
        if (known.waits or known.staged) and not known.named_by(yanks, subject.app)
    ]
    return f"Not yanked, as not public yet: {choices(list(dict.fromkeys(coming)))}." if coming else ""


def _name(known: Known, goal: Known) -> str:
    """Another build of the goal's version is not named by that alone."""
    return known.whole if known.version == goal.version else known.version


COMMANDS = (
    Command(
        verb="rollback",
        usage=USAGE,
        summary="puts the previous (or the named) version first again and yanks all newer ones",
        needs=Role.WRITE,
        run=run,
        most=3,
        decides=True,
    ),
)
