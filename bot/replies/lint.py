"""What each client says of the published documents, as Markdown. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.clients import CLIENTS, Problem
from bot.ipa.model import Severity
from bot.lint.findings import count_findings, group_problems
from bot.replies.preview import render_problems
from bot.replies.text import bullets, cell, code, folded, inline, plain

_SIGNS = {"accept": "✅", "reject": "❌"}


@dataclass(frozen=True, slots=True)
class Linted:
    """One output; `missing` says why it was not judged."""

    path: str
    verdicts: Mapping[str, str] = field(default_factory=dict)  # client -> "accept" or "reject"
    problems: tuple[Problem, ...] = ()
    missing: str | None = None


def render_lint(outputs: Sequence[Linted]) -> str:
    """A table of verdicts, then each output's findings, folded. A dash: it is not for that client."""
    if not outputs:
        return "No output is known yet."
    told = [_render_findings(output) for output in outputs if output.problems]
    missing = [f"{code(o.path)}: {inline(o.missing)}" for o in outputs if o.missing]
    judged = [_render_table(outputs)] if any(output.verdicts for output in outputs) else []
    parts = [*judged, *([bullets(missing, "output")] if missing else []), *told]
    if judged and not told and not missing:
        parts.append("No client objects to anything.")
    return "\n\n".join(parts)


def _render_table(outputs: Sequence[Linted]) -> str:
    clients = list(CLIENTS)
    head = f"| Output | {' | '.join(clients)} |\n|---|{'---|' * len(clients)}"
    rows = [
        f"| {cell(o.path)} | {' | '.join(_SIGNS.get(o.verdicts.get(name, ''), '-') for name in clients)} |"
        for o in outputs
        if o.verdicts
    ]
    return "\n".join([head, *rows])


def _render_findings(output: Linted) -> str:
    shown = [problem for problem in output.problems if problem.severity is not Severity.INFO]
    said = count_findings(group_problems(output.problems))
    if not shown:
        return f"{code(output.path)}: {said}."
    return folded(f"{plain(output.path)}: {said}", bullets(render_problems(shown), "finding"))
