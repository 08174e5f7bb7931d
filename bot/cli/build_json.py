"""`altpress build --json`: the same report for programs. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.cli.build_out import Files, Made
from bot.cli.build_report import Fate
from bot.clients import Problem
from bot.errors import BotError
from bot.lint.judge import choose_clients, judge_document


@dataclass(frozen=True, slots=True)
class Outcome:
    """What there is to tell of a run."""

    fates: Sequence[Fate]
    files: Files
    problems: Sequence[Problem]  # objections that no file is to blame for
    notes: Sequence[str]  # what else a person should know
    dry: bool  # nothing was written


def render_outcome(outcome: Outcome, *, ok: bool, now: datetime) -> dict[str, object]:
    """The report; `ok` is whether the exit status is 0, `now` finds dates in the future."""
    files = outcome.files
    return {
        "ok": ok,
        "dry_run": outcome.dry,
        "changed": files.changed,
        "files": [_file(fate) for fate in outcome.fates],
        "outputs": [_output(made, now) for made in files.outputs],
        "icons": [{"path": path, "changed": path in files.new_icons} for path in files.icons],
        "problems": [problem.to_json() for problem in outcome.problems],
        "notes": list(outcome.notes),
    }


def render_failure(error: BotError, problems: Sequence[str] = ()) -> dict[str, object]:
    """Why there is no report; `problems` are those of a wrong catalog, each with its line."""
    return {
        "ok": False,
        "error": {"code": error.code, "message": error.public},
        "problems": list(problems),
    }


def _file(fate: Fate) -> dict[str, object]:
    record = fate.seen.record
    facts = record.facts if record else None
    return {
        "file": fate.seen.name,
        "used": fate.used,
        "reason": None if fate.used else fate.reason,
        "app": record.app if record else None,
        "bundle_identifier": facts.bundle_identifier if facts else None,
        "version": facts.version if facts else None,
        "build_version": facts.build_version if facts else None,
        "tag": record.tag if record else None,
        "download_url": record.download_url if record else None,
        "guessed": fate.seen.guessed,
        "warnings": list(fate.seen.grave),
    }


def _output(made: Made, now: datetime) -> dict[str, object]:
    """With the verdicts of all clients that read such a document, not only of those the catalog names."""
    told: dict[str, object] = {
        "path": made.path,
        "listed": made.data is not None,
        "present": made.present,
        "changed": made.changed,
        "apps": made.apps,
        "versions": made.versions,
        "size": len(made.data) if made.data is not None else None,
        "changes": [
            {"kind": change.kind.value, "what": change.what, "sentence": change.sentence}
            for change in made.changes
        ],
        "clients": list(made.clients),
        "verdicts": {},
        "problems": [],
    }
    if made.data is None:
        return told
    judged = judge_document(made.data, (*made.clients, *choose_clients(made.data)), now=now)
    found = [problem.to_json() for problem in judged.problems]
    return told | {"verdicts": dict(judged.verdicts), "problems": found}
