"""`altpress lint`'s report for people, as text with styles. No I/O."""

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.text import Text

from bot.cli.output import plain
from bot.ipa.model import Severity
from bot.lint.excerpts import render_excerpt
from bot.lint.findings import Finding, count_findings
from bot.lint.fixes import Change
from bot.lint.judge import Judgement
from bot.lint.positions import SourceText

SHOWN = 5  # of a kind
_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def render_report(
    name: str, judgement: Judgement, findings: Sequence[Finding], shown: Sequence[Finding], source: SourceText
) -> Iterator[Text]:
    """The lines: the findings to be shown with excerpts, the verdicts, a summary of all."""
    for finding in shown:
        yield from _render_finding(finding, source)
        yield Text()
    yield from _render_verdicts(judgement)
    yield _render_summary(name, judgement, findings)


def _render_finding(finding: Finding, source: SourceText) -> Iterator[Text]:
    problem = finding.problem
    head = Text(problem.severity.value, style=_STYLES[problem.severity])
    head.append(f"  {', '.join(finding.clients)}", style="bold").append(
        f"  {plain(problem.code)}", style="dim"
    )
    yield head
    where = f"{problem.path}: " if problem.at else ""
    yield Text("  ").append(plain(where), style="bold").append(plain(problem.message))
    place = source.place(problem.place)
    lines = render_excerpt(source, place) if place else []
    width = max((len(str(line.number)) for line in lines if line.number), default=0)
    for line in lines:
        number = str(line.number) if line.number else ""
        excerpt = Text(f"  {number:>{width}} | ", style="dim")
        yield excerpt.append(line.text, style="" if line.number else _STYLES[problem.severity])
    if problem.fix:
        yield Text("  instead: ", style="green").append(plain(problem.fix), style="")
    if finding.more:
        yield Text(f"  … and {finding.more} more like it (--all shows them)", style="dim")


def _render_verdicts(judgement: Judgement) -> Iterator[Text]:
    width = max(len(client) for client in judgement.verdicts)
    for client, verdict in judgement.verdicts.items():
        style = "bold green" if verdict == "accept" else "bold red"
        yield Text(f"{client:<{width}}  ").append(verdict, style=style)


def _render_summary(name: str, judgement: Judgement, findings: Sequence[Finding]) -> Text:
    refusing = [client for client, verdict in judgement.verdicts.items() if verdict == "reject"]
    count = len(judgement.verdicts)
    said = f"refused by {', '.join(refusing)}" if refusing else "accepted"
    asked = f"{count} clients asked" if count > 1 else "1 client asked"
    return Text(plain(f"{name}: {said}; {count_findings(findings)}; {asked}."), style="bold")


def render_changes(changes: Sequence[Change], done: str, *, everything: bool) -> Iterator[Text]:
    """One line a repair; of a kind only some, and how many more."""
    total = Counter(change.fix for change in changes)
    seen: Counter[str] = Counter()
    for change in changes:
        seen[change.fix] += 1
        if everything or seen[change.fix] <= SHOWN:
            yield Text(f"{done}: ", style="green").append(plain(str(change)), style="")
        elif seen[change.fix] == total[change.fix]:
            left = total[change.fix] - SHOWN
            yield Text(f"{done}: … and {left} more of `{change.fix}` (--all shows them)", style="dim")


def render_diff(lines: Sequence[str]) -> Iterator[Text]:
    """A unified diff, coloured."""
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for number, line in enumerate(lines):
        style = "bold" if number < 2 else styles.get(line[:1], "")
        yield Text(plain(line, limit=2_000), style=style)
