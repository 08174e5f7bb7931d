"""`/promote [app]`: what is staged becomes public. No I/O."""

from bot.commands.intent import Intent
from bot.commands.model import Call, Command, Reach, Role
from bot.commands.scope import each_scope, expect_scope_alone, read_scope, title_of
from bot.commands.standing import Known, Standing, place_of
from bot.decisions import AddDecision, Kind
from bot.errors import Rejected
from bot.records import Record
from bot.replies import inline
from bot.replies.decisions import choices, render_not, render_said
from bot.source.decided import uploaded

USAGE = "/promote [app]"


def run(call: Call) -> str:
    target = read_scope(call)
    expect_scope_alone(call, target, USAGE)
    return each_scope(call, target, _promote)


def _promote(_: Reach, app: str | None, standing: Standing) -> Intent | str:
    if not any(output.stage for output in standing.catalog.outputs):
        raise Rejected(render_not("No output of the catalog has `stage: true`: all is public as it comes"))
    staged = [record for record in standing.records if _is_staged(record, app)]
    name = title_of(standing, app)
    if not staged:
        nothing = f"Nothing of {inline(name)} is staged" if app is not None else "Nothing is staged"
        if any(_is_coming(standing, record, app) for record in standing.records):
            raise Rejected(render_not(f"{nothing} yet: what was just approved is with the next commit"))
        return render_not(nothing)
    edits = (AddDecision(decision=standing.decide(Kind.PROMOTE, app)),)
    title = f"Promote {name}"
    said = render_said(title, place_of(standing), f"Public from now on: {choices(_labels(staged))}.")
    return Intent(title, edits, said)


def _is_staged(record: Record, app: str | None) -> bool:
    return record.staged_at is not None and record.facts is not None and app in {None, record.app}


def _is_coming(standing: Standing, record: Record, app: str | None) -> bool:
    """Whether an approval that no publish has seen yet lets it into the stage."""
    known, mine = Known(record), standing.catalog.app(record.app)
    if mine is None or record.facts is None or not known.waits or app not in {None, record.app}:
        return False
    approvals = known.named_by(standing.of(Kind.APPROVE, record.app), mine)
    return any(approval.means(record.key, uploaded(record)) for approval in approvals)


def _labels(records: list[Record]) -> list[str]:
    return [f"{record.app} {record.facts.version}" for record in records if record.facts]


COMMANDS = (
    Command(
        verb="promote",
        usage=USAGE,
        summary="makes public what is staged of the app (without a name: of all)",
        needs=Role.MAINTAIN,
        run=run,
        most=500,
        decides=True,
    ),
)
