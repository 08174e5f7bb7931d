"""What a publish would do, as Markdown: for `/preview` and for pull requests of the catalog. No I/O."""

from collections.abc import Iterable, Iterator, Sequence

from bot.clients import Problem
from bot.ipa.model import Severity
from bot.lint.findings import Finding, group_problems, limit_findings
from bot.replies.text import bullets, cell, code, count, fenced, folded, inline, link, plain
from bot.source.preview import OutputPreview, Preview, Waiting
from bot.source.textdiff import Diff

MOST_PROBLEMS = 30  # of an output
MOST_ALIKE = 3  # of a kind
_NOTHING = "Nothing would change: the outputs are as they should be."


def render_preview(preview: Preview) -> str:
    """Sentences, a line for each output, its difference folded; then the same of what waits."""
    parts = [*_render_changes(preview), *_render_waiting(preview)]
    if preview.dropped:
        names = ", ".join(code(path) for path in preview.dropped[:20])
        parts.append(
            f"The catalog would no longer name {names}: the file stays as it is, and who added it hears of "
            "no new version. Delete it by hand if nobody uses it."
        )
    if preview.unread:
        names = ", ".join(code(app) for app in preview.unread[:20])
        parts.append(f"No release is known yet of {names}: what there is comes with the first reading.")
    return "\n\n".join(parts)


def render_verdicts(outputs: Sequence[OutputPreview]) -> str:
    """A table: what each client says of each output."""
    rows = [f"| {cell(o.path)} | {_size(o.diff)} | {_say_verdicts(o)} |" for o in outputs]
    return "\n".join(["| Output | Lines | Clients |", "|---|---|---|", *rows])


def render_problems(problems: Iterable[Problem]) -> list[str]:
    """A line of a list each: who says what, with the client's own number where it has one."""
    findings = group_problems(problems)
    lines = [_say_finding(finding) for finding in limit_findings(findings, MOST_ALIKE)]
    more = len(lines) - MOST_PROBLEMS
    return [*lines[:MOST_PROBLEMS], *([f"… and {more} more"] if more > 0 else [])]


def _say_finding(finding: Finding) -> str:
    problem = finding.problem
    says = "refuse" if problem.severity is Severity.ERROR else "warn"
    where = f"{code(problem.path)}: " if problem.path else ""
    fix = f" Write instead: {inline(problem.fix)}." if problem.fix else ""
    more = f" … and {finding.more} more like this." if finding.more else ""
    message = inline(problem.message, 500)
    return f"**{', '.join(finding.clients)}** {says}: {where}{message} ({code(problem.code)}).{fix}{more}"


def _render_changes(preview: Preview) -> Iterator[str]:
    if preview.problems:
        yield bullets([inline(problem, 500) for problem in preview.problems], "problem")
    if preview.changes:
        said = bullets([inline(change) for change in preview.changes], "change")
        yield f"{count(len(preview.changes), 'change')} would be published:\n\n{said}"
    elif preview.outputs:
        yield _NOTHING if preview.unchanged else "Only the form of the outputs would change."
    if preview.outputs:
        yield render_verdicts(preview.outputs)
    for output in preview.outputs:
        yield from _render_output(output)


def _render_output(output: OutputPreview) -> Iterator[str]:
    if output.problems:
        told = bullets(render_problems(output.problems), "problem")
        yield folded(f"{plain(output.path)}: {count(len(output.problems), 'problem')}", told)
    if output.diff.too_large:
        yield f"{code(output.path)} is too large to be compared line by line."
    elif output.diff.lines:
        yield folded(f"{plain(output.path)}: {_size(output.diff)} lines", render_diff(output.diff))


def render_diff(diff: Diff) -> str:
    """A block of code, and how much of it is not shown."""
    block = fenced(diff.text, "diff")
    return f"{block}\n\n… and {count(diff.left_out, 'line')} more" if diff.left_out else block


def _render_waiting(preview: Preview) -> Iterator[str]:
    if not preview.waiting:
        return
    lines = [_say_waiting(waiting) for waiting in preview.waiting]
    yield f"{count(len(lines), 'version')} waiting:\n\n{bullets(lines, 'version')}"
    released = preview.released
    if released is None or (released.unchanged and not released.problems):
        yield "Let through, they would change nothing."
        return
    yield "Let through, they would change this:\n\n" + bullets(
        [inline(sentence, 500) for sentence in (*released.problems, *released.changes)], "change"
    )
    for output in released.outputs:
        if output.diff.lines or output.problems or output.diff.too_large:
            yield from _render_output(output)


def _say_waiting(waiting: Waiting) -> str:
    release = link(waiting.tag, waiting.url)
    return f"{code(waiting.app)} {inline(waiting.version, 80)} of {release}: {inline(waiting.reason)}"


def _size(diff: Diff) -> str:
    if diff.too_large:
        return "many"
    return f"+{diff.added} −{diff.removed}" if diff.lines else "±0"  # noqa: RUF001  (a minus sign, as people write it)


def _say_verdicts(output: OutputPreview) -> str:
    taken = [name for name, verdict in output.verdicts.items() if verdict == "accept"]
    refused = [name for name in output.verdicts if name not in taken]
    said = [f"**refused by {', '.join(refused)}**"] if refused else []
    said += [f"taken by {', '.join(taken)}"] if taken else []
    return "; ".join(said) or "not published"
