"""`/pin <app> <version> [--until DATE]` and `/unpin <app>`. No I/O."""

from bot.commands.consequences import consequences
from bot.commands.deciding import (
    Subject,
    Target,
    decide_each,
    expect_no_more,
    read_target,
    read_until,
    read_version,
)
from bot.commands.intent import Intent
from bot.commands.model import Call, Command, Role
from bot.commands.standing import Known
from bot.decisions import AddDecision, Kind, RemoveDecisions
from bot.errors import Rejected
from bot.replies import inline
from bot.replies.decisions import choices, render_not, render_said, render_standing, when

USAGE = "/pin <app> <version> [--until DATE]"
USAGE_UNPIN = "/unpin <app>"


def pin(call: Call) -> str:
    until = read_until(call, call.world.now_ms() / 1000)
    return decide_each(call, read_target(call), lambda subject, target: _pin(subject, target, until))


def unpin(call: Call) -> str:
    target = read_target(call)
    if target.words and target.app is not None:
        expect_no_more(target.words, USAGE_UNPIN)
    return decide_each(call, target, _unpin)


def _pin(subject: Subject, target: Target, until: str | None) -> Intent | str:
    standing, app = subject.standing, subject.app
    found, name, rest = read_version(subject, target.words)
    expect_no_more(rest, USAGE)
    what = f"{subject.name} {name}"
    if (why := _obstacle(subject, found[0])) is not None:
        raise Rejected(render_not(f"{inline(what)} cannot be pinned: {why}"))
    pins = standing.of(Kind.PIN, app.id)
    same = [one for one in found[0].named_by(pins, app) if one.until == until]
    if same and pins[-1] in same:
        return render_standing(f"{what} is pinned", same[-1], hidden=standing.hidden)
    edits = (AddDecision(decision=standing.decide(Kind.PIN, app.id, name, until=until)),)
    said = render_said(
        f"Pin {what}", subject.place, f"Until {when(until)}." if until else "Until `/unpin`.",
        f"It takes the place of the pin of {choices([pin.version or '' for pin in pins])}." if pins else "",
        *consequences(standing, app, edits),
    )  # fmt: skip
    return Intent(f"Pin {what}", edits, said)


def _obstacle(subject: Subject, one: Known) -> str | None:
    """Why a pin would have no effect."""
    standing, app = subject.standing, subject.app
    if one.refused:
        return inline(one.refused)
    if one.named_by(standing.of(Kind.YANK, app.id), app):
        return "it is yanked, see `/unyank`"
    waits = one.waits or one.is_held(app, standing.decisions)
    return "it waits, see `/approve`" if waits else None


def _unpin(subject: Subject, target: Target) -> Intent | str:
    """A version may be named, too: then it must be the pinned one. An app has one pin."""
    pins = subject.standing.of(Kind.PIN, subject.app.id)
    pinned = [pin.version or "" for pin in pins]
    if target.words and " ".join(target.words).lower() not in map(str.lower, pinned):
        found, name, rest = read_version(subject, target.words)
        expect_no_more(rest, USAGE_UNPIN)
        if not any(known.named_by(pins, subject.app) for known in found):
            return render_not(f"{inline(f'{subject.name} {name}')} is not pinned", pinned)
    if not pins:
        return render_not(f"{inline(subject.name)} is not pinned")
    edits = (RemoveDecisions(kind=Kind.PIN, app=subject.app.id),)
    title = f"Unpin {subject.name} {pins[-1].version}"
    return Intent(
        title, edits, render_said(title, subject.place, *consequences(subject.standing, subject.app, edits))
    )


COMMANDS = (
    Command(
        verb="pin",
        usage=USAGE,
        summary="holds an app at a version: it comes first, whatever is newer",
        needs=Role.WRITE,
        run=pin,
        most=3,
        flags={"until": True},
        decides=True,
    ),
    Command(
        verb="unpin",
        usage=USAGE_UNPIN,
        summary="lets the newest version come first again",
        needs=Role.WRITE,
        run=unpin,
        most=3,
        decides=True,
    ),
)
