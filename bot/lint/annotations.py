"""Findings as GitHub Actions' workflow commands. No I/O.

`::error file=…,line=…,col=…,endColumn=…,title=…::message`; what would end a value or a line is written as
`%XX` (docs.github.com, "Workflow commands for GitHub Actions"; the toolkit's `command.ts`).
"""

from bot.ipa.model import Severity
from bot.lint.findings import Finding
from bot.lint.positions import SourceText

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render_annotation(finding: Finding, file: str, source: SourceText) -> str:
    """One line."""
    problem = finding.problem
    properties = {"file": file}
    if place := source.place(problem.place):
        properties |= {"line": str(place.line), "col": str(place.column)}
        properties |= {"endLine": str(place.line), "endColumn": str(place.end_column)}
    properties["title"] = f"{', '.join(finding.clients)}: {problem.code}"
    listed = ",".join(f"{name}={_escape_property(value)}" for name, value in properties.items())
    where = f"{problem.path}: " if problem.at else ""
    fix = f" Instead: {problem.fix}." if problem.fix else ""
    more = f" (and {finding.more} more like it)" if finding.more else ""
    return f"::{_LEVELS[problem.severity]} {listed}::{_escape(f'{where}{problem.message}{fix}{more}')}"


def defuse_line(line: str) -> str:
    """A line that a workflow's log takes for no command: neither `::…` at its start nor `##[…]` anywhere."""
    return "| " + line.replace("##[", "##\\[")


def _escape(text: str) -> str:
    text = "".join(char if char.isprintable() or char in "\r\n" else "\ufffd" for char in text)
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
