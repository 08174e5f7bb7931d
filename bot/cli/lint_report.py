"""`altpress lint`'s report for people, as text with styles. No I/O."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from bot.ipa.model import Severity
from bot.lint.excerpts import render_excerpt
from bot.lint.findings import Finding, count_findings, group_problems, limit_findings
from bot.lint.judge import Judgement
from bot.lint.positions import SourceText

SHOWN = 5  # of a kind
_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_LONGEST = 600  # characters of one message


def render_report(name: str, judgement: Judgement, source: SourceText, *, everything: bool) -> Iterator[Text]:
    """The lines: findings with excerpts, the verdicts, a summary."""
    findings = group_problems(judgement.problems)
    for finding in findings if everything else limit_findings(findings, SHOWN):
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
    place = source.place(problem.at)
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


def render_diff(lines: Sequence[str]) -> Iterator[Text]:
    """A unified diff, coloured."""
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for number, line in enumerate(lines):
        style = "bold" if number < 2 else styles.get(line[:1], "")
        yield Text(plain(line, limit=2_000), style=style)


def plain(text: str, limit: int = _LONGEST) -> str:
    """Text from a document, fit for one line of a terminal."""
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(char if char.isprintable() else "\ufffd" for char in shown)
