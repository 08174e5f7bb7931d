"""`/approve <app> <version>`: let a version through that waits. No I/O."""

from collections.abc import Sequence

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
from bot.commands.standing import Known
from bot.decisions import MOST_FILES, AddDecision, Decision, Kind, stamp
from bot.errors import Rejected
from bot.records import Record
from bot.replies import inline
from bot.replies.decisions import choices, render_not, render_said, render_standing
from bot.source.decided import is_approved, uploaded

USAGE = "/approve <app> <version>"


def run(call: Call) -> str:
    return decide_each(call, read_target(call), _approve)


def _approve(subject: Subject, target: Target) -> Intent | str:
    """By version and build: what comes later under the same number waits again."""
    standing, app = subject.standing, subject.app
    found, name, rest = read_version(subject, target.words)
    expect_no_more(rest, USAGE)
    what = f"{subject.name} {name}"
    approvals = found[0].named_by(standing.of(Kind.APPROVE, app.id), app)
    waiting = [known for known in found if _waits(subject, known)]
    if approvals and not waiting:  # one whose file was replaced since waits again
        return render_standing(f"{what} is approved", approvals[0], hidden=standing.hidden)
    if not waiting:
        others = [known.version for known in subject.versions if _waits(subject, known)]
        raise Rejected(render_not(f"{inline(what)} {_why_not(subject, found)}", list(dict.fromkeys(others))))
    seen = [known for known in waiting if not known.is_later(standing.seen)]
    if not seen:
        raise Rejected(render_not(f"The file of {inline(what)} came after this comment: look at it first"))
    names = dict.fromkeys(known.whole for known in seen)
    edits = tuple(AddDecision(decision=_approval(subject, one, seen)) for one in names)
    said = render_said(
        f"Approve {what}", subject.place, f"It lets {choices(list(names))} through.",
        *consequences(standing, app, edits),
    )  # fmt: skip
    return Intent(f"Approve {what}", edits, said)


def _approval(subject: Subject, name: str, files: Sequence[Known]) -> Decision:
    """Of the files that altpress has read: not of one that was put in their place and is not known yet."""
    decision = subject.standing.decide(Kind.APPROVE, subject.app.id, name)
    read = [known.what for known in files if known.whole == name and isinstance(known.what, Record)]
    if not read:
        return decision
    keys = tuple(record.key for record in read[:MOST_FILES])
    return decision.model_copy(update={"seen": stamp(max(map(uploaded, read))), "files": keys})


def _waits(subject: Subject, known: Known) -> bool:
    """At a gate or because of a hold; a yanked one does not wait."""
    standing, app = subject.standing, subject.app
    if known.named_by(standing.of(Kind.YANK, app.id), app) or known.refused:
        return False
    if known.waits and isinstance(known.what, Record):
        return not is_approved(app, known.what, standing.decisions)  # what was asked before is among them
    return known.is_held(app, standing.decisions)


def _why_not(subject: Subject, found: Sequence[Known]) -> str:
    known, standing = found[0], subject.standing
    if known.refused:
        return f"does not wait, it is refused: {inline(known.refused)}"
    if known.named_by(standing.of(Kind.YANK, subject.app.id), subject.app):
        return "is yanked, see `/unyank`"
    return "does not wait for an approval"


COMMANDS = (
    Command(
        verb="approve",
        usage=USAGE,
        summary="publishes a version that waits for approval, or that a hold keeps back",
        needs=Role.MAINTAIN,
        run=run,
        most=3,
        decides=True,
    ),
)
