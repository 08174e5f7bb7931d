"""`/yank <app> <version> [reason…]` and `/unyank <app> <version>`. No I/O."""

from bot.commands.consequences import consequences
from bot.commands.deciding import (
    Subject,
    Target,
    decide_each,
    expect_no_more,
    find_version,
    read_reason,
    read_target,
    read_version,
)
from bot.commands.intent import Intent
from bot.commands.model import Call, Command, Role
from bot.decisions import AddDecision, Kind, RemoveDecisions
from bot.errors import UnknownCommand
from bot.replies import inline
from bot.replies.decisions import (
    render_not,
    render_one_version,
    render_reason,
    render_said,
    render_standing,
)

USAGE_UNYANK = "/unyank <app> <version>"


def yank(call: Call) -> str:
    return decide_each(call, read_target(call), _yank)


def unyank(call: Call) -> str:
    return decide_each(call, read_target(call), _unyank)


def _yank(subject: Subject, target: Target) -> Intent | str:
    standing, app = subject.standing, subject.app
    found, name, rest = read_version(subject, target.words)
    if rest and find_version(rest[0], subject.versions):
        raise UnknownCommand(render_one_version("yank"))
    what = f"{subject.name} {name}"
    if all(known.refused for known in found):
        return render_not(f"{inline(what)} is not published: {inline(found[0].refused or '')}")
    yanks = standing.of(Kind.YANK, app.id)
    if all(known.named_by(yanks, app) for known in found):
        return render_standing(f"{what} is yanked", found[0].named_by(yanks, app)[0], hidden=standing.hidden)
    reason = read_reason(rest)
    edits = (AddDecision(decision=standing.decide(Kind.YANK, app.id, name, reason=reason)),)
    pinned = any(known.named_by(standing.of(Kind.PIN, app.id), app) for known in found)
    said = render_said(
        f"Yank {what}", subject.place, render_reason(reason), "The release itself stays as it is.",
        "It is pinned: that has no effect while it is yanked." if pinned else "",
        *consequences(standing, app, edits),
    )  # fmt: skip
    return Intent(f"Yank {what}", edits, said, reason)


def _unyank(subject: Subject, target: Target) -> Intent | str:
    """Also of a version whose release is gone: by the name that the decision has."""
    standing, app = subject.standing, subject.app
    yanks = standing.of(Kind.YANK, app.id)
    text = " ".join(target.words).lower()
    named = [yank.version for yank in yanks if yank.version and yank.version.lower() == text]
    names = {name for known in find_version(text, subject.versions) for name in known.names} | set(named)
    if not names:
        found, _, rest = read_version(subject, target.words)
        expect_no_more(rest, USAGE_UNYANK)
        names = {name for known in found for name in known.names}
    gone = [yank.version for yank in yanks if yank.version in names]
    if not gone:
        listed = [yank.version for yank in yanks if yank.version]
        return render_not(f"{inline(subject.name)} {inline(' '.join(target.words))} is not yanked", listed)
    edits = (RemoveDecisions(kind=Kind.YANK, app=app.id, versions=tuple(gone)),)
    title = f"Unyank {subject.name} {gone[0]}"
    return Intent(title, edits, render_said(title, subject.place, *consequences(standing, app, edits)))


COMMANDS = (
    Command(
        verb="yank",
        usage="/yank <app> <version> [reason…]",
        summary="takes a version out of the source; the release itself is untouched",
        needs=Role.WRITE,
        run=yank,
        most=500,
        decides=True,
    ),
    Command(
        verb="unyank",
        usage=USAGE_UNYANK,
        summary="takes a yanked version in again",
        needs=Role.WRITE,
        run=unyank,
        most=3,
        decides=True,
    ),
)
